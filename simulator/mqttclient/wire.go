package mqttclient

import (
	"net"
	"time"
)

// wire is an open connection. Its methods are called under its client's lock.
// Who reads it finds out that it broke, detaches it and calls again.
type wire interface {
	// send sends data, and tells whether all of it is gone. If not, the wire
	// sends the rest by itself, calls the client's sent after it, and nothing
	// else is to be sent meanwhile.
	send(data []byte) bool
	// cut breaks the connection.
	cut()
	// bye says goodbye and ends the connection.
	bye()
}

// newWire returns a socket where there can be one, else a stream.
func newWire(c *client, conn net.Conn) wire {
	if tcp, ok := conn.(*net.TCPConn); ok && c.poll != nil {
		if s, err := c.poll.take(c, tcp); err == nil {
			return s
		} // no descriptor is free: the stream needs none
	}
	s := &stream{client: c, conn: conn}
	c.work.Go(s.run)
	return s
}

// stream is a wire of any kind of connection. One goroutine reads; another one
// lives only while there is something to write.
type stream struct {
	client *client
	conn   net.Conn
}

func (s *stream) send(data []byte) bool {
	c := s.client
	c.work.Go(func() {
		_, err := s.conn.Write(data)
		c.mu.Lock()
		defer c.mu.Unlock()
		if err == nil {
			c.sent()
			return
		}
		s.conn.Close() // the reader finds out, and waits for us
		c.writing = false
		c.idle.Broadcast()
	})
	return false
}

func (s *stream) cut() { s.conn.Close() }

func (s *stream) bye() {
	_ = s.conn.SetWriteDeadline(time.Now().Add(goodbye))
	_, _ = s.conn.Write([]byte{disconnectPacket, 0}) // a courtesy
	s.conn.Close()
}

// run reads until the connection breaks, and sees to the next one.
func (s *stream) run() {
	c := s.client
	err := s.read()
	s.conn.Close()
	c.mu.Lock()
	for c.writing {
		c.idle.Wait()
	}
	c.detach()
	c.mu.Unlock()
	c.again(err)
}

// readBuffer holds 64 PUBACKs.
const readBuffer = 256

// read handles what the broker sends until the connection breaks.
func (s *stream) read() error {
	buf := make([]byte, 0, readBuffer)
	for {
		n, err := s.conn.Read(buf[len(buf):cap(buf)])
		if buf = buf[:len(buf)+n]; n > 0 {
			s.client.hear()
			rest, herr := s.client.handle(buf)
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
