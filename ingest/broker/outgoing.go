package broker

import (
	"slices"
	"time"

	"rione/ingest/broker/packet"
)

// enqueue adds a live message for the subscriber. When its queue is full the
// oldest waiting message is dropped and counted: of telemetry, the newest is
// what a subscriber wants. It never blocks.
func (o *outbox) enqueue(d delivery) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ending || o.ended {
		return
	}
	size := d.size()
	for o.queue.len() > 0 && !o.fits(size) {
		o.total.Add(-int64(o.queue.peek().size()))
		o.queue.pop()
		o.metrics.dropSlow.Inc()
	}
	if !o.fits(size) {
		o.metrics.dropSlow.Inc()
		return
	}
	o.queue.push(d)
	o.total.Add(int64(size))
	o.start()
}

func (o *outbox) fits(size int) bool {
	return o.queue.len() < o.limits.QueueMessages &&
		o.queue.bytes+size <= o.limits.QueueBytes &&
		o.total.Load()+int64(size) <= int64(o.limits.TotalBytes)
}

// enqueueRetained adds what a new subscription found. It returns false when
// more waits already than there are retained messages.
func (o *outbox) enqueueRetained(found []delivery) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.retained.len() > o.limits.RetainedMessages {
		return false
	}
	for _, d := range found {
		o.retained.push(d)
	}
	o.start()
	return true
}

// acked forgets a delivery that the client acknowledged, goes on sending, and
// tells whoever wants to know.
func (o *outbox) acked(id uint16) {
	if d := o.settle(id); d.message != nil && d.message.acked != nil {
		d.message.acked()
	}
}

// settle takes the delivery of that packet identifier from those in flight.
func (o *outbox) settle(id uint16) (d delivery) {
	o.mu.Lock()
	defer o.mu.Unlock()
	i := slices.IndexFunc(o.unacked, func(d delivery) bool { return d.id == id })
	if i < 0 {
		return d // of an earlier session, or a mistake without consequence
	}
	d = o.unacked[i]
	o.unacked = slices.Delete(o.unacked, i, i+1)
	o.start()
	return d
}

// next is the queue whose head may be sent now, nil when none may.
func (o *outbox) next() *fifo {
	q := &o.retained
	if q.len() == 0 {
		q = &o.queue
	}
	if q.len() == 0 || q.peek().qos > 0 && len(o.unacked) >= o.sendMax {
		return nil
	}
	return q
}

func (o *outbox) sendable() bool { return o.welcome && !o.ending && o.next() != nil }

// send moves messages from the queues to control until a write is full.
func (o *outbox) send() {
	if !o.sendable() {
		return
	}
	now := time.Now()
	for q := o.next(); q != nil && o.filled < writeBytes; q = o.next() {
		d := q.pop()
		if q == &o.queue {
			o.total.Add(-int64(d.size()))
		}
		o.encode(&d, now)
	}
}

func (o *outbox) encode(d *delivery, now time.Time) {
	if d.id == 0 && d.expired(now) {
		o.metrics.dropExpired.Inc()
		return
	}
	if d.qos > 0 && d.id == 0 {
		d.id = o.freeID()
	}
	p := d.packet(now)
	size := p.Len(o.version)
	if o.packetMax > 0 && size > o.packetMax {
		o.metrics.dropLarge.Inc()
		return
	}
	if d.qos > 0 {
		o.unacked = append(o.unacked, *d)
	}
	o.grow(size)
	o.put(packet.AppendPublish(o.tail(), o.version, &p))
	o.metrics.delivered.Inc()
}

// freeID is a packet identifier that no delivery in flight has.
func (o *outbox) freeID() uint16 {
	for {
		o.lastID++
		taken := slices.ContainsFunc(o.unacked, func(d delivery) bool { return d.id == o.lastID })
		if o.lastID != 0 && !taken {
			return o.lastID
		}
	}
}
