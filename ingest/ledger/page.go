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

	// Outcomes is how many there are.
	Outcomes
)

// String names the outcome as the measurement ledger does.
func (o Outcome) String() string {
	return [...]string{"stored", "partial", "duplicate", "quarantined", "expired"}[o]
}

// Key is what the ledger is kept by. Comune is "" where none is known.
type Key struct{ Door, Comune string }

// Counts are the terminal states of the messages of one key.
type Counts struct {
	ByOutcome [Outcomes]int64
	Points    int64
	Bytes     int64 // of payload
}

// Page is the ledger of consecutive records. Its points carry the page's own
// time, so that writing the page again overwrites it.
type Page struct {
	began  time.Time
	first  uint64 // sequence of its first record that holds messages, 0 before that
	counts map[Key]*Counts
	acked  map[string]int64
	end    uint64 // sequence of its last record

	lastKey Key // of the message before, which is the same as a rule
	last    *Counts
}

// NewPage returns an empty page.
func NewPage() *Page { return &Page{counts: map[Key]*Counts{}, acked: map[string]int64{}} }

// Empty tells whether no record has been entered.
func (p *Page) Empty() bool { return p.first == 0 }

// Record enters a record: its place in the journal and what its header says
// that the doors acked, of which t holds the totals so far.
func (p *Page) Record(seq uint64, taken time.Time, h *record.Header, t *Totals) {
	p.end = seq
	if p.Empty() && h.Count > 0 {
		p.first, p.began = seq, taken
	}
	t.advance(h, p.acked)
}

// Message enters the outcome of one message.
func (p *Page) Message(k Key, o Outcome, points, bytes int) {
	if p.last == nil || p.lastKey != k {
		p.lastKey, p.last = k, p.countsOf(k)
	}
	p.last.ByOutcome[o]++
	p.last.Points += int64(points)
	p.last.Bytes += int64(bytes)
}

func (p *Page) countsOf(k Key) *Counts {
	c := p.counts[k]
	if c == nil {
		c = &Counts{}
		p.counts[k] = c
	}
	return c
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
		for o := range Outcomes {
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
