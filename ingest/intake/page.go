package intake

import "time"

// page groups consecutive records for the ledger. A page is over when it has
// lasted long enough, at the latest by an empty record that belongs to the next
// one. So where pages begin and end stands in the journal, and reading it again
// gives the same pages.
type page struct {
	length time.Duration
	number uint64
	open   bool
	began  time.Time
}

// turn returns the page for a commit at now.
func (p *page) turn(now time.Time) uint64 {
	if p.open && now.Sub(p.began) >= p.length {
		p.end()
	}
	if !p.open {
		p.open, p.began = true, now
	}
	return p.number
}

// over returns a channel that is ready when the page has lasted long enough,
// nil when there is none.
func (p *page) over() <-chan time.Time {
	if !p.open {
		return nil
	}
	return time.After(time.Until(p.began.Add(p.length)))
}

// end closes the page; the next record is on a new one.
func (p *page) end() {
	p.number++
	p.open = false
}
