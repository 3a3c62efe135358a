package access

import (
	"cmp"
	"errors"
	"sync"
	"time"
)

// Rate is how often something may happen.
type Rate struct {
	Burst     float64 // at once
	PerMinute float64 // after that
}

// Limits of a Policy; what is 0 gets its default.
type Limits struct {
	WrongPerIdentity    Rate // wrong secrets of a device; default 10, 10 a minute
	WrongPerAddress     Rate // wrong credentials of an address or IPv6 /64; default 200, 120 a minute
	EnrolmentsPerComune Rate // devices that enrol; default 100, 60 a minute
	PendingPerComune    int  // devices that wait for approval; default 2,000
	Remembered          int  // identities, and addresses, of which wrong secrets are remembered; default 16,384
}

func (l *Limits) validate() error {
	for _, r := range []Rate{l.WrongPerIdentity, l.WrongPerAddress, l.EnrolmentsPerComune} {
		if r.Burst < 0 || r.PerMinute < 0 {
			return errors.New("access: limits must not be negative")
		}
	}
	if l.PendingPerComune < 0 || l.Remembered < 0 {
		return errors.New("access: limits must not be negative")
	}
	return nil
}

func (l *Limits) setDefaults() {
	l.WrongPerIdentity = cmp.Or(l.WrongPerIdentity, Rate{Burst: 10, PerMinute: 10})
	l.WrongPerAddress = cmp.Or(l.WrongPerAddress, Rate{Burst: 200, PerMinute: 120})
	l.EnrolmentsPerComune = cmp.Or(l.EnrolmentsPerComune, Rate{Burst: 100, PerMinute: 60})
	l.PendingPerComune = cmp.Or(l.PendingPerComune, 2000)
	l.Remembered = cmp.Or(l.Remembered, 16*1024)
}

// throttle counts events by key in token buckets. Its memory is bounded: keys
// live in two generations, and when the young one is full the old one goes.
type throttle struct {
	rate Rate
	size int // of one generation

	mu         sync.Mutex
	young, old map[string]bucket
}

// bucket is what a key has left.
type bucket struct {
	left float64
	at   time.Time
}

func newThrottle(r Rate, remembered int) *throttle {
	return &throttle{rate: r, size: max(1, remembered/2), young: make(map[string]bucket)}
}

// allows reports whether there may be another event of the key.
func (t *throttle) allows(key string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.bucket(key, now).left >= 1
}

// count notes an event. Events that were under way together may go below
// nothing, as far as one burst: then the next one waits the longer.
func (t *throttle) count(key string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.bucket(key, now)
	b.left = max(b.left-1, -t.rate.Burst)
	if _, there := t.young[key]; !there && len(t.young) >= t.size {
		t.old, t.young = t.young, make(map[string]bucket, t.size)
	}
	t.young[key] = b
}

// bucket returns the key's bucket as it is now. It needs t.mu.
func (t *throttle) bucket(key string, now time.Time) bucket {
	b, there := t.young[key]
	if !there {
		if b, there = t.old[key]; !there {
			return bucket{t.rate.Burst, now}
		}
	}
	b.left = min(t.rate.Burst, b.left+now.Sub(b.at).Minutes()*t.rate.PerMinute)
	b.at = now
	return b
}
