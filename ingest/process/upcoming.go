package process

import (
	"rione/devices"
	"rione/ingest"
	"rione/ingest/record"
)

// lookahead is how many messages of a record are read before the first of them
// is processed.
const lookahead = 32

// upcoming holds the next messages of a record and their publishers. Whatever
// the way of a message asks of its device is touched here first, one kind of
// memory at a time for all of them: in a large city none of it is in a cache, and
// the processor waits for many at once when nothing else stands in between.
type upcoming struct {
	messages   [lookahead]ingest.Message
	publishers [lookahead]publisher
	touched    int // what was read ahead; it is kept so that the reading is done
}

// publisher is who sent a message, as the registry knows it.
type publisher struct {
	device *devices.Device // nil for a client that is no device
	number int
}

// take reads the next messages of a record and returns how many, none at its end.
func (u *upcoming) take(r *record.Record, s *devices.Snapshot, t tracks) int {
	n := 0
	for n < lookahead && r.Next(&u.messages[n]) {
		n++
	}
	for i := range n {
		p := &u.publishers[i]
		p.device, p.number = s.Find(u.messages[i].Client)
	}
	for _, p := range u.publishers[:n] {
		u.touched += p.touch() + t.touch(p)
	}
	for _, p := range u.publishers[:n] {
		u.touched += t.touchBehind(p)
	}
	return n
}

// touch reads what is asked of a device's entry.
func (p publisher) touch() int {
	if p.device == nil {
		return 0
	}
	return len(p.device.Current().Comune) + len(p.device.Calibrations) + len(p.device.Invalid)
}
