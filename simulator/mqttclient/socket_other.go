//go:build !unix

package mqttclient

import "net"

// socket is for systems whose sockets can be written to without waiting.
type socket struct{}

func newSocket(net.Conn) *socket { return nil }

func (*socket) write([]byte) int { return 0 }
