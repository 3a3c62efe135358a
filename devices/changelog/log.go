// Package changelog keeps the registry of devices in NATS JetStream: a stream
// of change sets, folded into a snapshot in memory. See DESIGN.md.
package changelog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"rione/devices"
)

// The stream of change sets. It is never trimmed: it is also the history of
// every device.
const (
	logStream  = "RIONE_REGISTRY"
	logSubject = "rione.registry.set"
)

const defaultPartSize = 512 << 10

// Options of a Log.
type Options struct {
	Logger   *slog.Logger          // nil discards
	Metrics  prometheus.Registerer // nil none
	Replicas int                   // of streams that are yet to be created, 0 means 1
	PartSize int                   // bytes a message may have, 0 means 512 KiB; at most what the server takes

	CheckpointBytes int // stored change sets between two checkpoints, 0 means 4 MiB
}

// Validate returns an error that names what is wrong with o.
func (o *Options) Validate() error {
	if o.Replicas < 0 || o.Replicas > 5 {
		return fmt.Errorf("replicas must be between 1 and 5, not %d", o.Replicas)
	}
	if o.PartSize != 0 && o.PartSize < 2*partHeader {
		return fmt.Errorf("part size must be at least %d bytes, not %d", 2*partHeader, o.PartSize)
	}
	if o.CheckpointBytes < 0 {
		return fmt.Errorf("checkpoint bytes must not be negative, as %d is", o.CheckpointBytes)
	}
	return nil
}

// ErrClosed is returned by the methods of a Log that was closed.
var ErrClosed = errors.New("registry is closed")

// Log is the registry's store. Its snapshot follows the stream, so changes of
// other processes arrive too. It is safe for any number of callers.
type Log struct {
	js       jetstream.JetStream
	stream   jetstream.Stream
	areas    jetstream.ObjectStore
	partSize int
	due      *checkpointer
	logger   *slog.Logger
	metrics  *metrics

	current  atomic.Pointer[devices.Snapshot]
	applying chan struct{} // holds a value while a set is being applied

	mu       sync.Mutex
	seen     uint64        // sequence of the last message folded
	err      error         // why the log no longer follows the stream, nil while it does
	advanced chan struct{} // closed and replaced whenever seen or err changes
	watchers map[chan *devices.Snapshot]struct{}

	life   context.Context // ends with Close
	cancel context.CancelFunc
	work   sync.WaitGroup
}

// Open returns the registry that js keeps, as new as the stream was when Open
// was called, and follows it until Close. It creates what is missing.
func Open(ctx context.Context, js jetstream.JetStream, o Options) (*Log, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	l := newLog(js, o)
	l.life, l.cancel = context.WithCancel(context.WithoutCancel(ctx))
	if err := l.start(ctx, max(1, o.Replicas)); err != nil {
		return nil, errors.Join(fmt.Errorf("open the registry: %w", err), l.Close())
	}
	return l, nil
}

func newLog(js jetstream.JetStream, o Options) *Log {
	l := &Log{
		js:       js,
		partSize: defaultPartSize,
		due: &checkpointer{
			every: cmp.Or(o.CheckpointBytes, defaultCheckpointBytes),
			next:  make(chan *devices.Snapshot, 1),
		},
		logger:   o.Logger,
		metrics:  newMetrics(o.Metrics),
		applying: make(chan struct{}, 1),
		advanced: make(chan struct{}),
		watchers: make(map[chan *devices.Snapshot]struct{}),
	}
	if l.logger == nil {
		l.logger = slog.New(slog.DiscardHandler)
	}
	const headers = 1024 // room for the headers that JetStream adds
	if most := int(js.Conn().MaxPayload()) - headers; most > 0 {
		l.partSize = min(l.partSize, most)
	}
	if o.PartSize > 0 {
		l.partSize = min(l.partSize, o.PartSize)
	}
	l.current.Store(&devices.Snapshot{})
	return l
}

// start opens the streams, and folds them up to their end.
func (l *Log) start(ctx context.Context, replicas int) (err error) {
	if l.stream, err = openStream(ctx, l.js, logConfig(replicas)); err != nil {
		return err
	}
	if l.areas, err = openAreas(ctx, l.js, replicas); err != nil {
		return err
	}
	from, err := l.loadCheckpoint(ctx, replicas)
	if err != nil {
		return err
	}
	info, err := l.stream.Info(ctx)
	if err != nil {
		return fmt.Errorf("look at stream %s: %w", logStream, err)
	}
	if from.Revision > info.State.LastSeq {
		return fmt.Errorf("the checkpoint is of revision %d, but stream %s ends at %d: restore both from one backup, or delete stream %s",
			from.Revision, logStream, info.State.LastSeq, checkpointStream)
	}
	l.advance(from, from.Revision)
	l.work.Go(func() { l.follow(from) })
	l.work.Go(l.writeCheckpoints)
	return l.wait(ctx, info.State.LastSeq)
}

func logConfig(replicas int) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:        logStream,
		Description: "every change of the registry of devices, for ever",
		Subjects:    []string{logSubject},
		Storage:     jetstream.FileStorage,
		Replicas:    replicas,
		DenyDelete:  true,
		DenyPurge:   true,
	}
}

// loadCheckpoint returns the newest checkpoint. A damaged one costs only time.
func (l *Log) loadCheckpoint(ctx context.Context, replicas int) (*devices.Snapshot, error) {
	stream, err := openStream(ctx, l.js, checkpointConfig(replicas))
	if err != nil {
		return nil, err
	}
	s, err := readCheckpoint(ctx, l.js, stream)
	if err != nil && (fatal(err) || ctx.Err() != nil) {
		return nil, err
	}
	if err != nil {
		l.logger.Warn("checkpoint of the registry cannot be read; folding the change log from its beginning", "error", err)
		return &devices.Snapshot{}, nil
	}
	return s, nil
}

// Snapshot returns the registry as it is now. It never blocks.
func (l *Log) Snapshot() *devices.Snapshot { return l.current.Load() }

// Close ends the watch of the stream and waits for what runs. It is idempotent.
func (l *Log) Close() error {
	l.cancel()
	l.work.Wait()
	l.fail(ErrClosed)
	return nil
}
