package journal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// History reads a partition's records again, apart from its processor: it
// commits nothing.
type History struct {
	reader   Reader
	consumer jetstream.Consumer
}

// History opens the history of a partition from a sequence on. What the janitor
// has removed by then is not in it.
func (j *Journal) History(ctx context.Context, partition int, from uint64) (*History, error) {
	consumer, messages, err := j.messages(ctx, partition, from)
	if err != nil {
		return nil, err
	}
	return &History{Reader{partition: partition, journal: j, messages: messages}, consumer}, nil
}

// Next returns the following record, and waits for one at the journal's end. It
// returns ctx's error when ctx ends.
func (h *History) Next(ctx context.Context) (Entry, error) { return h.reader.Next(ctx) }

// Close stops reading, and lets the engine forget about it: it would otherwise
// keep the reader in mind for minutes, and there is a limit on them.
func (h *History) Close() {
	h.reader.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = h.reader.journal.stream.DeleteConsumer(ctx, h.consumer.CachedInfo().Name) // else it is forgotten later
}

// Extent is what of a partition is in the journal.
type Extent struct {
	First     Entry  // the oldest record; its sequence is 0 when there is none
	Last      uint64 // sequence of the newest record
	Processed uint64 // up to which the processor has committed
	State     []byte // of the processor at that point
}

// Extent looks at a partition.
func (j *Journal) Extent(ctx context.Context, partition int) (Extent, error) {
	last, err := j.stream.GetLastMsgForSubject(ctx, subject(partition))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return Extent{}, nil
	}
	if err != nil {
		return Extent{}, fmt.Errorf("journal: %w", err)
	}
	first, err := j.stream.GetMsg(ctx, 1, jetstream.WithGetMsgSubject(subject(partition)))
	if err != nil {
		return Extent{}, fmt.Errorf("journal: %w", err)
	}
	c, err := j.checkpoint(ctx, partition)
	if err != nil {
		return Extent{}, err
	}
	return Extent{
		First: Entry{Seq: first.Sequence, Time: first.Time.UTC(), Data: first.Data},
		Last:  last.Sequence, Processed: c.seq, State: c.state,
	}, nil
}

// SequenceAt returns the sequence of the first record that the journal took at t
// or later, one beyond the last when there is none.
func (j *Journal) SequenceAt(ctx context.Context, t time.Time) (uint64, error) {
	info, err := j.stream.Info(ctx)
	if err != nil {
		return 0, fmt.Errorf("journal: %w", err)
	}
	return j.firstSince(ctx, info.State, t)
}
