package quarantine

import (
	"context"
	"fmt"
)

// Release removes those of the named entries that may go: their messages became
// points by another way. Names that are not in quarantine are passed over. It
// returns how many entries went.
func (q *Quarantine) Release(ctx context.Context, ids []string, may func(*Entry) bool) (int, error) {
	q.changing.Lock()
	defer q.changing.Unlock()
	heads := q.held(ids, may)
	if len(heads) == 0 {
		return 0, nil
	}
	if err := q.remove(ctx, heads); err != nil {
		return 0, fmt.Errorf("release: %w", err)
	}
	return len(heads), nil
}

// held returns the entries of the ids that are there and may go.
func (q *Quarantine) held(ids []string, may func(*Entry) bool) []*head {
	q.mu.Lock()
	defer q.mu.Unlock()
	var out []*head
	for _, id := range ids {
		if h := q.index.byID[id]; h != nil && may(&h.Entry) {
			out = append(out, h)
		}
	}
	return out
}
