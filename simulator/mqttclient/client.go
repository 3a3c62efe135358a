package mqttclient

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"rione/simulator/link"
)

// client is the connection of one device. Where the pool reads and writes in
// turn, it costs no goroutine; see wire.
type client struct {
	o       link.Options
	pool    *Pool
	poll    *poller // nil = none, here
	work    sync.WaitGroup
	running context.Context // ends with Close, and with it reconnecting
	stop    context.CancelFunc

	mu      sync.Mutex
	box     outbox
	wire    wire      // nil while not connected
	limit   int       // packets in flight that the broker takes
	writing bool      // the wire has not taken everything yet
	idle    sync.Cond // of mu: writing ended, the connection did, or a state was acked
	closing bool
	away    time.Time // until when it stays broken
	hurry   bool      // Close waits no longer
	wrote   bool      // since the last tick of the keep-alive
	heard   bool      // likewise
	pinged  bool      // and nothing heard since
}

var (
	_ link.Link    = (*client)(nil)
	_ link.Breaker = (*client)(nil)
)

// Break implements link.Breaker.
func (c *client) Break(stay time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.away = time.Now().Add(stay)
	if c.wire != nil {
		c.wire.cut()
	}
}

// Publish implements link.Link.
func (c *client) Publish(topic string, payload []byte, token uint64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closing:
		return link.ErrClosed
	case c.box.unacked()-c.box.states >= c.o.Window:
		return link.ErrBusy
	}
	return c.add(topic, payload, false, token, waiting)
}

// add puts a message into the outbox and sees to it that it is sent. c.mu is held.
func (c *client) add(topic string, payload []byte, retain bool, token uint64, state acknowledged) error {
	start := len(c.box.bytes)
	var err error
	c.box.bytes, err = appendPublish(c.box.bytes, c.pool.o.Version, topic, payload, c.box.nextID, retain)
	if err != nil {
		return err
	}
	c.box.add(start, token, state)
	c.flush()
	return nil
}

// flush sends what may be sent. c.mu is held.
func (c *client) flush() {
	if c.wire == nil || c.writing {
		return
	}
	c.box.compact()
	if data := c.box.take(c.limit); len(data) > 0 {
		c.wrote = true
		c.writing = !c.wire.send(data)
	}
}

// sent notes that the wire has taken everything, and goes on. c.mu is held.
func (c *client) sent() {
	c.writing = false
	c.idle.Broadcast()
	c.flush()
}

// state publishes the client's own retained state. c.mu is held.
func (c *client) state(body string) {
	if c.o.StateTopic != "" {
		_ = c.add(c.o.StateTopic, []byte(body), true, 0, own) // its size was checked at Dial
	}
}

// hear notes that the broker said something.
func (c *client) hear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.heard = true
}

// handle handles the whole packets in data and returns what is left.
func (c *client) handle(data []byte) (rest []byte, err error) {
	for {
		p, n, err := split(data)
		if n == 0 || err != nil {
			return data, err
		}
		data = data[n:]
		switch p.head & 0xf0 {
		case pubackPacket:
			err = c.puback(p)
		case disconnectPacket:
			err = errors.New("the broker says goodbye")
			if len(p.body) > 0 {
				err = fmt.Errorf("the broker says goodbye: %s", reason(p.body[0]))
			}
		}
		if err != nil {
			return nil, err
		}
	}
}

func (c *client) puback(p packet) error {
	id, code, err := parsePuback(p)
	if err != nil {
		return err
	}
	c.mu.Lock()
	token, told := c.box.ack(id)
	c.flush()
	if c.closing && c.box.states == 0 {
		c.idle.Broadcast()
	}
	c.mu.Unlock()
	switch {
	case told && code >= 0x80:
		c.o.Refused(token, code)
	case told:
		c.o.Acked(token)
	}
	return nil
}

// goodbye is how long Close waits for the last state to be acknowledged.
const goodbye = time.Second

// Close implements link.Link.
func (c *client) Close() {
	c.mu.Lock()
	if c.closing {
		c.mu.Unlock()
		c.work.Wait()
		return
	}
	c.closing = true
	c.state(c.o.Offline)
	timer := time.AfterFunc(goodbye, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.hurry = true
		c.idle.Broadcast()
	})
	for c.wire != nil && !c.hurry && (c.box.states > 0 || c.writing) {
		c.idle.Wait()
	}
	c.stop()
	if c.wire != nil {
		c.wire.bye()
	}
	c.mu.Unlock()
	timer.Stop()
	c.work.Wait()
	c.pool.forget(c)
}

// tick is the keep-alive's: it pings when nothing was written since the last
// tick, and ends a connection that has not answered since then.
func (c *client) tick() {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.wire == nil:
	case c.pinged && !c.heard:
		c.wire.cut()
	case !c.wrote && !c.writing:
		c.pinged, c.heard = true, false
		c.writing = !c.wire.send([]byte{pingreqPacket, 0})
	default:
		c.pinged = false
	}
	c.wrote = false
}
