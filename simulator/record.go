package simulator

import (
	"sync"
	"sync/atomic"
)

// record keeps what became of each message: a bit for a PUBACK. What was said
// can be made again from the seed, so a million messages cost 128 KB.
type record struct {
	published, acked, refused atomic.Int64
	devices                   []deviceRecord
}

type deviceRecord struct {
	mu   sync.Mutex
	sent uint32   // messages 0 to sent-1 were handed over
	bits []uint64 // acked
}

func newRecord(devices int) *record { return &record{devices: make([]deviceRecord, devices)} }

// token names a message in calls of a link.
func token(device int, k uint32) uint64 { return uint64(device)<<32 | uint64(k) }

func untoken(t uint64) (device int, k uint32) { return int(t >> 32), uint32(t) }

func (r *record) publish(device int) {
	d := &r.devices[device]
	d.mu.Lock()
	d.sent++
	d.mu.Unlock()
	r.published.Add(1)
}

// ack notes a PUBACK and tells whether it is the message's first.
func (r *record) ack(device int, k uint32) bool {
	d := &r.devices[device]
	d.mu.Lock()
	defer d.mu.Unlock()
	word, bit := int(k/64), uint64(1)<<(k%64)
	for len(d.bits) <= word {
		d.bits = append(d.bits, 0)
	}
	if d.bits[word]&bit != 0 {
		return false
	}
	d.bits[word] |= bit
	r.acked.Add(1)
	return true
}

// sent returns how many messages of a device were handed over.
func (r *record) sent(device int) uint32 {
	d := &r.devices[device]
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.sent
}

// isAcked tells whether message k of a device was acknowledged.
func (r *record) isAcked(device int, k uint32) bool {
	d := &r.devices[device]
	d.mu.Lock()
	defer d.mu.Unlock()
	word := int(k / 64)
	return word < len(d.bits) && d.bits[word]&(1<<(k%64)) != 0
}
