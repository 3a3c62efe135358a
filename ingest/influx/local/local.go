// Package local runs a real InfluxDB as a child process, for those who have
// none: found on PATH, else built once from its Go module. It listens on
// loopback only, with authentication on and a generated user.
package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"rione/ingest/influx"
)

// Limits of time. A start may have much data to open after a crash; a stop stays
// within 3 s in all.
const (
	startLimit = 10 * time.Minute
	stopGrace  = 2 * time.Second
)

// Options says which InfluxDB to run, and where.
type Options struct {
	Dir          string       // data folder, made when missing; required
	Listen       string       // loopback host:port of its HTTP API; port 0 takes a free one
	Binary       string       // influxd to run; "" finds one on PATH or builds it
	Settings     []string     // further settings of influxd, KEY=value each
	Unsupervised bool         // do not start it again when it dies by itself
	Logger       *slog.Logger // nil discards
	Progress     io.Writer    // hears in plain lines of what takes long; nil discards
}

// Validate reports what is wrong with o, before anything is started.
func (o *Options) Validate() error {
	if o.Dir == "" {
		return errors.New("the local InfluxDB needs a data folder")
	}
	host, _, err := net.SplitHostPort(o.Listen)
	if err != nil {
		return fmt.Errorf("RIONE_INFLUX_LISTEN must be host:port: %w", err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("RIONE_INFLUX_LISTEN must be a loopback address, not %q: the local InfluxDB is for this machine only", host)
	}
	return nil
}

// Server is a running InfluxDB. Its URL and token stay the same while it is
// started again after a death of its own.
type Server struct {
	opts   Options
	binary binary
	record *pidFile
	token  string
	listen string // with the port that was taken

	stop chan struct{}
	once sync.Once
	done chan struct{}

	mu    sync.Mutex
	child *child
}

// Start finds or builds InfluxDB, ends a child that a crash left in the same
// folder, starts a new one and returns when it answers. The context bounds the
// start alone; the server runs until Close.
func Start(ctx context.Context, o Options) (*Server, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	if err := o.Validate(); err != nil {
		return nil, err
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	o.Dir = dir
	record, err := openPIDFile(filepath.Join(dir, "influxd.pid"))
	if err != nil {
		return nil, err
	}
	s := &Server{opts: o, record: record, stop: make(chan struct{}), done: make(chan struct{})}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(err, record.close())
	}
	go s.supervise()
	return s, nil
}

func (s *Server) start(ctx context.Context) error {
	if err := s.record.endOrphan(s.opts.Dir, s.opts.Logger); err != nil {
		return err
	}
	var err error
	if s.binary, err = find(ctx, &s.opts); err != nil {
		return err
	}
	if s.token, err = loadToken(filepath.Join(s.opts.Dir, "influx.token")); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	return s.listenAndRun(ctx)
}

// listenAndRun starts the first child. With port 0 it picks a free port, which
// somebody else may take before the child does: then it picks another.
func (s *Server) listenAndRun(ctx context.Context) error {
	const tries = 5
	host, port, _ := net.SplitHostPort(s.opts.Listen)
	for try := 1; ; try++ {
		free, err := freeAddress(s.opts.Listen)
		if err != nil {
			return fmt.Errorf("the local InfluxDB cannot listen on %s: %w; stop what uses that address, set RIONE_INFLUX_LISTEN to another one, or set RIONE_INFLUX_URL to an InfluxDB of your own", s.opts.Listen, err)
		}
		_, taken, _ := net.SplitHostPort(free)
		s.listen = net.JoinHostPort(host, taken)
		err = s.run(ctx)
		if err == nil || port != "0" || try == tries || !errors.Is(err, errEnded) {
			return err
		}
	}
}

// run starts a child and waits until it answers to our user.
func (s *Server) run(ctx context.Context) error {
	c, err := s.launch()
	if err != nil {
		return err
	}
	if err := s.awaitReady(ctx, c); err != nil {
		c.end(stopGrace)
		return err
	}
	s.mu.Lock()
	s.child = c
	s.mu.Unlock()
	s.opts.Logger.Info("InfluxDB is ready", "url", s.URL(), "binary", s.binary.path, "pid", c.pid())
	return nil
}

// URL returns the base URL of its API.
func (s *Server) URL() string { return "http://" + s.listen }

// Token returns the token of its API, user:password.
func (s *Server) Token() string { return s.token }

// Org returns the organisation that its buckets belong to on InfluxDB 2.x.
func (s *Server) Org() string { return organisation }

// Generation returns the major version of what runs: 1 for 1.8, 2 for 2.x.
func (s *Server) Generation() int { return int(s.binary.gen) }

// PID returns the process id of the child that runs now, or ran last.
func (s *Server) PID() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.child.pid()
}

// Done is closed when the server has ended for good: after Close, or after the
// death of an unsupervised one.
func (s *Server) Done() <-chan struct{} { return s.done }

// Close stops the child in order, within 3 s, and waits for it. It may be
// called more than once.
func (s *Server) Close() error {
	s.once.Do(func() { close(s.stop) })
	<-s.done
	return nil
}

func (s *Server) client() (*influx.Client, error) {
	return influx.NewClient(influx.Options{URL: s.URL(), Token: s.token, Org: organisation, Timeout: 15 * time.Second})
}

// freeAddress returns addr, with a free port for port 0, if it can be listened on.
func freeAddress(addr string) (string, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return "", err
	}
	free := l.Addr().String()
	return free, l.Close()
}
