package opendata

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Trail hears of every change of a data set after it is kept: an audit log.
type Trail interface {
	Note(ctx context.Context, c Change) error
}

// Change is what somebody did to a data set.
type Change struct {
	Time   time.Time
	Who    string
	Action string // publish, withdraw, or describe for all else
	ID     string // of the data set
	Detail string // what leaves by it, for people
}

// changeOf says what became of a data set; before is empty of a new one.
func changeOf(before, after *Publication) Change {
	c := Change{Time: after.Changed, Who: after.Author, Action: "describe", ID: after.ID, Detail: after.terms()}
	switch {
	case after.Published && !before.Published:
		c.Action = "publish"
	case before.Published && !after.Published:
		c.Action = "withdraw"
	}
	return c
}

// terms says in a line what leaves by the publication: whoever reads the audit
// log later wants to know what everybody could see from then on.
func (p *Publication) terms() string {
	const named = 5
	comuni := strings.Join(p.Comuni[:min(named, len(p.Comuni))], " ")
	if more := len(p.Comuni) - named; more > 0 {
		comuni += fmt.Sprintf(" and %d more", more)
	}
	position := ""
	if p.Exact {
		position = ", exact positions"
	}
	return fmt.Sprintf("%s of %s, %s, delay %d h%s, %s", p.Measurement, comuni, p.Form, p.DelayH, position, p.licence())
}
