// Package journal is the durable log between the doors and the processor: NATS
// JetStream, embedded in the process or an external cluster, reached by the
// same API. Its records hold many raw messages each.
package journal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// maxPayload is the largest NATS message of the embedded engine: a full record
// and room to spare.
const maxPayload = 8 << 20

// EngineOptions describe the embedded engine.
type EngineOptions struct {
	Dir      string // where it keeps its files
	NoSync   bool   // do not sync before an append is confirmed: faster, and a power cut loses the newest
	MaxStore int64  // bytes that all streams together may take; 0: three quarters of what is free at start
	Logger   *slog.Logger
}

// Engine is a NATS server inside the process, without a port. It is started
// again, in the process, when its store has failed and there is room on the
// disk again: a store that met a full disk does not recover by itself.
type Engine struct {
	opt     EngineOptions
	current atomic.Pointer[server.Server]
	stop    chan struct{}
	once    sync.Once
	done    sync.WaitGroup
}

// StartEngine starts the engine and waits until it is ready, which includes
// the recovery of its streams.
func StartEngine(ctx context.Context, o EngineOptions) (*Engine, error) {
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("journal folder: %w", err)
	}
	if o.MaxStore == 0 {
		o.MaxStore = freeBytes(o.Dir) / 4 * 3
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	e := &Engine{opt: o, stop: make(chan struct{})}
	if err := e.start(ctx); err != nil {
		return nil, err
	}
	e.done.Go(e.supervise)
	return e, nil
}

func (e *Engine) start(ctx context.Context) error {
	o := &e.opt
	srv, err := server.NewServer(&server.Options{
		ServerName: "rione", DontListen: true, NoSigs: true,
		JetStream: true, StoreDir: o.Dir, SyncAlways: !o.NoSync, JetStreamMaxStore: o.MaxStore, JetStreamMaxMemory: 64 << 20,
		MaxPayload:      maxPayload,
		JetStreamLimits: server.JSLimitOpts{MaxBatchSize: 100_000},
	})
	if err != nil {
		return fmt.Errorf("journal engine: %w", err)
	}
	srv.SetLoggerV2(engineLogger{o.Logger}, false, false, false)
	srv.Start()
	for !srv.ReadyForConnections(100 * time.Millisecond) {
		if ctx.Err() != nil || !srv.Running() {
			srv.Shutdown()
			return fmt.Errorf("journal engine did not start in %s; its log says why", o.Dir)
		}
	}
	if !srv.JetStreamEnabled() {
		srv.Shutdown()
		return fmt.Errorf("journal engine cannot use %s; check that the folder is writable and not full", o.Dir)
	}
	e.current.Store(srv)
	return nil
}

// Connect returns a connection of its own to the engine. Publishers and
// consumers each take one, so that neither waits in the other's buffer. It
// outlives a restart of the engine.
func (e *Engine) Connect(name string) (*nats.Conn, error) {
	return nats.Connect("", nats.InProcessServer(e), nats.Name(name), nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond))
}

// InProcessConn implements nats.InProcessConnProvider by the server of now.
func (e *Engine) InProcessConn() (net.Conn, error) { return e.current.Load().InProcessConn() }

// Healthy returns nil when the engine serves its streams.
func (e *Engine) Healthy() error {
	if h := e.current.Load().Healthz(nil); h.StatusCode != 200 {
		return fmt.Errorf("journal engine: %s", h.Error)
	}
	return nil
}

// Close stops the engine after its files are in order. It is idempotent.
func (e *Engine) Close() {
	e.once.Do(func() { close(e.stop) })
	e.done.Wait()
	e.shutdown()
}

func (e *Engine) shutdown() {
	srv := e.current.Load()
	srv.Shutdown()
	srv.WaitForShutdown()
}

// Dial connects to an external NATS.
func Dial(url, name string) (*nats.Conn, error) {
	nc, err := nats.Connect(url, nats.Name(name), nats.MaxReconnects(-1), nats.RetryOnFailedConnect(false), nats.Timeout(5*time.Second))
	if err != nil {
		return nil, fmt.Errorf("NATS at %s: %w; check RIONE_NATS_URL", redact(url), err)
	}
	return nc, nil
}

// redact leaves out the user part of a URL.
func redact(url string) string {
	if i := lastAt(url); i >= 0 {
		return "…" + url[i:]
	}
	return url
}

func lastAt(s string) int {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] == '@' {
			return i
		}
	}
	return -1
}

func freeBytes(dir string) int64 {
	var st syscall.Statfs_t
	if syscall.Statfs(filepath.Clean(dir), &st) != nil {
		return 10 << 30
	}
	return int64(st.Bavail) * int64(st.Bsize)
}

// engineLogger passes the engine's warnings and errors on; its notices are of
// no use to an operator.
type engineLogger struct{ log *slog.Logger }

func (l engineLogger) Noticef(string, ...any) {}
func (l engineLogger) Debugf(string, ...any)  {}
func (l engineLogger) Tracef(string, ...any)  {}
func (l engineLogger) Warnf(format string, args ...any) {
	l.log.Warn(fmt.Sprintf(format, args...), "of", "nats")
}
func (l engineLogger) Errorf(format string, args ...any) {
	l.log.Error(fmt.Sprintf(format, args...), "of", "nats")
}
func (l engineLogger) Fatalf(format string, args ...any) {
	l.log.Error(fmt.Sprintf(format, args...), "of", "nats")
}

// isFull tells whether err says that a limit of the stream or of the store is
// reached.
func isFull(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && (api.ErrorCode == 10077 || api.ErrorCode == 10047 || api.ErrorCode == 10023)
}
