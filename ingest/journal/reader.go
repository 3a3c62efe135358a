package journal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Entry is one record as it stands in the journal.
type Entry struct {
	Seq  uint64    // sequence in the stream
	Time time.Time // when the journal took it, UTC
	Data []byte
}

// Reader reads a partition in order, from the record after the last committed
// one. It does not lean on redelivery, whose order after a crash is not that of
// the stream: where it goes on is its own checkpoint.
type Reader struct {
	partition int
	journal   *Journal
	messages  jetstream.MessagesContext
	at        checkpoint
	last      uint64 // given out
}

// pullBytes bounds what the engine sends ahead: well below the limit at which
// it would drop the connection.
const pullBytes = 8 << 20

// Reader opens the reader of a partition.
func (j *Journal) Reader(ctx context.Context, partition int) (*Reader, error) {
	at, err := j.checkpoint(ctx, partition)
	if err != nil {
		return nil, err
	}
	_, messages, err := j.messages(ctx, partition, at.seq+1)
	if err != nil {
		return nil, err
	}
	return &Reader{partition: partition, journal: j, messages: messages, at: at, last: at.seq}, nil
}

// messages delivers a partition's records from a sequence on, in order.
func (j *Journal) messages(ctx context.Context, partition int, from uint64) (jetstream.Consumer, jetstream.MessagesContext, error) {
	consumer, err := j.stream.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{
		FilterSubjects: []string{subject(partition)}, DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: from,
	})
	if err != nil {
		return nil, nil, fmt.Errorf("journal reader: %w", err)
	}
	messages, err := consumer.Messages(jetstream.PullMaxBytes(pullBytes))
	if err != nil {
		return nil, nil, fmt.Errorf("journal reader: %w", err)
	}
	return consumer, messages, nil
}

// State returns what the last Commit kept, nil before the first.
func (r *Reader) State() []byte { return r.at.state }

// Next returns the following record. It returns ctx's error when ctx ends.
func (r *Reader) Next(ctx context.Context) (Entry, error) {
	for {
		msg, err := r.messages.Next(jetstream.NextContext(ctx))
		switch {
		case err == nil:
			return r.entry(msg)
		case ctx.Err() != nil:
			return Entry{}, ctx.Err()
		case !errors.Is(err, jetstream.ErrNoHeartbeat): // else the engine was busy, and the pull goes on
			return Entry{}, fmt.Errorf("journal reader: %w", err)
		}
	}
}

func (r *Reader) entry(msg jetstream.Msg) (Entry, error) {
	meta, err := msg.Metadata()
	if err != nil {
		return Entry{}, fmt.Errorf("journal reader: %w", err)
	}
	seq := meta.Sequence.Stream
	// With several partitions the sequence of one has gaps by itself; there the
	// ledger shows what is missing, by the ordinals in the records' headers.
	if seq > r.last+1 && r.last > 0 && r.journal.opt.Partitions == 1 {
		r.journal.opt.Logger.Error("journal has a gap: records are missing from the disk", "after", r.last, "next", seq)
		r.journal.missing.Add(float64(seq - r.last - 1))
	}
	r.last = seq
	return Entry{Seq: seq, Time: meta.Timestamp.UTC(), Data: msg.Data()}, nil
}

// Commit makes it durable that everything up to and with seq is processed, and
// keeps the processor's state at that point. It returns ErrOvertaken when
// another reader committed in between.
func (r *Reader) Commit(ctx context.Context, seq uint64, state []byte) error {
	if seq <= r.at.seq {
		return nil
	}
	at, err := r.journal.save(ctx, r.partition, checkpoint{seq: seq, state: state, revision: r.at.revision})
	if err != nil {
		return err
	}
	r.at = at
	return nil
}

// Close stops the reader. What was not committed comes again to the next one.
func (r *Reader) Close() { r.messages.Stop() }
