package mqttclient

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"rione/simulator/link"
)

// client is the connection of one device. One goroutine reads; another one
// lives only while there is something to write, so that an idle device costs
// one goroutine and a small buffer.
type client struct {
	o    link.Options
	pool *Pool
	work sync.WaitGroup
	stop context.CancelFunc // ends reconnecting

	mu      sync.Mutex
	box     outbox
	conn    net.Conn  // nil while not connected
	socket  *socket   // of conn; nil where a write may have to wait
	limit   int       // packets in flight that the broker takes
	writing bool      // a goroutine is writing to conn
	idle    sync.Cond // of mu: writing ended, or a state was acked
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
	if c.conn != nil {
		c.conn.Close()
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

// flush sends what may be sent: at once where that needs no waiting, else by a
// goroutine. c.mu is held.
func (c *client) flush() {
	if c.conn == nil || c.writing {
		return
	}
	c.box.compact()
	data := c.box.take(c.limit)
	if len(data) == 0 {
		return
	}
	c.wrote = true
	if data = data[c.socket.write(data):]; len(data) > 0 {
		c.writing = true
		c.work.Go(func() { c.write(data) })
	}
}

// write sends data and then what else may be sent, until there is nothing left.
func (c *client) write(data []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.conn != nil && len(data) > 0 {
		conn := c.conn
		c.mu.Unlock()
		_, err := conn.Write(data)
		c.mu.Lock()
		if err != nil {
			conn.Close() // the reader finds out, and connects again
			break
		}
		c.box.compact()
		data = c.box.take(c.limit)
		c.wrote = true
	}
	c.writing = false
	c.idle.Broadcast()
}

// state publishes the client's own retained state. c.mu is held.
func (c *client) state(body string) {
	if c.o.StateTopic != "" {
		_ = c.add(c.o.StateTopic, []byte(body), true, 0, own) // its size was checked at Dial
	}
}

// run reads until the connection breaks, and connects again, until ctx ends.
func (c *client) run(ctx context.Context, conn net.Conn) {
	for conn != nil {
		err := c.read(conn)
		conn.Close()
		c.disconnected()
		if ctx.Err() != nil {
			return
		}
		c.o.Lost(err)
		conn = c.reconnect(ctx)
	}
}

// disconnected waits for the writer and makes what was in flight unsent.
func (c *client) disconnected() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.writing {
		c.idle.Wait()
	}
	c.conn = nil
}

// Waits between two attempts to connect.
const (
	firstWait = 100 * time.Millisecond
	maxWait   = 3 * time.Second
)

// reconnect connects again, with growing pauses of random length so that a
// fleet does not come back all at once. It returns nil when ctx ends.
func (c *client) reconnect(ctx context.Context) net.Conn {
	for wait := firstWait; ; wait = min(2*wait, maxWait) {
		c.mu.Lock()
		stay := max(time.Until(c.away), 0)
		c.mu.Unlock()
		timer := time.NewTimer(stay + wait/2 + rand.N(wait))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil
		}
		conn, ack, err := c.pool.connect(ctx, &c.o)
		if err == nil {
			c.connected(conn, ack)
			if ctx.Err() == nil {
				return conn
			}
			conn.Close() // Close came first and did not see it
			c.disconnected()
			return nil
		}
	}
}

// connected begins to send over a new connection.
func (c *client) connected(conn net.Conn, ack connack) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.limit = maxWindow
	if ack.receiveMax > 0 {
		c.limit = ack.receiveMax
	}
	c.conn, c.socket = conn, newSocket(conn)
	c.pinged, c.wrote, c.heard = false, true, true
	c.box.again(ack.sessionPresent)
	if !c.closing && c.box.states == 0 { // else the last one is still on its way
		c.state(c.o.Online)
	}
	c.flush()
}

// read handles what the broker sends until the connection breaks.
func (c *client) read(conn net.Conn) error {
	buf := make([]byte, 0, readBuffer)
	for {
		n, err := conn.Read(buf[len(buf):cap(buf)])
		if buf = buf[:len(buf)+n]; n > 0 {
			rest, herr := c.handle(buf)
			if herr != nil {
				return herr
			}
			buf = buf[:copy(buf, rest)]
			if len(buf) == cap(buf) { // a packet that is longer than the buffer
				buf = append(make([]byte, 0, 2*cap(buf)), buf...)
			}
		}
		if err != nil {
			return err
		}
	}
}

// readBuffer holds 64 PUBACKs.
const readBuffer = 256

// handle handles the whole packets in data and returns what is left.
func (c *client) handle(data []byte) (rest []byte, err error) {
	c.mu.Lock()
	c.heard = true
	c.mu.Unlock()
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
	for c.conn != nil && !c.hurry && (c.box.states > 0 || c.writing) {
		c.idle.Wait()
	}
	c.mu.Unlock()
	timer.Stop()
	c.stop()
	c.mu.Lock()
	conn := c.conn
	c.mu.Unlock()
	if conn != nil {
		_ = conn.SetWriteDeadline(time.Now().Add(goodbye))
		_, _ = conn.Write([]byte{disconnectPacket, 0}) // a courtesy
		conn.Close()
	}
	c.work.Wait()
	c.pool.forget(c)
}

// tick is the keep-alive's: it pings when nothing was written since the last
// tick, and ends a connection that has not answered since then.
func (c *client) tick() {
	c.mu.Lock()
	defer c.mu.Unlock()
	conn := c.conn
	switch {
	case conn == nil:
	case c.pinged && !c.heard:
		conn.Close()
	case !c.wrote && !c.writing:
		c.pinged, c.heard = true, false
		c.writing = true
		c.work.Go(func() { c.ping(conn) })
	default:
		c.pinged = false
	}
	c.wrote = false
}

func (c *client) ping(conn net.Conn) {
	_, err := conn.Write([]byte{pingreqPacket, 0})
	if err != nil {
		conn.Close()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writing = false
	c.idle.Broadcast()
	c.flush()
}
