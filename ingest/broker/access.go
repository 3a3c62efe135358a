package broker

import (
	"context"
	"crypto/tls"
	"errors"
	"net/netip"
)

// Errors that Access.Connect returns; each has a code of its own on the wire.
// Any other error is logged and answered as "server unavailable".
var (
	// ErrBadClientID says that no client of that id may connect (code 2, 0x85).
	ErrBadClientID = errors.New("client id is not acceptable")
	// ErrServerBusy asks the client to come back later (code 3, 0x89).
	ErrServerBusy = errors.New("server is busy")
	// ErrBadCredentials says that user name, password or certificate are wrong
	// (code 4, 0x86).
	ErrBadCredentials = errors.New("bad user name or password")
	// ErrNotAuthorized says that who this is may not connect (code 5, 0x87).
	ErrNotAuthorized = errors.New("not authorized")
)

// Credentials is what a client shows when it connects.
type Credentials struct {
	ClientID string // "" when the client wants one assigned
	Username string
	Password []byte // valid during the call of Connect only
	Remote   netip.AddrPort
	TLS      *tls.ConnectionState // nil without TLS
}

// Access decides who may connect, and as whom. It is called from many
// goroutines. Connect may take its time: it delays that one client, and its
// context ends with the time-out of the CONNECT.
type Access interface {
	Connect(ctx context.Context, c Credentials) (Grant, error)
}

// Grant is what one connected client may do. Answers for a topic are kept for
// as long as the connection lasts; Server.Disconnect ends a grant that changed.
type Grant interface {
	// Identity names the client in messages and logs. Sessions are kept for
	// each identity apart, so that a client id alone opens nobody's session.
	Identity() string
	MayPublish(topic string) bool
	MaySubscribe(filter string) bool
}

// Routes names the route that a topic takes, "" when none fits.
type Routes interface {
	Match(topic string) (name string)
}
