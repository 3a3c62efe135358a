package mqtt

import (
	"bufio"
	"context"
	"crypto/tls"
	"net"
	"net/url"
	"sync"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
)

const (
	// linger is how long acks gather before they leave together. The client
	// writes each one by itself, and a system call costs more than the ack.
	linger       = time.Millisecond
	writeTimeout = 10 * time.Second
	readBuffer   = 64 << 10 // the client reads a packet in three pieces
	writeBuffer  = 64 << 10
)

// open connects for the client, with buffers in both directions.
func open(u *url.URL, o paho.ClientOptions) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), o.ConnectTimeout)
	defer cancel()
	var c net.Conn
	var err error
	switch u.Scheme {
	case "tcp", "mqtt":
		c, err = new(net.Dialer).DialContext(ctx, "tcp", u.Host)
	case "ssl", "tls", "mqtts":
		c, err = (&tls.Dialer{Config: o.TLSConfig}).DialContext(ctx, "tcp", u.Host)
	default: // ws and wss, by CheckURL
		c, err = paho.NewWebsocket(u.String(), o.TLSConfig, o.ConnectTimeout, o.HTTPHeaders, o.WebsocketOptions)
	}
	if err != nil {
		return nil, err
	}
	return newBuffered(c), nil
}

// buffered is a connection that reads ahead and writes what gathered within the
// linger. An error of a write is returned by the following one, and closes the
// connection, which the client's reading notices at once.
type buffered struct {
	net.Conn
	in *bufio.Reader

	mu     sync.Mutex
	out    []byte
	spare  []byte
	timer  *time.Timer // flushes; nil while nothing waits
	err    error
	writes sync.Mutex // one flush at a time, in order
}

func newBuffered(c net.Conn) *buffered {
	return &buffered{Conn: c, in: bufio.NewReaderSize(c, readBuffer)}
}

// Read implements net.Conn.
func (b *buffered) Read(p []byte) (int, error) { return b.in.Read(p) }

// Write implements net.Conn. It waits only where a full buffer does.
func (b *buffered) Write(p []byte) (int, error) {
	b.mu.Lock()
	if b.err != nil {
		defer b.mu.Unlock()
		return 0, b.err
	}
	b.out = append(b.out, p...)
	full := len(b.out) >= writeBuffer
	if b.timer == nil && !full {
		b.timer = time.AfterFunc(linger, b.flush)
	}
	b.mu.Unlock()
	if full {
		b.flush()
	}
	return len(p), nil
}

// flush writes what has gathered.
func (b *buffered) flush() {
	b.writes.Lock()
	defer b.writes.Unlock()
	b.mu.Lock()
	out := b.out
	b.timer = nil
	if len(out) == 0 { // another flush has taken it along
		b.mu.Unlock()
		return
	}
	b.out, b.spare = b.spare[:0], nil
	b.mu.Unlock()
	_ = b.Conn.SetWriteDeadline(time.Now().Add(writeTimeout)) // a connection that is closed says so on Write
	_, err := b.Conn.Write(out)
	b.mu.Lock()
	b.spare = out
	if err != nil {
		b.err = err
	}
	b.mu.Unlock()
	if err != nil {
		_ = b.Conn.Close() // it is of no use any more
	}
}

// Close implements net.Conn; what has gathered leaves first.
func (b *buffered) Close() error {
	b.flush()
	return b.Conn.Close()
}

// SetWriteDeadline implements net.Conn. Each flush has a deadline of its own.
func (b *buffered) SetWriteDeadline(time.Time) error { return nil }
