package park

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// purgeAfter is how many bytes of dropped batches stay in the stream at most:
// a purge looks into every block that its subject has, so it is not done for
// each batch.
const purgeAfter = 128 << 20

// Queue is the parked batches of one target and partition, first in, first out.
// One goroutine may append while another one takes out.
type Queue struct {
	js      jetstream.JetStream
	stream  jetstream.Stream
	subject string
	garbage int64 // how many bytes of dropped batches are worth a purge

	mu      sync.Mutex
	last    uint64 // sequence of the newest batch
	dropped uint64 // everything up to here is taken out
	empty   bool   // and everything is, and purged

	unread int64 // bytes of what First gave and nobody dropped
	purge  int64 // bytes of what is dropped and not purged
}

// Queue returns what is parked for one target by the processor of one
// partition.
func (s *Stream) Queue(ctx context.Context, target string, partition int) (*Queue, error) {
	q := &Queue{js: s.js, stream: s.stream, subject: subjectPrefix + target + "." + strconv.Itoa(partition), garbage: min(purgeAfter, s.limit/8)}
	last, err := s.stream.GetLastMsgForSubject(ctx, q.subject)
	switch {
	case err == nil:
		q.last = last.Sequence
	case errors.Is(err, jetstream.ErrMsgNotFound):
		q.empty = true
	default:
		return nil, fmt.Errorf("parked lines of %s: %w", target, err)
	}
	return q, nil
}

// Append adds a batch at the end and returns when it is durable. It returns
// ErrFull at the size limit; after any other error the batch may be there, and
// appending it again does no harm, since the later one overwrites the same
// points.
func (q *Queue) Append(ctx context.Context, b *Batch) error {
	ack, err := q.js.PublishMsg(ctx, &nats.Msg{Subject: q.subject, Data: b.encode()}, jetstream.WithRetryAttempts(0))
	if isFull(err) {
		return fmt.Errorf("%w (%w)", ErrFull, err)
	}
	if err != nil {
		return fmt.Errorf("parked lines: %w", err)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.last = max(q.last, ack.Sequence)
	q.empty = q.empty && ack.Sequence <= q.dropped // it may be taken out already
	return nil
}

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

// Empty tells whether everything that was appended is dropped, durably: what is
// written past the queue then is not overwritten by it after a crash.
func (q *Queue) Empty() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.empty
}

// First reads the oldest batches into b, one after the other as long as they
// are for one bucket and b has fewer than lines lines. It returns the sequence
// of the last one, 0 when nothing is parked. An error with a sequence is about
// the batch of that one, which cannot be read.
func (q *Queue) First(ctx context.Context, b *Batch, lines int) (through uint64, err error) {
	b.Reset()
	q.unread = 0
	q.mu.Lock()
	last, dropped := q.last, q.dropped
	q.mu.Unlock()
	for at := dropped + 1; b.Len() < lines; at = through + 1 {
		msg, err := q.stream.GetMsg(ctx, at, jetstream.WithGetMsgSubject(q.subject))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			break
		}
		if err != nil {
			return 0, fmt.Errorf("parked lines: %w", err)
		}
		ok, err := b.decode(msg.Data)
		if err != nil && b.Len() == 0 {
			return msg.Sequence, err
		}
		if !ok {
			break // its turn comes
		}
		through = msg.Sequence
		q.unread += int64(len(msg.Data))
	}
	if through == 0 {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.empty = q.last == last // an operator may have purged the stream
	}
	return through, nil
}

// Drop takes out everything up to and with a sequence that First returned.
// After a crash some of it may come again, in order.
func (q *Queue) Drop(ctx context.Context, through uint64) error {
	q.purge += q.unread
	q.unread = 0
	q.mu.Lock()
	q.dropped = through
	all := through >= q.last
	q.mu.Unlock()
	if !all && q.purge < q.garbage {
		return nil
	}
	if err := q.stream.Purge(ctx, jetstream.WithPurgeSequence(through+1), jetstream.WithPurgeSubject(q.subject)); err != nil {
		return fmt.Errorf("parked lines: %w", err)
	}
	q.purge = 0
	q.mu.Lock()
	defer q.mu.Unlock()
	q.empty = through >= q.last
	return nil
}
