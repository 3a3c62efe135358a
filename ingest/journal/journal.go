package journal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
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
	Metrics      prometheus.Registerer
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

// ErrFull is returned by Append while the journal is at its size limit, or the
// store as a whole. What is in it stays; doors wait.
var ErrFull = errors.New("journal is full: raise RIONE_JOURNAL_MAX_BYTES, shorten RIONE_JOURNAL_REPLAY_WINDOW, or let the store catch up")

// ErrGone is returned by Record for a record that is not, or no longer, there.
var ErrGone = errors.New("the record is no longer in the journal")

// Journal is the stream of records. It is safe for concurrent use.
type Journal struct {
	js          jetstream.JetStream
	stream      jetstream.Stream
	checkpoints jetstream.KeyValue
	opt         Options
	missing     prometheus.Counter // records that a reader found gone
}

// partitionsKey is the stream's own note of how many partitions it has.
const partitionsKey = "rione_partitions"

// leastPayload is the smallest limit on messages of an external NATS under which
// every record fits.
const leastPayload = 2 << 20

// Open creates the stream if it is not there. An existing stream is left as it
// is, since changing its configuration in routine puts it at risk; only a size
// limit that differs is applied.
func Open(ctx context.Context, js jetstream.JetStream, o Options) (*Journal, error) {
	o = o.withDefaults()
	if most := js.Conn().MaxPayload(); most < leastPayload {
		return nil, fmt.Errorf("NATS takes messages of %d bytes and the journal needs %d; set max_payload in its configuration", most, leastPayload)
	}
	j := &Journal{js: js, opt: o, missing: prometheus.NewCounter(prometheus.CounterOpts{
		Namespace: "rione", Subsystem: "journal", Name: "missing_records_total", Help: "Records that were in the journal and are gone: damage to the disk.",
	})}
	err := j.openStream(ctx)
	if err != nil {
		return nil, err
	}
	if j.checkpoints, err = openCheckpoints(ctx, js, o.Replicas); err != nil {
		return nil, err
	}
	if err := j.mendCheckpoints(ctx); err != nil {
		return nil, err
	}
	if o.Metrics != nil {
		o.Metrics.MustRegister(j.missing)
	}
	return j, nil
}

func (j *Journal) openStream(ctx context.Context) error {
	stream, err := j.js.Stream(ctx, StreamName)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		stream, err = j.js.CreateStream(ctx, jetstream.StreamConfig{
			Name: StreamName, Description: "raw messages as the doors took them", Subjects: []string{subjectPrefix + "*"},
			Storage: jetstream.FileStorage, Discard: jetstream.DiscardNew, MaxBytes: j.opt.MaxBytes, Replicas: j.opt.Replicas,
			Duplicates: 10 * time.Minute, AllowDirect: true, Metadata: map[string]string{partitionsKey: strconv.Itoa(j.opt.Partitions)},
		})
	}
	if isFull(err) {
		return fmt.Errorf("journal stream: a journal of %d bytes has no room on this disk; lower RIONE_JOURNAL_MAX_BYTES: %w", j.opt.MaxBytes, err)
	}
	if err != nil {
		return fmt.Errorf("journal stream: %w", err)
	}
	j.stream = stream
	// With another number a device would go on in another partition, and those
	// that are no more would never be processed.
	c := stream.CachedInfo().Config
	if has := cmp.Or(c.Metadata[partitionsKey], "1"); has != strconv.Itoa(j.opt.Partitions) {
		return fmt.Errorf("the journal has %s partitions and cannot change to %d; start with %s, or over an empty journal", has, j.opt.Partitions, has)
	}
	return j.applyLimit(ctx, c)
}

// applyLimit updates the size limit when the operator changed it.
func (j *Journal) applyLimit(ctx context.Context, c jetstream.StreamConfig) error {
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
	return &Journal{js: js, stream: stream, checkpoints: checkpoints, opt: j.opt, missing: j.missing}, nil
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
		return fmt.Errorf("%w (%w)", ErrFull, err)
	}
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

// Record returns one record again.
func (j *Journal) Record(ctx context.Context, seq uint64) (Entry, error) {
	msg, err := j.stream.GetMsg(ctx, seq)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return Entry{}, fmt.Errorf("record %d: %w", seq, ErrGone)
	}
	if err != nil {
		return Entry{}, fmt.Errorf("journal: %w", err)
	}
	return Entry{Seq: seq, Time: msg.Time.UTC(), Data: msg.Data}, nil
}

// isFull tells whether err says that a limit of the stream or of the store is
// reached.
func isFull(err error) bool {
	var api *jetstream.APIError
	if !errors.As(err, &api) {
		return false
	}
	switch server.ErrorIdentifier(api.ErrorCode) {
	case server.JSStreamStoreFailedF, server.JSStorageResourcesExceededErr, server.JSInsufficientResourcesErr, server.JSAccountResourcesExceededErr:
		return true
	}
	return false
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
