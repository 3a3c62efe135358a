//go:build unix

package mqttclient

import (
	"net"
	"syscall"
)

// socket writes to a TCP connection without waiting. A goroutine for each
// message, which most messages would need otherwise, costs as much as the
// encoding.
type socket struct {
	raw  syscall.RawConn
	once func(fd uintptr) bool // made once, so that a write allocates nothing
	data []byte
	n    int
}

// newSocket returns nil for connections that are no plain TCP.
func newSocket(conn net.Conn) *socket {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil
	}
	s := &socket{raw: raw}
	s.once = func(fd uintptr) bool {
		s.n, _ = syscall.Write(int(fd), s.data) // who writes the rest meets the error again
		return true
	}
	return s
}

// write writes what the connection takes at once and returns how much that was.
func (s *socket) write(data []byte) int {
	if s == nil {
		return 0
	}
	s.data, s.n = data, 0
	if s.raw.Write(s.once) != nil {
		return 0
	}
	s.data = nil
	return max(s.n, 0)
}
