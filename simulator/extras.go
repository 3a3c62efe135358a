package simulator

import (
	"maps"
	"sync"
	"sync/atomic"

	"rione/simulator/account"
)

// extras keeps what became of messages that faults put beside those of the plan.
type extras struct {
	published, acked, refused atomic.Int64

	mu    sync.Mutex
	bad   map[account.Expected]int64 // acked, and to be in quarantine
	unset []int32                    // by device: acked with a clock of 1970
	stray map[int]int64              // by device: acked with a value that cannot be
}

func newExtras(devices int) *extras {
	return &extras{bad: map[account.Expected]int64{}, unset: make([]int32, devices), stray: map[int]int64{}}
}

// Tokens name messages in calls of a link: a device's message, or beside it one
// of a fault.
//
//	fault (8 bits) | device (24 bits) | message (32 bits)
const faultShift = 56

func (l *load) tokenOf(device int, p *parcel) uint64 {
	t := token(device, p.k)
	if p.fault == 0 || p.fault == disorder || p.fault == late {
		return t
	}
	return t | uint64(p.fault)<<faultShift
}

// extraAcked notes the PUBACK of a message beside the plan.
func (l *load) extraAcked(t uint64) {
	kind := fault(t >> faultShift)
	device, k := untoken(t &^ (0xff << faultShift))
	l.extras.acked.Add(1)
	d := &l.city.devices[device]
	var reason Reason
	switch kind {
	case garbage:
		_, reason = spoil(d, []byte("{}"), k)
	case poison:
		reason = hurtful
	}
	l.extras.mu.Lock()
	defer l.extras.mu.Unlock()
	switch {
	case kind == unset:
		l.extras.unset[device]++
	case kind == stray:
		l.extras.stray[device]++
	case reason != "":
		l.extras.bad[account.Expected{Topic: d.format.Topic(&d.Device, uint64(k)+1), Reason: string(reason)}]++
	}
}

// strayAcked returns how many values that cannot be were acked, by device.
func (x *extras) strayAcked() map[int]int64 {
	x.mu.Lock()
	defer x.mu.Unlock()
	return maps.Clone(x.stray)
}

// unsetAcked returns how many messages with a clock of 1970 were acked, by device.
func (x *extras) unsetAcked() map[int]int64 {
	x.mu.Lock()
	defer x.mu.Unlock()
	out := map[int]int64{}
	for device, n := range x.unset {
		if n > 0 {
			out[device] = int64(n)
		}
	}
	return out
}
