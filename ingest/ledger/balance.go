package ledger

import (
	"fmt"
	"strings"
	"time"
)

// Imbalance is where a page of the ledger does not come out even: what the doors
// say they acked is not what was accounted for.
type Imbalance struct {
	After, Last uint64           // the difference arose behind record After, at Last at the latest
	Began       time.Time        // when the journal took the page's first record
	Open        map[string]int64 // acked and not accounted for, by door; negative: accounted for and never acked
}

// Imbalance compares the two counts of a page that has ended. after is the last
// record of the page before; records that are missing lie between. It returns
// false where the page balances.
func (p *Page) Imbalance(after uint64) (Imbalance, bool) {
	open := map[string]int64{}
	for door, n := range p.acked {
		open[door] += n
	}
	for k, c := range p.counts {
		for _, n := range c.ByOutcome {
			open[k.Door] -= n
		}
	}
	for door, n := range open {
		if n == 0 {
			delete(open, door)
		}
	}
	return Imbalance{After: after, Last: p.end, Began: p.began, Open: open}, len(open) > 0
}

// End returns the sequence of the page's last record, 0 when it has none.
func (p *Page) End() uint64 { return p.end }

// Total returns how many messages the doors and the outcomes differ by.
func (i *Imbalance) Total() (n int64) {
	for _, open := range i.Open {
		n += max(open, -open)
	}
	return n
}

// String says where it broke, for a person.
func (i *Imbalance) String() string {
	var doors []string
	for _, door := range sortedKeys(i.Open, strings.Compare) {
		doors = append(doors, fmt.Sprintf("%s %+d", door, i.Open[door]))
	}
	return fmt.Sprintf("records %d to %d of the journal: acked minus accounted for is %s", i.After+1, i.Last, strings.Join(doors, ", "))
}
