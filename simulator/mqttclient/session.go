package mqttclient

import (
	"math/rand/v2"
	"net"
	"time"
)

// attach begins to use a new connection, unless Close came first.
func (c *client) attach(conn net.Conn, ack connack) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running.Err() != nil {
		conn.Close()
		return
	}
	c.limit = maxWindow
	if ack.receiveMax > 0 {
		c.limit = ack.receiveMax
	}
	c.wire = newWire(c, conn)
	c.pinged, c.wrote, c.heard = false, true, true
	c.box.again(ack.sessionPresent)
	if !c.closing && c.box.states == 0 { // else the last one is still on its way
		c.state(c.o.Online)
	}
	c.flush()
}

// detach forgets the connection, which is closed and no longer written to. What
// was in flight is sent again over the next one.
func (c *client) detach() {
	c.wire, c.writing = nil, false
	c.idle.Broadcast()
}

// again tells that the connection broke and connects again, until Close.
func (c *client) again(err error) {
	if c.running.Err() != nil {
		return
	}
	c.o.Lost(err)
	c.reconnect()
}

// Waits between two attempts to connect.
const (
	firstWait = 100 * time.Millisecond
	maxWait   = 3 * time.Second
)

// reconnect connects again, with growing pauses of random length so that a
// fleet does not come back all at once. It gives up at Close.
func (c *client) reconnect() {
	for wait := firstWait; ; wait = min(2*wait, maxWait) {
		c.mu.Lock()
		stay := max(time.Until(c.away), 0)
		c.mu.Unlock()
		timer := time.NewTimer(stay + wait/2 + rand.N(wait))
		select {
		case <-timer.C:
		case <-c.running.Done():
			timer.Stop()
			return
		}
		if conn, ack, err := c.pool.connect(c.running, &c.o); err == nil {
			c.attach(conn, ack)
			return
		}
	}
}
