// Package link says what the simulator wants of an MQTT connection, so that
// one client can stand in for another.
package link

import (
	"context"
	"errors"
	"time"
)

// Errors of Publish.
var (
	// ErrBusy is returned while the window of messages in flight is full: try later.
	ErrBusy = errors.New("too many messages in flight")
	// ErrClosed is returned after Close.
	ErrClosed = errors.New("connection is closed")
)

// Link is the connection of one device, or of a gateway that speaks for many.
// It connects again by itself, and then sends again what is not acknowledged.
type Link interface {
	// Publish hands a QoS 1 message over and does not wait. The payload is
	// copied. Options.Acked is called with token after the PUBACK.
	Publish(topic string, payload []byte, token uint64) error
	// Close says goodbye, waits a little for what that needs, and ends the
	// connection for good. Further calls do nothing.
	Close()
}

// Breaker is a link that can break its connection without a goodbye, as a
// device that loses its network does. It connects again by itself, but not
// before stay is over.
type Breaker interface{ Break(stay time.Duration) }

// Dialer opens links.
type Dialer interface {
	Dial(ctx context.Context, o Options) (Link, error)
}

// Options of a link.
type Options struct {
	Broker    string // tcp://host:port
	ClientID  string
	Username  string // "" = none
	Password  string
	KeepAlive time.Duration // 0 = 60 s
	Window    int           // messages in flight at most; 0 = 1000
	Slow      bool          // writes a few bytes at a time, as over a bad line
	// StateTopic, when set, holds the retained state: Online after each
	// connect, Offline at Close and as last will.
	StateTopic      string
	Online, Offline string
	// Acked is called for every acknowledged message, from one goroutine of the
	// link. It must not block.
	Acked func(token uint64)
	// Refused is called instead when the broker says that it did not take the
	// message (MQTT 5 reason codes from 0x80). It must not block.
	Refused func(token uint64, reason byte)
	// Lost is called when the connection breaks, nil = nobody cares.
	Lost func(err error)
}

// Defaults of Options.
const (
	DefaultKeepAlive = time.Minute
	DefaultWindow    = 1000
)

// WithDefaults returns o with its zero values filled in.
func (o Options) WithDefaults() Options {
	if o.KeepAlive == 0 {
		o.KeepAlive = DefaultKeepAlive
	}
	if o.Window == 0 {
		o.Window = DefaultWindow
	}
	if o.Acked == nil {
		o.Acked = func(uint64) {}
	}
	if o.Refused == nil {
		o.Refused = func(uint64, byte) {}
	}
	if o.Lost == nil {
		o.Lost = func(error) {}
	}
	return o
}
