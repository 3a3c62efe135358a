package process

import (
	"strings"

	"rione/devices"
	"rione/ingest"
	"rione/ingest/record"
)

// lookahead is how many messages of a record are read before the first of them
// is processed.
const lookahead = 32

// upcoming holds the next messages of a record and whom they are about, as far
// as that is seen from outside. Whatever the way of a message asks of its device
// is touched here first, one kind of memory at a time for all of them: in a large
// city none of it is in a cache, and the processor waits for many at once when
// nothing else stands in between.
type upcoming struct {
	messages [lookahead]ingest.Message
	subjects [lookahead]string
	expected [lookahead]devices.Expected
	touched  int // what was read ahead; it is kept so that the reading is done
}

// take reads the next messages of a record and returns how many, none at its end.
func (u *upcoming) take(r *record.Record, s *devices.Snapshot, t tracks) int {
	n := 0
	for n < lookahead && r.Next(&u.messages[n]) {
		u.subjects[n] = subjectOf(&u.messages[n])
		n++
	}
	s.Expect(u.subjects[:n], u.expected[:n])
	for _, e := range u.expected[:n] {
		u.touched += touch(e.Device) + t.touch(e.Number)
	}
	for _, e := range u.expected[:n] {
		u.touched += touchBehind(e.Device) + t.touchBehind(e.Number)
	}
	return n
}

// subjectOf returns the device that a native topic names, whoever carries its
// messages; else who published.
func subjectOf(m *ingest.Message) string {
	if rest, native := strings.CutPrefix(m.Topic, "sc/v1/"); native {
		_, rest, _ = strings.Cut(rest, "/") // comune
		_, rest, _ = strings.Cut(rest, "/") // kind
		id, _, _ := strings.Cut(rest, "/")
		return id
	}
	return m.Client
}

// touch reads each line of memory of what is asked of a device's entry.
func touch(d *devices.Device) int {
	if d == nil {
		return 0
	}
	return len(d.ID) + len(d.Placements) + len(d.Invalid)
}

// touchBehind reads what the entry refers to.
func touchBehind(d *devices.Device) int {
	if d == nil {
		return 0
	}
	at := d.Current()
	return int(d.ID[0]) + at.ValidFrom.Nanosecond() + len(at.Cell)
}
