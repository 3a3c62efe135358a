package simulator

import (
	"iter"
	"time"

	"rione/simulator/signal"
)

// Said is one message of a device, and what the store is to hold of it.
type Said struct {
	Topic    string // of MQTT, or the path at the HTTP door
	Payload  []byte
	Time     time.Time
	Readings []signal.Reading
}

// Say yields what device i says from start on, at its natural interval, without
// end. What it yields is valid until the next.
func (c *City) Say(i int, start time.Time) iter.Seq[Said] {
	p := newPlan(c, &Options{Start: start}, start)
	return func(yield func(Said) bool) {
		s := p.stream(i, &scratch{})
		var body []byte
		for {
			m := s.next()
			body = s.device.format.Append(body[:0], m)
			if !yield(Said{s.device.format.Topic(&s.device.Device, m.Seq), body, m.Time, m.Readings}) {
				return
			}
		}
	}
}
