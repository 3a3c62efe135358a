package simulator

import (
	"fmt"

	"rione/simulator/link"
	"rione/simulator/signal"
)

// Faults are shares of messages, 0 to 1, that something is done to. Which ones
// is decided by the seed, so they are of the plan like any other message.
type Faults struct {
	Garbage   float64 // followed by a payload that means nothing
	Duplicate float64 // sent twice
	Disorder  float64 // sent after the device's next one
	Break     float64 // followed by a connection that breaks without a goodbye
}

// FaultCounts are the faults that a run played.
type FaultCounts struct {
	Garbage   int64 `json:"garbage"`
	Duplicate int64 `json:"duplicate"`
	Disorder  int64 `json:"disorder"`
	Break     int64 `json:"break"`
}

func (f *Faults) validate() error {
	for _, share := range []float64{f.Garbage, f.Duplicate, f.Disorder, f.Break} {
		if !(share >= 0 && share <= 1) {
			return fmt.Errorf("faults: a share of %v: 0 (none) to 1 (every message)", share)
		}
	}
	return nil
}

// fault is something that may be done to a message; a message may have several.
type fault uint64

const (
	garbage fault = iota + 1
	duplicate
	disorder
	breakage
)

// strikes tells whether a fault of the given share is done to message k of d.
func (f fault) strikes(share float64, d *Device, k uint32) bool {
	return share > 0 && float64(signal.Hash(d.seed^uint64(f), uint64(k))>>11)/(1<<53) < share
}

// spoil returns a payload that means nothing in any format: cut short, empty,
// or no JSON.
func spoil(payload []byte, k uint32) []byte {
	switch k % 3 {
	case 0:
		return append([]byte(nil), payload[:len(payload)/2]...)
	case 1:
		return nil
	}
	return []byte("E042 sensor not ready")
}

// parcel is something that a device hands to its connection.
type parcel struct {
	fault   fault // 0 = the message itself
	k       uint32
	payload []byte
	owned   bool // payload is nobody else's memory
}

// nobody is the token of what is not a message of the plan.
const nobody = ^uint64(0)

// pack puts the device's next parcels into t.parcels: its message and what
// faults add to it, or nothing yet when the message is to be late. body is memory to use again.
func (l *load) pack(t *turn, body []byte) []byte {
	s, f := t.stream, &l.o.Faults
	d, k := s.device, s.k
	body = d.format.Append(body[:0], s.next())
	last := l.plan.over(l.plan.due(d, k+1))
	if t.late == nil && !last && disorder.strikes(f.Disorder, d, k) {
		t.late = &parcel{fault: disorder, k: k, payload: append([]byte(nil), body...), owned: true}
		return body
	}
	t.parcels = append(t.parcels, parcel{k: k, payload: body})
	if duplicate.strikes(f.Duplicate, d, k) {
		t.parcels = append(t.parcels, parcel{fault: duplicate, k: k, payload: append([]byte(nil), body...), owned: true})
	}
	if t.late != nil {
		t.parcels, t.late = append(t.parcels, *t.late), nil
	}
	if garbage.strikes(f.Garbage, d, k) {
		t.parcels = append(t.parcels, parcel{fault: garbage, k: k, payload: spoil(body, k), owned: true})
	}
	if breakage.strikes(f.Break, d, k) {
		t.parcels = append(t.parcels, parcel{fault: breakage, k: k})
	}
	return body
}

// hand hands a parcel to the device's connection.
func (l *load) hand(t *turn, p *parcel) error {
	to := l.links[t.device]
	switch p.fault {
	case breakage:
		if b, ok := to.(link.Breaker); ok {
			b.Break()
			l.faults.Break++
		}
		return nil
	case garbage:
		return to.Publish(t.topic, p.payload, nobody)
	}
	return to.Publish(t.topic, p.payload, token(t.device, p.k))
}

// handed notes a parcel that a connection took.
func (l *load) handed(t *turn, p *parcel) {
	switch p.fault {
	case breakage:
		return
	case garbage:
		l.faults.Garbage++
		l.manifest.add(t.topic+" garbage", p.payload)
		return
	case duplicate:
		l.faults.Duplicate++
		l.manifest.add(t.topic+" duplicate", p.payload)
		return
	case disorder:
		l.faults.Disorder++
	}
	l.record.publish(t.device)
	l.manifest.add(t.topic, p.payload)
}
