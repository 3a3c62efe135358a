//go:build !linux

package mqttclient

import (
	"errors"
	"net"
)

// poller is for systems with epoll.
type poller struct{}

func newPoller() (*poller, error) { return nil, errors.ErrUnsupported }

func (*poller) take(*client, *net.TCPConn) (wire, error) { return nil, errors.ErrUnsupported }

func (*poller) close() {}
