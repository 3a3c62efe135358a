package mqttclient

import (
	"net"
	"sync"
	"time"
)

// slowConn writes a few bytes at a time, so that packets come in pieces and a
// connection is never far from its limits.
type slowConn struct {
	net.Conn
	close  sync.Once
	closed chan struct{} // nobody waits for the rest
}

func newSlowConn(c net.Conn) *slowConn { return &slowConn{Conn: c, closed: make(chan struct{})} }

// A line of about 3 kB/s.
const (
	slowPiece = 64
	slowPause = 20 * time.Millisecond
)

// Write implements net.Conn.
func (c *slowConn) Write(data []byte) (n int, err error) {
	pause := time.NewTicker(slowPause)
	defer pause.Stop()
	for {
		wrote, err := c.Conn.Write(data[n:min(n+slowPiece, len(data))])
		if n += wrote; err != nil || n == len(data) {
			return n, err
		}
		select {
		case <-pause.C:
		case <-c.closed:
			return n, net.ErrClosed
		}
	}
}

// Close implements net.Conn.
func (c *slowConn) Close() error {
	c.close.Do(func() { close(c.closed) })
	return c.Conn.Close()
}
