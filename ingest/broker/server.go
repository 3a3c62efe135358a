// Package broker is the MQTT door for devices: MQTT 3.1.1 and 5 over TCP, TLS
// and WebSocket. A PUBLISH is handed to the intake, and only after the intake
// committed it does the client get its ack and do subscribers get the message.
// DESIGN.md says how, and what the door is not.
package broker

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"rione/ingest"
)

// Door is the name that messages of this door carry.
const Door = "mqtt"

// Options are the settings of a Server.
type Options struct {
	Intake ingest.Intake // required
	Access Access        // required
	Routes Routes        // nil: messages carry no route

	Listen    string      // TCP, e.g. "127.0.0.1:1883"; port 0 takes a free one; "" is none
	TLSListen string      // TLS, "" is none
	TLS       *tls.Config // required with TLSListen

	Retained RetainedStore // nil: retained messages live in memory only
	Limits   Limits
	Logger   *slog.Logger          // nil: silent
	Metrics  prometheus.Registerer // nil: none
}

// ErrNoSubscriber is returned by Server.Publish when no connected client
// subscribes to the topic.
var ErrNoSubscriber = errors.New("no connected client subscribes to the topic")

// ClientInfo describes a connected client.
type ClientInfo struct {
	ID            string
	Identity      string
	Remote        netip.AddrPort
	Version       int // 4 is MQTT 3.1.1, 5 is MQTT 5
	Since         time.Time
	Subscriptions int
}

// Retained is a retained message.
type Retained struct {
	Topic   string
	Payload []byte // empty: the topic has none any more
	QoS     byte
	Expires time.Time // zero: never
	Props   []byte    // MQTT 5 properties as they stand on the wire
}

// RetainedStore keeps retained messages over a restart. Load calls each for
// every message kept, once at Start. Put is called from one goroutine at a
// time, with the newest message of a topic.
type RetainedStore interface {
	Load(ctx context.Context, each func(Retained)) error
	Put(ctx context.Context, m Retained) error
}

// Server is the MQTT door.
type Server struct{ opts Options }

// New returns a server that does nothing yet. It does no I/O.
func New(opts Options) (*Server, error) { return &Server{opts: opts}, nil }

// Start loads the retained messages and begins to accept clients.
func (s *Server) Start(ctx context.Context) error { return errors.New("not built yet") }

// Addr is the bound address of the TCP listener, nil before Start.
func (s *Server) Addr() net.Addr { return nil }

// TLSAddr is the bound address of the TLS listener, nil before Start.
func (s *Server) TLSAddr() net.Addr { return nil }

// Close stops accepting, lets submitted messages be acked, and disconnects.
func (s *Server) Close() error { return nil }

// WebSocketHandler serves MQTT over WebSocket (subprotocol "mqtt").
func (s *Server) WebSocketHandler() http.Handler { return http.NotFoundHandler() }

// Publish sends a command to the clients that subscribe to its topic.
func (s *Server) Publish(ctx context.Context, c ingest.Command) error { return ErrNoSubscriber }

// Clients lists the connected clients.
func (s *Server) Clients() []ClientInfo { return nil }

// Disconnect closes the connections of an identity, whose grant has changed.
func (s *Server) Disconnect(identity string) {}

// RoutesChanged makes connections ask Routes again.
func (s *Server) RoutesChanged() {}
