package simulator

import (
	"time"

	"rione/simulator/encode"
	"rione/simulator/signal"
)

// plan says when each message is due. Devices keep their natural intervals in
// device time; pace says how much faster than the wall clock that time runs, so
// a rate above the natural one plays the same city, only faster. The moment at
// which message k of a device is due is computed, never stored.
type plan struct {
	city  *City
	start time.Time     // device time of the beginning, whole milliseconds
	pace  *pace         // nil = device time is wall time
	end   time.Duration // wall time that the plan lasts; 0 = for ever

	faults *Faults
}

// naturalRate returns the messages a second that the city's devices send.
func (c *City) naturalRate() float64 {
	sum := 0.0
	for i := range c.devices {
		sum += 1 / c.devices[i].Interval.Seconds()
	}
	return sum
}

// newPlan returns the plan of a run that begins at now.
func newPlan(c *City, o *Options, now time.Time) plan {
	p := plan{city: c, start: o.Start, end: o.For, faults: &o.Faults}
	if knots := o.profile(c); knots != nil {
		p.pace, p.end = newPace(knots, c.naturalRate()), knots[len(knots)-1].At
	}
	if p.start.IsZero() {
		p.start = now
		if p.pace != nil { // in the past, so that no device is ahead of its time
			p.start = now.Add(-p.pace.lead())
		}
	}
	p.start = p.start.Truncate(time.Millisecond)
	return p
}

// at returns the device time of message k of d, as its format can say it.
func (p *plan) at(d *Device, k uint32) time.Time {
	return p.start.Add(p.offset(d, k) + p.faults.skewOf(d)).Truncate(d.format.Resolution())
}

func (p *plan) offset(d *Device, k uint32) time.Duration {
	return d.Phase + time.Duration(k)*d.Interval
}

// due returns when message k of d is due, from the beginning of publishing.
func (p *plan) due(d *Device, k uint32) time.Duration {
	if p.pace == nil {
		return p.offset(d, k)
	}
	return p.pace.wall(p.offset(d, k))
}

// over tells whether a message due at t is no longer of the plan.
func (p *plan) over(t time.Duration) bool { return p.end > 0 && t >= p.end }

// messages returns how many messages the plan has of the devices that are
// mine, 0 when it has no end.
func (p *plan) messages(mine func(device int) bool) int64 {
	if p.end == 0 {
		return 0
	}
	var n int64
	for i := range p.city.devices {
		if mine(i) {
			n += p.messagesOf(&p.city.devices[i])
		}
	}
	return n
}

// messagesOf returns how many messages of d the plan has.
func (p *plan) messagesOf(d *Device) int64 {
	length := p.end
	if p.pace != nil {
		length = p.pace.length()
	}
	n := max(int64((length-d.Phase)/d.Interval)-1, 0)
	for !p.over(p.due(d, uint32(n))) { // due has the last word, rounding and all
		n++
	}
	return n
}

// stream makes a device's messages, in order.
type stream struct {
	plan    *plan
	device  *Device
	source  *signal.Source
	k       uint32 // of the next message
	local   bool   // it writes local time
	scratch *scratch
}

// scratch holds one message at a time, for any number of streams of a goroutine.
type scratch struct {
	readings signal.Readings
	message  encode.Message
}

func (p *plan) stream(i int, buf *scratch) *stream {
	return &stream{plan: p, device: &p.city.devices[i], source: p.city.source(i), local: p.faults.saysLocal(&p.city.devices[i]), scratch: buf}
}

// next returns the following message; it is valid until the scratch is used again.
func (s *stream) next() *encode.Message {
	at, seq := s.plan.at(s.device, s.k), uint64(s.k)+1
	s.k++
	buf := s.scratch
	buf.readings.Reset()
	s.source.Measure(at, s.device.Interval, seq, &buf.readings)
	s.device.format.Trim(&buf.readings)
	buf.message = encode.Message{Device: &s.device.Device, Time: at, Seq: seq, Local: s.local, Readings: buf.readings.All()}
	return &buf.message
}
