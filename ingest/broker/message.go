package broker

import (
	"time"

	"rione/ingest/broker/packet"
)

// message is the copy of a message that outlives its commit, because it is
// retained or somebody subscribes to it. It does not change any more.
type message struct {
	topic     string
	payload   []byte
	qos       byte
	retain    bool
	from      *session  // its publisher, nil when that was not a client
	expires   time.Time // zero: never
	forwarded []byte    // properties of MQTT 5 that go with it
	acked     func()    // hears of each client that acknowledged it, nil: nobody does
}

// copyMessage keeps what is needed of a PUBLISH whose bytes will be reused.
func copyMessage(name string, payload []byte, qos byte, retain bool, props *packet.Props, now time.Time) *message {
	m := &message{
		topic:     name,
		payload:   append([]byte(nil), payload...),
		qos:       qos,
		retain:    retain,
		forwarded: props.AppendForwarded(nil),
	}
	if props.HasExpiry {
		m.expires = now.Add(time.Duration(props.Expiry) * time.Second)
	}
	return m
}

// expired tells whether subscribers should no longer get m.
func (m *message) expired(now time.Time) bool { return !m.expires.IsZero() && !now.Before(m.expires) }

// size is what m counts against limits of memory.
func (m *message) size() int { return len(m.topic) + len(m.payload) + len(m.forwarded) }

// delivery is a message on its way to one subscriber.
type delivery struct {
	*message
	id     uint16 // packet identifier, once it was sent at QoS 1
	qos    byte
	retain bool
	dup    bool
	subIDs []uint32
}

// packet is d as it goes on the wire.
func (d *delivery) packet(now time.Time) packet.Delivery {
	p := packet.Delivery{
		Topic: d.topic, Payload: d.payload, ID: d.id, QoS: d.qos, Retain: d.retain, Dup: d.dup,
		Forwarded: d.forwarded, SubIDs: d.subIDs,
	}
	if !d.expires.IsZero() {
		p.HasExpiry = true
		p.Expiry = uint32(max(0, d.expires.Sub(now)) / time.Second)
	}
	return p
}

// fifo is a queue of deliveries that knows how many bytes wait in it.
type fifo struct {
	items []delivery
	head  int
	bytes int
}

// keptQueue is the room of a queue that stays with an idle subscriber.
const keptQueue = 8

func (q *fifo) len() int { return len(q.items) - q.head }

func (q *fifo) push(d delivery) {
	if len(q.items) == cap(q.items) && q.head > len(q.items)/2 {
		n := copy(q.items, q.items[q.head:])
		clear(q.items[n:])
		q.items, q.head = q.items[:n], 0
	}
	q.items = append(q.items, d)
	q.bytes += d.size()
}

func (q *fifo) peek() *delivery { return &q.items[q.head] }

func (q *fifo) pop() delivery {
	d := q.items[q.head]
	q.items[q.head] = delivery{}
	q.head++
	q.bytes -= d.size()
	if q.head == len(q.items) {
		q.items, q.head = q.items[:0], 0
		if cap(q.items) > keptQueue {
			q.items = nil
		}
	}
	return d
}
