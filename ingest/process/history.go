package process

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rione/ingest"
	"rione/ingest/journal"
	"rione/ingest/record"
)

// History is the journal as those read it who look at it again. A
// journal.Journal is one.
type History interface {
	Partitions() int
	Extent(ctx context.Context, partition int) (journal.Extent, error)
	History(ctx context.Context, partition int, from uint64) (*journal.History, error)
	SequenceAt(ctx context.Context, t time.Time) (uint64, error)
}

var _ History = (*journal.Journal)(nil)

// ErrTooOld is returned for a time before the journal begins.
var ErrTooOld = errors.New("the journal does not reach back so far")

// Begins returns when the oldest message in the journal was received, zero when
// there is none, and whether the journal still has its first record.
func Begins(ctx context.Context, h History) (at time.Time, whole bool, err error) {
	for partition := range h.Partitions() {
		x, err := h.Extent(ctx, partition)
		if err != nil {
			return time.Time{}, false, err
		}
		whole = whole || x.First.Seq == 1
		if t := beginning(x.First); !t.IsZero() && (at.IsZero() || t.Before(at)) {
			at = t
		}
	}
	return at, whole, nil
}

// beginning returns when the first message of a record was received, or when
// the journal took a record that holds none.
func beginning(e journal.Entry) time.Time {
	var r record.Record
	var m ingest.Message
	if e.Seq == 0 || r.Open(e.Data) != nil || !r.Next(&m) {
		return e.Time
	}
	return m.Received
}

// reaches refuses a time before the journal begins. The points of a time may
// have been received that much before it, as margin says; where only messages
// count it is 0, and a journal that is whole reaches back to every time, since
// nothing came before it.
func reaches(ctx context.Context, h History, since time.Time, margin time.Duration) error {
	begins, whole, err := Begins(ctx, h)
	if err != nil {
		return err
	}
	if begins.IsZero() {
		return fmt.Errorf("%w: it is empty", ErrTooOld)
	}
	if whole && margin == 0 {
		return nil
	}
	if !whole {
		begins = begins.Add(margin)
	}
	if since.Before(begins) {
		return fmt.Errorf("%w: the earliest time is %s; say that one or a later one, or restore a backup that has the messages before",
			ErrTooOld, begins.UTC().Format(time.RFC3339Nano))
	}
	return nil
}

// walker takes records of one partition through a pipeline of its own.
type walker struct {
	pipeline *pipeline
	work     *work
	records  *journal.History
	position uint64 // of the record taken last
}

// newWalker returns a walker over the records from a sequence on. state is that
// of a pipeline just before; nil begins without memory.
func newWalker(ctx context.Context, o Options, h History, partition int, from uint64, l *look) (*walker, error) {
	records, err := h.History(ctx, partition, from)
	if err != nil {
		return nil, err
	}
	w := &walker{pipeline: newPipeline(o), work: newWork(), records: records, position: from - 1}
	w.pipeline.look = l
	return w, nil
}

func (w *walker) close() { w.records.Close() }

// next takes the following record, and waits for one at the journal's end. One
// that cannot be read is passed over, as the processor does.
func (w *walker) next(ctx context.Context) error {
	e, err := w.records.Next(ctx)
	if err != nil {
		return err
	}
	w.position = e.Seq
	if l := w.pipeline.look; l != nil {
		l.journaled = e.Time
	}
	if err := w.pipeline.record.Open(e.Data); errors.Is(err, record.ErrNewer) {
		return fmt.Errorf("record %d: %w", e.Seq, err)
	} else if err != nil {
		return nil
	}
	_ = w.pipeline.run(e, w.work) // the processor has told of a record that ends badly
	return nil
}
