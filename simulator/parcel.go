package simulator

import (
	"time"

	"rione/simulator/encode"
	"rione/simulator/link"
	"rione/simulator/signal"
)

// parcel is something that a device hands to its connection.
type parcel struct {
	fault   fault // 0 = the message itself
	k       uint32
	topic   string
	payload []byte
	owned   bool   // payload is nobody else's memory
	after   uint32 // of a message that is kept back: the message that goes first
}

// kept returns a copy of the parcel that outlives the buffer.
func (p parcel) kept() parcel {
	if !p.owned {
		p.payload, p.owned = append([]byte(nil), p.payload...), true
	}
	return p
}

// pack puts the device's next parcels into t.parcels: its message, what faults
// add to it, and those kept back whose time has come. body is memory to use again.
func (l *load) pack(t *turn, body []byte) []byte {
	s, f := t.stream, &l.o.Faults
	d, k := s.device, s.k
	m := s.next()
	body = d.format.Append(body[:0], m)
	p := parcel{k: k, topic: d.format.Topic(&d.Device, m.Seq), payload: body}
	last := l.plan.over(l.plan.due(d, k+1))
	if p.fault, p.after = l.keepBack(d, k); p.fault != 0 && !last {
		t.kept = append(t.kept, p.kept())
	} else {
		p.fault = 0
		l.add(t, p, m)
	}
	waiting := t.kept[:0]
	for _, old := range t.kept {
		if old.after <= k && old.k < k || last {
			t.parcels = append(t.parcels, old)
		} else {
			waiting = append(waiting, old)
		}
	}
	t.kept = waiting
	if breakage.strikes(f.Break, d, k) {
		t.parcels = append(t.parcels, parcel{fault: breakage, k: k})
	}
	return body
}

// keepBack tells whether message k of d is to be kept back, and after which
// message it then goes.
func (l *load) keepBack(d *Device, k uint32) (fault, uint32) {
	switch f := &l.o.Faults; {
	case ordered(d):
	case disorder.strikes(f.Disorder, d, k):
		return disorder, k + 1
	case late.strikes(f.Late, d, k):
		return late, k + lateBy
	}
	return 0, 0
}

// add adds a message and what faults put beside it.
func (l *load) add(t *turn, p parcel, m *encode.Message) {
	f, d := &l.o.Faults, t.stream.device
	t.parcels = append(t.parcels, p)
	beside := func(kind fault, payload []byte) {
		t.parcels = append(t.parcels, parcel{fault: kind, k: p.k, topic: p.topic, payload: payload, owned: true})
	}
	if duplicate.strikes(f.Duplicate, d, p.k) {
		beside(duplicate, append([]byte(nil), p.payload...))
	}
	if garbage.strikes(f.Garbage, d, p.k) {
		payload, _ := spoil(d, p.payload, p.k)
		beside(garbage, payload)
	}
	if poison.strikes(f.Poison, d, p.k) {
		beside(poison, poisonOf(p.k))
	}
	if d.Format == nativeFormat && unset.strikes(f.Unset, d, p.k) {
		early := *m
		early.Time = time.UnixMilli(int64(p.k+1) * d.Interval.Milliseconds()) // since it was switched on
		beside(unset, d.format.Append(nil, &early))
	}
	if measuresHeat(d) && stray.strikes(f.Stray, d, p.k) {
		odd := *m
		odd.Time = m.Time.Add(time.Millisecond) // a reading of its own
		odd.Readings = []signal.Reading{{Measurement: d.Kind, Values: []signal.Value{{Field: "temp_c", Num: strayValue}}}}
		if d.Kind == "air" {
			odd.Readings[0].Tags = m.Readings[0].Tags
		}
		beside(stray, d.format.Append(nil, &odd))
	}
}

// hand hands a parcel to the device's connection.
func (l *load) hand(t *turn, p *parcel) error {
	to := l.links[t.device]
	if p.fault == breakage {
		if b, ok := to.(link.Breaker); ok {
			b.Break(0)
			l.faults.Break++
		}
		return nil
	}
	return to.Publish(p.topic, p.payload, l.tokenOf(t.device, p))
}

// handed notes a parcel that a connection took.
func (l *load) handed(t *turn, p *parcel) {
	name := p.topic
	switch p.fault {
	case breakage:
		return
	case garbage:
		l.faults.Garbage++
		name += " garbage"
	case poison:
		l.faults.Poison++
		name += " poison"
	case unset:
		l.faults.Unset++
		name += " unset"
	case stray:
		l.faults.Stray++
		name += " stray"
	case duplicate:
		l.faults.Duplicate++
		name += " duplicate"
	case disorder:
		l.faults.Disorder++
	case late:
		l.faults.Late++
	}
	l.manifest.add(name, p.payload)
	if p.fault == 0 || p.fault == disorder || p.fault == late {
		l.record.publish(t.device)
	} else {
		l.extras.published.Add(1)
	}
}

// farewells hands over the last words of those devices that have one. Their
// time is the wall clock's, so they are not of the manifest.
func (l *load) farewells() {
	for i := range l.city.devices {
		d := &l.city.devices[i]
		mortal, ok := d.format.(encode.Mortal)
		if !ok || l.record.sent(i) == 0 {
			continue
		}
		topic, payload := mortal.Death(&d.Device, time.Now())
		p := parcel{fault: farewell, topic: topic, payload: payload}
		if l.links[i].Publish(topic, payload, l.tokenOf(i, &p)) == nil {
			l.extras.published.Add(1)
		}
	}
}
