package process

import (
	"time"

	"rione/ingest/record"
)

const (
	// quietPage is how long a page without new records stays open. The intake
	// ends its pages by itself; this is for one that was killed.
	quietPage = 3 * time.Second
	// stateRate bounds what commits write under steady load, bytes a second.
	stateRate = 32 << 10
)

// pages follows the ledger's pages through the records.
type pages struct {
	epoch, number uint64           // of the record before
	open          bool             // a record with messages is on the page
	quiet         <-chan time.Time // when the open page ends for want of records
	committed     time.Time        // when the last commit was asked for
}

// turns tells whether the open page ends before r.
func (p *pages) turns(r *record.Record) bool {
	return p.open && (r.Epoch != p.epoch || r.Page != p.number)
}

// enter puts r on the page.
func (p *pages) enter(r *record.Record) {
	p.epoch, p.number = r.Epoch, r.Page
	if r.Count > 0 {
		p.open, p.quiet = true, time.After(quietPage)
	}
}

func (p *pages) end() { p.open, p.quiet = false, nil }

// commitDue tells whether the pages so far are worth a commit whose state has
// about that size. Between commits more work repeats after a crash; that is all.
func (p *pages) commitDue(size int) bool {
	return time.Since(p.committed) >= time.Second*time.Duration(size)/stateRate
}
