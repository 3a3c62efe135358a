package process

import (
	"sort"
	"sync"
	"time"
)

// Progress tells when the records of a partition were in the store, as far as
// the processor of this process wrote them. The nil Progress knows nothing.
type Progress struct {
	mu      sync.Mutex
	last    []written     // ascending; the newest of them
	changed chan struct{} // closed at the next note
}

// written says that everything up to a record was stored, or parked, at a time.
type written struct {
	seq uint64
	at  time.Time
}

// progressKept is how many writes are remembered: a quarter of an hour of the
// busiest processor.
const progressKept = 1 << 16

// NewProgress returns the progress of a processor that has not written yet.
func NewProgress() *Progress { return &Progress{changed: make(chan struct{})} }

// note says that everything up to seq is written now.
func (p *Progress) note(seq uint64) {
	if p == nil || seq == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.last); n > 0 && p.last[n-1].seq >= seq {
		return // repeated by the next processor, after one that failed
	}
	if len(p.last) == progressKept {
		p.last = append(p.last[:0], p.last[progressKept/2:]...)
	}
	p.last = append(p.last, written{seq, time.Now().UTC()})
	close(p.changed)
	p.changed = make(chan struct{})
}

// at returns when seq was written, zero when that is not known, and whether it
// is; wait is closed when that may have changed.
func (p *Progress) at(seq uint64) (at time.Time, done bool, wait <-chan struct{}) {
	if p == nil {
		return time.Time{}, false, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	i := sort.Search(len(p.last), func(i int) bool { return p.last[i].seq >= seq })
	switch {
	case i == len(p.last):
		return time.Time{}, false, p.changed
	case i == 0 && p.last[0].seq != seq:
		return time.Time{}, true, nil // or before what is remembered
	}
	return p.last[i].at, true, nil
}
