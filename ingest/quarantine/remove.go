package quarantine

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// run is entries of one identity.
type run struct {
	heads []*head
	last  uint64 // the highest sequence of them
	held  int    // how many the identity has up to that one
}

// oldest tells whether the entries are those of the identity that came first.
func (r *run) oldest() bool { return len(r.heads) > 1 && r.held == len(r.heads) }

// remove deletes entries from the stream, and then from the index: the oldest of
// an identity in one go, others one by one.
func (q *Quarantine) remove(ctx context.Context, heads []*head) error {
	for whose, r := range q.runs(heads) {
		if err := q.removeRun(ctx, whose, r); err != nil {
			return fmt.Errorf("quarantine: %w", err)
		}
	}
	return nil
}

// runs divides entries by the identities that their subjects say.
func (q *Quarantine) runs(heads []*head) map[string]*run {
	runs := map[string]*run{}
	for _, h := range heads {
		r := runs[h.whose]
		if r == nil {
			r = &run{}
			runs[h.whose] = r
		}
		r.heads = append(r.heads, h)
		r.last = max(r.last, h.seq)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, h := range q.index.order {
		if r := runs[h.whose]; r != nil && h.seq <= r.last && q.index.has(h) {
			r.held++
		}
	}
	return runs
}

func (q *Quarantine) removeRun(ctx context.Context, whose string, r *run) error {
	if r.oldest() {
		if err := q.stream.Purge(ctx, jetstream.WithPurgeSubject(whose+".*"), jetstream.WithPurgeSequence(r.last+1)); err != nil {
			return err
		}
		q.forget(r.heads)
		return nil
	}
	for i, h := range r.heads {
		if err := q.delete(ctx, h.seq); err != nil {
			q.forget(r.heads[:i])
			return err
		}
	}
	q.forget(r.heads)
	return nil
}

// delete deletes one message of the stream, which may be gone already.
func (q *Quarantine) delete(ctx context.Context, seq uint64) error {
	err := q.stream.DeleteMsg(ctx, seq)
	if errors.Is(err, jetstream.ErrMsgDeleteUnsuccessful) {
		if _, gone := q.stream.GetMsg(ctx, seq); errors.Is(gone, jetstream.ErrMsgNotFound) {
			return nil
		}
	}
	return err
}

// removeLeftover deletes what was replaced under another subject.
func (q *Quarantine) removeLeftover(ctx context.Context) error {
	q.mu.Lock()
	left := q.leftover
	q.leftover = nil
	q.mu.Unlock()
	for i, h := range left {
		if err := q.delete(ctx, h.seq); err != nil {
			q.mu.Lock()
			q.leftover = append(q.leftover, left[i:]...)
			q.mu.Unlock()
			return err
		}
	}
	return nil
}

func (q *Quarantine) forget(heads []*head) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, h := range heads {
		q.index.remove(h)
	}
}
