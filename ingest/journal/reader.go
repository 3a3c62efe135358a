package journal

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Entry is one record as it stands in the journal.
type Entry struct {
	Seq  uint64    // sequence in the stream
	Time time.Time // when the journal took it, UTC
	Data []byte

	msg jetstream.Msg
}

// Reader reads a partition in order, from the first record that is not
// acknowledged. One Reader a partition is active at a time.
type Reader struct {
	partition int
	journal   *Journal
	messages  jetstream.MessagesContext
	floor     uint64 // sequence that was acknowledged last when the reader opened
	last      uint64
}

// pullBytes bounds what the engine sends ahead: well below the limit at which
// it would drop the connection.
const pullBytes = 8 << 20

// Reader opens the reader of a partition.
func (j *Journal) Reader(ctx context.Context, partition int) (*Reader, error) {
	consumer, err := j.stream.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
		Durable: consumerName(partition), FilterSubject: subject(partition), AckPolicy: jetstream.AckAllPolicy,
		AckWait: time.Minute, MaxAckPending: -1, MaxDeliver: -1,
	})
	if err != nil {
		return nil, fmt.Errorf("journal reader: %w", err)
	}
	messages, err := consumer.Messages(jetstream.PullMaxBytes(pullBytes))
	if err != nil {
		return nil, fmt.Errorf("journal reader: %w", err)
	}
	return &Reader{partition: partition, journal: j, messages: messages, floor: consumer.CachedInfo().AckFloor.Stream}, nil
}

func consumerName(partition int) string { return "process-" + strconv.Itoa(partition) }

// Next returns the following record. Records that come again, because their
// page was not acknowledged in time, are passed over: this reader has given
// them out already. It returns ctx's error when ctx ends.
func (r *Reader) Next(ctx context.Context) (Entry, error) {
	for {
		msg, err := r.messages.Next(jetstream.NextContext(ctx))
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return Entry{}, ctx.Err()
		case errors.Is(err, jetstream.ErrNoHeartbeat):
			continue // the engine was busy; the pull goes on
		default:
			return Entry{}, fmt.Errorf("journal reader: %w", err)
		}
		meta, err := msg.Metadata()
		if err != nil {
			return Entry{}, fmt.Errorf("journal reader: %w", err)
		}
		seq := meta.Sequence.Stream
		if seq <= r.last {
			continue
		}
		if r.last > 0 && seq != r.last+1 && r.journal.opt.Partitions == 1 {
			r.journal.opt.Logger.Error("journal has a gap: records are missing from the disk", "after", r.last, "next", seq)
		}
		r.last = seq
		return Entry{Seq: seq, Time: meta.Timestamp.UTC(), Data: msg.Data(), msg: msg}, nil
	}
}

// Previous returns the record before the first one that Next will give, as far
// as it is still there.
func (r *Reader) Previous(ctx context.Context) (data []byte, ok bool, err error) {
	msg, err := r.journal.stream.GetMsg(ctx, r.floor)
	if r.floor == 0 || errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("journal reader: %w", err)
	}
	return msg.Data, true, nil
}

// Ack confirms e and every record of the partition before it. A second time
// does no harm.
func (r *Reader) Ack(e Entry) error {
	if err := e.msg.Ack(); err != nil && !errors.Is(err, jetstream.ErrMsgAlreadyAckd) {
		return fmt.Errorf("journal reader: %w", err)
	}
	return nil
}

// Close stops the reader. What it gave out and was not acknowledged comes again
// to the next one.
func (r *Reader) Close() { r.messages.Stop() }
