// Package broker is the MQTT door for devices: MQTT 3.1.1 and 5 over TCP, TLS
// and WebSocket. A PUBLISH is handed to the intake, and only after the intake
// committed it does the client get its ack and do subscribers get the message.
// DESIGN.md says how, and what the door is not.
package broker

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
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

	Attendance Attendance // nil: nobody

	Retained RetainedStore // nil: retained messages live in memory only
	Limits   Limits
	Logger   *slog.Logger          // nil: silent
	Metrics  prometheus.Registerer // nil: none
}

// Validate tells what is missing or impossible.
func (o *Options) Validate() error {
	var errs []error
	if o.Intake == nil {
		errs = append(errs, errors.New("an intake is required"))
	}
	if o.Access == nil {
		errs = append(errs, errors.New("an access check is required"))
	}
	if (o.TLSListen == "") != (o.TLS == nil) {
		errs = append(errs, errors.New("a TLS listener needs a TLS configuration, and the other way round"))
	}
	errs = append(errs, o.Limits.withDefaults().validate())
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("mqtt door: %w", err)
	}
	return nil
}

// Server is the MQTT door.
type Server struct {
	intake  ingest.Intake
	access  Access
	routes  Routes
	opts    Options
	limits  Limits
	logger  *slog.Logger
	metrics *metrics

	buffers  buffers
	gate     *gate
	sessions *sessions
	subs     subscriptions
	retained *retained
	waiting  atomic.Int64  // bytes in the queues of all subscribers
	routing  atomic.Uint64 // generation of the answers of routes

	tcp, tls net.Listener
	ctx      context.Context // ends with Close
	cancel   context.CancelFunc
	closing  atomic.Bool
	closed   sync.Once
	closeErr error
	wg       sync.WaitGroup // listeners, connections and the janitor

	mu    sync.Mutex
	conns map[*conn]struct{} // from accept to the end
}

// New returns a server that does nothing yet. It does no I/O.
func New(opts Options) (*Server, error) {
	if err := opts.Validate(); err != nil {
		return nil, err
	}
	m, err := newMetrics(opts.Metrics)
	if err != nil {
		return nil, fmt.Errorf("mqtt door: metrics: %w", err)
	}
	s := &Server{
		intake: opts.Intake, access: opts.Access, routes: opts.Routes,
		opts: opts, limits: opts.Limits.withDefaults(),
		logger: opts.Logger, metrics: m,
		conns: map[*conn]struct{}{},
	}
	if s.logger == nil {
		s.logger = slog.New(slog.DiscardHandler)
	}
	s.gate = newGate(&s.limits)
	s.sessions = newSessions(&s.limits, &s.subs, m)
	s.retained = newRetained(&s.limits, opts.Retained, m, s.logger)
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s, nil
}

// Start loads the retained messages, listens and returns. ctx bounds the start,
// not the life of the server.
func (s *Server) Start(ctx context.Context) error {
	if err := s.retained.load(ctx); err != nil {
		return fmt.Errorf("mqtt door: load retained messages: %w", err)
	}
	if err := s.listen(ctx); err != nil {
		return fmt.Errorf("mqtt door: %w", err)
	}
	s.wg.Go(s.retained.run)
	s.wg.Go(s.janitor)
	return nil
}

// Addr is the bound address of the TCP listener, nil when there is none.
func (s *Server) Addr() net.Addr { return addr(s.tcp) }

// TLSAddr is the bound address of the TLS listener, nil when there is none.
func (s *Server) TLSAddr() net.Addr { return addr(s.tls) }

func addr(l net.Listener) net.Addr {
	if l == nil {
		return nil
	}
	return l.Addr()
}

// Close stops accepting, lets messages that were submitted be acked for as long
// as Limits.DrainTimeout, and disconnects everybody. Wills are not published:
// the devices come back as soon as the door does. The intake must still run.
func (s *Server) Close() error {
	s.closed.Do(func() { s.closeErr = s.close() })
	return s.closeErr
}

func (s *Server) close() error {
	s.closing.Store(true)
	s.cancel()
	err := errors.Join(closeListener(s.tcp), closeListener(s.tls))
	conns := s.all()
	late := time.AfterFunc(s.limits.DrainTimeout, func() {
		for _, c := range conns {
			c.out.stop()
		}
	})
	defer late.Stop()
	for _, c := range conns {
		c.shutDown()
	}
	s.retained.close()
	return errors.Join(err, s.wait(s.limits.DrainTimeout+time.Second))
}

// wait waits for all goroutines. One that stands in Submit because the intake
// is full is left to the intake, which ends it when it closes.
func (s *Server) wait(most time.Duration) error {
	done := make(chan struct{})
	go func() {
		s.wg.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-time.After(most):
		return errors.New("mqtt door: connections still wait for the intake; close it next")
	}
}

func closeListener(l net.Listener) error {
	if l == nil {
		return nil
	}
	return l.Close()
}

// all returns the connections of this moment.
func (s *Server) all() []*conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]*conn, 0, len(s.conns))
	for c := range s.conns {
		list = append(list, c)
	}
	return list
}
