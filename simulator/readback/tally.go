package readback

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// Kind is what is wrong with a reading.
type Kind string

// The kinds of findings.
const (
	Lost        Kind = "lost"
	WrongValue  Kind = "wrong_value"
	WrongPlace  Kind = "wrong_place"
	StoredTwice Kind = "stored_twice"
	Restamped   Kind = "restamped"
)

// Finding is one thing that is wrong.
type Finding struct {
	Kind   Kind      `json:"kind"`
	Device string    `json:"device"`
	What   string    `json:"what"` // measurement, or measurement.field
	Time   time.Time `json:"time"` // device time
	Want   string    `json:"want,omitempty"`
	Got    string    `json:"got,omitempty"`
	Hint   string    `json:"hint,omitempty"`
}

// Cause names what findings have in common, and how many there are.
type Cause struct {
	What  string `json:"what"`
	Count int64  `json:"count"`
}

// Result is what a read-back found. Its unit is the message.
type Result struct {
	Stored           int64     `json:"stored"` // acked, and every reading of it found
	Lost             int64     `json:"lost"`   // acked, and a reading of it not found
	Wrong            int64     `json:"wrong"`  // a reading has another value or place
	StoredTwice      int64     `json:"stored_twice"`
	UnackedButStored int64     `json:"unacked_but_stored"` // harmless: the PUBACK did not come back
	Readings         int64     `json:"readings"`           // rows found
	Restamped        int64     `json:"restamped"`          // of the lost ones looked into: there, at another time
	Causes           []Cause   `json:"causes,omitempty"`   // most frequent first
	Findings         []Finding `json:"findings,omitempty"` // a few examples
}

// Clean tells whether everything is as published.
func (r *Result) Clean() bool { return r.Lost == 0 && r.Wrong == 0 && r.StoredTwice == 0 }

// Bounds of what a result lists.
const (
	maxFindings = 50
	maxCauses   = 50
	maxLooks    = 20 // lost readings looked into, for each device
)

// tally adds up results; of one device, then of all.
type tally struct {
	mu     sync.Mutex
	result Result
	causes map[string]int64
	lost   []*reading // some of the lost ones, to look into
}

func (t *tally) find(f Finding, cause string) {
	if len(t.result.Findings) < maxFindings {
		t.result.Findings = append(t.result.Findings, f)
	}
	t.blame(cause, 1)
}

func (t *tally) blame(cause string, n int64) {
	if t.causes == nil {
		t.causes = map[string]int64{}
	}
	if _, known := t.causes[cause]; known || len(t.causes) < maxCauses {
		t.causes[cause] += n
	}
}

// settle adds what a window came to.
func (t *tally) settle(d *Device, w *window) {
	for i := range w.messages {
		m := &w.messages[i]
		missing, found, wrong, twice := 0, 0, false, false
		for _, e := range m.parts {
			found += e.found
			wrong = wrong || e.wrong
			twice = twice || e.found > 1
			if e.found == 0 {
				missing++
				if m.acked {
					t.keep(e)
					t.find(Finding{Kind: Lost, Device: d.ID, What: e.key.measurement, Time: at(m.ms)}, "acked and not stored")
				}
			}
		}
		t.result.Readings += int64(found)
		t.result.Wrong += one(wrong)
		t.result.StoredTwice += one(twice)
		t.result.Lost += one(m.acked && missing > 0)
		t.result.Stored += one(m.acked && missing == 0)
		t.result.UnackedButStored += one(!m.acked && found > 0)
	}
}

func (t *tally) keep(e *reading) {
	if len(t.lost) < maxLooks {
		t.lost = append(t.lost, e)
	}
}

func one(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// add adds the tally of a device. It is safe for several goroutines.
func (t *tally) add(o *tally) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.result.sum(&o.result)
	for cause, n := range o.causes {
		t.blame(cause, n)
	}
}

// sum adds the figures and some of the findings of b.
func (r *Result) sum(b *Result) {
	r.Stored, r.Lost, r.Wrong, r.StoredTwice = r.Stored+b.Stored, r.Lost+b.Lost, r.Wrong+b.Wrong, r.StoredTwice+b.StoredTwice
	r.UnackedButStored, r.Readings, r.Restamped = r.UnackedButStored+b.UnackedButStored, r.Readings+b.Readings, r.Restamped+b.Restamped
	r.Findings = append(r.Findings, b.Findings[:min(len(b.Findings), maxFindings-len(r.Findings))]...)
}

// Add adds the result of other devices, such as those that another process read
// back.
func (r *Result) Add(b *Result) {
	t := tally{causes: map[string]int64{}}
	for _, part := range []*Result{r, b} {
		t.result.sum(part)
		for _, c := range part.Causes {
			t.blame(c.What, c.Count)
		}
	}
	*r = *t.total()
}

// total returns the result, its causes in order.
func (t *tally) total() *Result {
	for what, n := range t.causes {
		t.result.Causes = append(t.result.Causes, Cause{what, n})
	}
	slices.SortFunc(t.result.Causes, func(a, b Cause) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.What, b.What))
	})
	return &t.result
}
