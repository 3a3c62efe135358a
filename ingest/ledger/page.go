// Package ledger accounts for every acked message: what the doors say they
// acked, and what became of each one, independently counted. Its unit is the
// message.
package ledger

import (
	"cmp"
	"slices"
	"time"

	"rione/ingest"
	"rione/ingest/record"
	"rione/ingest/schema"
)

// Outcome is the terminal state of a message.
type Outcome uint8

// The outcomes. Every acked message ends in exactly one.
const (
	Stored      Outcome = iota // all its readings are stored
	Partial                    // some are stored, the rest is in quarantine
	Duplicate                  // it said nothing new
	Quarantined                // it is in quarantine
	Expired                    // it is older than the retention
	outcomes
)

// String names the outcome as the measurement ledger does.
func (o Outcome) String() string {
	return [...]string{"stored", "partial", "duplicate", "quarantined", "expired"}[o]
}

// Key is what the ledger is kept by. Comune is "" where none is known.
type Key struct{ Door, Comune string }

// Counts are the terminal states of the messages of one key.
type Counts struct {
	ByOutcome [outcomes]int64
	Points    int64
	Bytes     int64 // of payload
}

// Page is the ledger of consecutive records. Its points carry the page's own
// time, so that writing the page again overwrites it.
type Page struct {
	began  time.Time
	first  uint64
	counts map[Key]*Counts
	acked  map[string]int64
}

// NewPage returns an empty page.
func NewPage() *Page { return &Page{counts: map[Key]*Counts{}, acked: map[string]int64{}} }

// Empty tells whether no record has been entered.
func (p *Page) Empty() bool { return p.first == 0 }

// Record enters a record: its place in the journal and what its header says
// that the doors acked since the record before, of which last holds the totals.
// It returns the totals to hand in with the following record.
func (p *Page) Record(seq uint64, taken time.Time, h *record.Header, last Totals) Totals {
	if p.Empty() && h.Count > 0 {
		p.first, p.began = seq, taken
	}
	return last.advance(h, p.acked)
}

// Message enters the outcome of one message.
func (p *Page) Message(k Key, o Outcome, points, bytes int) {
	c := p.counts[k]
	if c == nil {
		c = &Counts{}
		p.counts[k] = c
	}
	c.ByOutcome[o]++
	c.Points += int64(points)
	c.Bytes += int64(bytes)
}

// Points appends the page's points to dst. Acked counts stand on points of the
// door alone, since a door does not know the comune.
func (p *Page) Points(dst []ingest.Point) []ingest.Point {
	if p.Empty() {
		return dst
	}
	at := p.began.Truncate(time.Millisecond).Add(time.Duration(p.first % 1_000_000))
	m := schema.Lookup("ledger")
	for _, door := range sortedKeys(p.acked, cmp.Compare[string]) {
		dst = append(dst, point(m, at, Key{Door: door}, fieldOf(m, "acked", p.acked[door])))
	}
	for _, k := range sortedKeys(p.counts, compareKeys) {
		c := p.counts[k]
		fields := []ingest.FieldValue{fieldOf(m, "points", c.Points), fieldOf(m, "bytes", c.Bytes)}
		for o := range outcomes {
			fields = append(fields, fieldOf(m, o.String(), c.ByOutcome[o]))
		}
		dst = append(dst, point(m, at, k, fields...))
	}
	return dst
}

func point(m *schema.Measurement, at time.Time, k Key, fields ...ingest.FieldValue) ingest.Point {
	tags := []ingest.Tag{{Name: "door", Value: k.Door}}
	if k.Comune != "" {
		tags = []ingest.Tag{{Name: "comune", Value: k.Comune}, {Name: "door", Value: k.Door}}
	}
	return ingest.Point{Measurement: m, Tags: tags, Fields: fields, Time: at}
}

func fieldOf(m *schema.Measurement, name string, n int64) ingest.FieldValue {
	return ingest.FieldValue{Field: m.Field(name), Int: n}
}

func sortedKeys[K comparable, V any](m map[K]V, compare func(a, b K) int) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, compare)
	return keys
}

func compareKeys(a, b Key) int {
	return cmp.Or(cmp.Compare(a.Door, b.Door), cmp.Compare(a.Comune, b.Comune))
}

// Totals are the doors' cumulative counts after a record, by epoch of the
// intake that wrote it.
type Totals struct {
	epoch uint64
	doors map[string]uint64
}

// advance adds to acked what h's doors acked since t.
func (t Totals) advance(h *record.Header, acked map[string]int64) Totals {
	next := Totals{epoch: h.Epoch, doors: make(map[string]uint64, len(h.Doors))}
	for _, d := range h.Doors {
		before := uint64(0)
		if t.epoch == h.Epoch {
			before = t.doors[d.Door]
		}
		if d.Total > before {
			acked[d.Door] += int64(d.Total - before)
		}
		next.doors[d.Door] = d.Total
	}
	return next
}

// TotalsOf returns the totals that stand in a header, to go on from there.
func TotalsOf(h *record.Header) Totals { return Totals{}.advance(h, map[string]int64{}) }
