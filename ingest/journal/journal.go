package journal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// StreamName is the JetStream stream of the journal.
const StreamName = "RIONE_JOURNAL"

const subjectPrefix = "rione.journal."

// Options describe the journal.
type Options struct {
	Partitions   int           // default 1; fixed once the stream exists
	MaxBytes     int64         // where appends are refused; default 10 GiB
	ReplayWindow time.Duration // processed records stay at least this long; default 7 days
	Replicas     int           // default 1
	Logger       *slog.Logger
}

func (o Options) withDefaults() Options {
	o.Partitions = cmp.Or(o.Partitions, 1)
	o.MaxBytes = cmp.Or(o.MaxBytes, 10<<30)
	o.ReplayWindow = cmp.Or(o.ReplayWindow, 7*24*time.Hour)
	o.Replicas = cmp.Or(o.Replicas, 1)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Errors of Append.
var (
	// ErrFull is returned while the journal is at its size limit. What is in it
	// stays; doors wait.
	ErrFull = errors.New("journal is full: raise RIONE_JOURNAL_MAX_BYTES, shorten RIONE_JOURNAL_REPLAY_WINDOW, or let the store catch up")
)

// Journal is the stream of records. It is safe for concurrent use.
type Journal struct {
	js          jetstream.JetStream
	stream      jetstream.Stream
	checkpoints jetstream.KeyValue
	opt         Options
}

// Open creates the stream if it is not there. An existing stream is left as it
// is, since changing its configuration in routine puts it at risk; a limit that
// differs is logged.
func Open(ctx context.Context, js jetstream.JetStream, o Options) (*Journal, error) {
	o = o.withDefaults()
	stream, err := js.Stream(ctx, StreamName)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		stream, err = js.CreateStream(ctx, jetstream.StreamConfig{
			Name: StreamName, Description: "raw messages as the doors took them", Subjects: []string{subjectPrefix + "*"},
			Storage: jetstream.FileStorage, Discard: jetstream.DiscardNew, MaxBytes: o.MaxBytes, Replicas: o.Replicas,
			Duplicates: 10 * time.Minute, AllowDirect: true,
		})
	}
	if err != nil {
		return nil, fmt.Errorf("journal stream: %w", err)
	}
	j := &Journal{js: js, stream: stream, opt: o}
	if j.checkpoints, err = openCheckpoints(ctx, js, o.Replicas); err != nil {
		return nil, err
	}
	return j, j.applyLimit(ctx)
}

// applyLimit updates the size limit when the operator changed it.
func (j *Journal) applyLimit(ctx context.Context) error {
	c := j.stream.CachedInfo().Config
	if c.MaxBytes == j.opt.MaxBytes {
		return nil
	}
	j.opt.Logger.Info("journal limit changes", "from_bytes", c.MaxBytes, "to_bytes", j.opt.MaxBytes)
	c.MaxBytes = j.opt.MaxBytes
	stream, err := j.js.UpdateStream(ctx, c)
	if err != nil {
		return fmt.Errorf("journal limit: %w", err)
	}
	j.stream = stream
	return nil
}

// Over returns the same journal through another connection, so that a reader
// does not wait behind a writer.
func (j *Journal) Over(ctx context.Context, js jetstream.JetStream) (*Journal, error) {
	stream, err := js.Stream(ctx, StreamName)
	if err != nil {
		return nil, fmt.Errorf("journal stream: %w", err)
	}
	checkpoints, err := openCheckpoints(ctx, js, j.opt.Replicas)
	if err != nil {
		return nil, err
	}
	return &Journal{js: js, stream: stream, checkpoints: checkpoints, opt: j.opt}, nil
}

// Partitions returns the number of partitions.
func (j *Journal) Partitions() int { return j.opt.Partitions }

// Append writes one record and returns when it is durable. id makes a repeated
// Append of the same record harmless for ten minutes. It returns ErrFull at the
// size limit; any other error leaves open whether the record was written.
func (j *Journal) Append(ctx context.Context, partition int, record []byte, id string) error {
	msg := &nats.Msg{Subject: subject(partition), Data: record}
	_, err := j.js.PublishMsg(ctx, msg, jetstream.WithMsgID(id), jetstream.WithRetryAttempts(0))
	if isFull(err) {
		return ErrFull
	}
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

func subject(partition int) string { return subjectPrefix + strconv.Itoa(partition) }

// Status is how full the journal is and how far processing got.
type Status struct {
	Records  uint64
	Bytes    uint64
	MaxBytes int64
	FirstSeq uint64
	LastSeq  uint64
	Pending  uint64 // records that are not yet processed; an upper bound with several partitions
}

// Status asks the engine.
func (j *Journal) Status(ctx context.Context) (Status, error) {
	info, err := j.stream.Info(ctx)
	if err != nil {
		return Status{}, fmt.Errorf("journal: %w", err)
	}
	s := Status{
		Records: info.State.Msgs, Bytes: info.State.Bytes, MaxBytes: info.Config.MaxBytes,
		FirstSeq: info.State.FirstSeq, LastSeq: info.State.LastSeq,
	}
	for p := range j.opt.Partitions {
		pending, err := j.pending(ctx, p)
		if err != nil {
			return s, err
		}
		s.Pending += pending
	}
	return s, nil
}

// pending returns how many records of a partition are not yet processed; with
// several partitions, at most how many.
func (j *Journal) pending(ctx context.Context, partition int) (uint64, error) {
	last, err := j.stream.GetLastMsgForSubject(ctx, subject(partition))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("journal: %w", err)
	}
	c, err := j.checkpoint(ctx, partition)
	if err != nil || c.seq >= last.Sequence {
		return 0, err
	}
	return last.Sequence - c.seq, nil
}
