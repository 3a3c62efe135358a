// Package influxtest starts a real InfluxDB for tests: the influxd that
// RIONE_TEST_INFLUXD names, else the one that rione itself would run.
package influxtest

import (
	"context"
	"io"
	"os"
	"syscall"
	"testing"
	"time"

	"rione/ingest/influx"
	"rione/ingest/influx/local"
)

// Server is an InfluxDB of its own, with an empty data folder, that ends with
// the test.
type Server struct {
	URL   string // base URL; stays the same over Restart
	Token string // of its administrator
	Org   string // organisation, for 2.x

	Generation int // 1 for InfluxDB 1.8, 2 for 2.x

	tb   testing.TB
	opts local.Options
	now  *local.Server
}

// Start starts a server. Settings of influxd may be given as KEY=value.
func Start(tb testing.TB, settings ...string) *Server {
	tb.Helper()
	s := &Server{tb: tb, opts: local.Options{
		Dir:          tb.TempDir(),
		Listen:       "127.0.0.1:0",
		Binary:       os.Getenv("RIONE_TEST_INFLUXD"),
		Settings:     settings,
		Unsupervised: true,
		Progress:     tbWriter{tb},
	}}
	s.Restart()
	tb.Cleanup(s.Stop)
	return s
}

// Client returns a client that is closed when the test ends.
func (s *Server) Client() *influx.Client {
	s.tb.Helper()
	c, err := influx.NewClient(influx.Options{URL: s.URL, Token: s.Token, Org: s.Org})
	if err != nil {
		s.tb.Fatal(err)
	}
	s.tb.Cleanup(c.Close)
	return c
}

// Buckets creates buckets that keep everything.
func (s *Server) Buckets(names ...string) {
	s.tb.Helper()
	for _, name := range names {
		if err := s.Client().EnsureBuckets(context.Background(), []influx.Bucket{{Name: name}}); err != nil {
			s.tb.Fatal(err)
		}
	}
}

// Kill ends the server as a crash would, with SIGKILL.
func (s *Server) Kill() {
	s.tb.Helper()
	if err := syscall.Kill(s.now.PID(), syscall.SIGKILL); err != nil {
		s.tb.Fatalf("kill InfluxDB: %v", err)
	}
	<-s.now.Done()
}

// Stop ends the server in order. It may be stopped already.
func (s *Server) Stop() {
	s.tb.Helper()
	if err := s.now.Close(); err != nil {
		s.tb.Error(err)
	}
}

// Restart starts the server again, after Kill or Stop, on the same address and
// data.
func (s *Server) Restart() {
	s.tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute) // it may have to be built
	defer cancel()
	now, err := local.Start(ctx, s.opts)
	if err != nil {
		s.tb.Fatalf("start InfluxDB: %v", err)
	}
	s.now, s.URL, s.Token, s.Org, s.Generation = now, now.URL(), now.Token(), now.Org(), now.Generation()
	s.opts.Listen = now.URL()[len("http://"):]
}

type tbWriter struct{ tb testing.TB }

var _ io.Writer = tbWriter{}

func (w tbWriter) Write(b []byte) (int, error) {
	w.tb.Logf("%s", b)
	return len(b), nil
}
