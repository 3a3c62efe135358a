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
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
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
	cancel  context.CancelFunc // ends the supervisor
	done    sync.WaitGroup
}

var _ nats.InProcessConnProvider = (*Engine)(nil)

// StartEngine starts the engine and waits until it is ready, which includes
// the recovery of its streams.
func StartEngine(ctx context.Context, o EngineOptions) (*Engine, error) {
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("journal folder: %w", err)
	}
	if o.MaxStore == 0 {
		// What the engine holds already is its own: without it the limit would
		// sink below those of the streams at a restart with a full journal.
		o.MaxStore = (freeBytes(o.Dir) + usedBytes(o.Dir)) / 4 * 3
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	e := &Engine{opt: o}
	if err := e.start(ctx); err != nil {
		return nil, err
	}
	life, cancel := context.WithCancel(context.WithoutCancel(ctx))
	e.cancel = cancel
	e.done.Go(func() { e.supervise(life) })
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
	failed := make(chan string, 1)
	srv.SetLoggerV2(engineLogger{o.Logger, failed}, false, false, false)
	srv.Start()
	if err := awaitReady(ctx, srv, failed); err != nil {
		srv.Shutdown()
		return fmt.Errorf("journal engine cannot use %s: %w; check that the folder is writable and not full", o.Dir, err)
	}
	e.current.Store(srv)
	return nil
}

func awaitReady(ctx context.Context, srv *server.Server, failed <-chan string) error {
	for {
		ready := srv.ReadyForConnections(100 * time.Millisecond)
		select {
		case why := <-failed:
			return errors.New(why)
		case <-ctx.Done():
			return ctx.Err()
		default:
		}
		if ready {
			return nil
		}
	}
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
	e.cancel()
	e.done.Wait()
	e.shutdown()
}

func (e *Engine) shutdown() {
	srv := e.current.Load()
	srv.Shutdown()
	srv.WaitForShutdown()
}

// engineLogger passes the engine's warnings and errors on; its notices are of
// no use to an operator. What the engine calls fatal ends its start.
type engineLogger struct {
	log    *slog.Logger
	failed chan<- string
}

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
	select {
	case l.failed <- fmt.Sprintf(format, args...):
	default:
		l.Errorf(format, args...)
	}
}
