package mqttclient

import (
	"io"
	"syscall"
)

// socket is a plain TCP connection that its pool's poller looks after, together
// with all others. Its descriptor is only used under the client's lock, and
// closed by the poller alone.
type socket struct {
	client *client
	poll   *poller
	fd     int
	rest   []byte // what the connection did not take yet
	part   []byte // of a packet that has not come whole; the poller's
}

func (s *socket) send(data []byte) bool {
	n := s.write(data)
	if n == len(data) {
		return true
	}
	s.rest = data[n:]
	s.poll.watch(s, readable|writable)
	return false
}

// resume sends the rest. The client's lock is held.
func (s *socket) resume() {
	s.rest = s.rest[s.write(s.rest):]
	if len(s.rest) == 0 {
		s.poll.watch(s, readable)
		s.client.sent()
	}
}

// write writes what the connection takes at once and returns how much that was.
func (s *socket) write(data []byte) int {
	n, _ := syscall.Write(s.fd, data) // who reads meets the error too
	return max(n, 0)
}

// read reads what is there; nothing is no error.
func (s *socket) read(buf []byte) (int, error) {
	n, err := syscall.Read(s.fd, buf)
	switch {
	case err == syscall.EAGAIN || err == syscall.EINTR:
		return 0, nil
	case err != nil:
		return 0, err
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}

func (s *socket) cut() { _ = syscall.Shutdown(s.fd, syscall.SHUT_RDWR) } // or it is broken already

func (s *socket) bye() {
	if len(s.rest) == 0 {
		s.write([]byte{disconnectPacket, 0}) // a courtesy
	}
	s.cut()
}
