package mqttclient

import (
	"context"
	"net"
	"testing"
	"time"

	"rione/simulator/link"
)

// connected returns a client that speaks over a new connection, and the other end.
func connected(t *testing.T, p *poller) (*client, net.Conn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	near, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	far, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { far.Close() })
	if err := far.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	pool, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := &client{o: link.Options{ClientID: "sim-1"}.WithDefaults(), pool: pool, poll: p, box: outbox{nextID: 1}}
	c.idle.L = &c.mu
	c.running, c.stop = context.WithCancel(t.Context())
	c.attach(near, connack{})
	return c, far
}

// kind returns what kind of wire a client has.
func kind(c *client) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch c.wire.(type) {
	case *socket:
		return "socket"
	case *stream:
		return "stream"
	}
	return "nothing"
}

// Where the pool cannot look after a connection, it looks after itself.
func TestAConnectionThatCannotBeASocketIsAStream(t *testing.T) {
	good, err := newPoller()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(good.close)
	f := func(p *poller, want string) {
		t.Helper()
		c, far := connected(t, p)
		if got := kind(c); got != want {
			t.Errorf("a %s, want a %s", got, want)
		}
		if err := c.Publish("up", []byte("hello"), 1); err != nil {
			t.Fatal(err)
		}
		if m, err := readPacket(far); err != nil || string(m.body[6:]) != "hello" {
			t.Errorf("%q, %v", m.body, err)
		}
		c.Close()
		if m, err := readPacket(far); err != nil || m.head != disconnectPacket {
			t.Errorf("no goodbye: %x, %v", m.head, err)
		}
	}
	f(good, "socket")
	f(nil, "stream")
	f(&poller{epoll: -1, sockets: map[int32]*socket{}}, "stream")
}
