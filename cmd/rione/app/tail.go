package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"rione/api"
	"rione/ingest/ledger"
	"rione/ingest/process"
	"rione/ingest/quarantine"
)

// tails let the API look at what devices say.
type tails struct{ app *App }

var _ api.Tails = tails{}

// Tail implements api.Tails.
func (t tails) Tail(ctx context.Context, id string, since time.Time, follow bool, tell func([]byte) error) error {
	a := t.app
	if since.Equal(time.Unix(0, 0)) {
		begins, _, err := process.Begins(ctx, a.history)
		if err != nil {
			return err
		}
		since = begins
	}
	err := process.Tail(ctx, process.TailOptions{
		Options: a.pipeline(nil), History: a.history, Device: id, Since: since, Follow: follow,
		Progress: func(partition int) *process.Progress { return a.progress[partition] },
	}, func(m process.Trace) error {
		t.held(ctx, &m)
		text, err := json.Marshal(m)
		if err != nil {
			return err
		}
		return tell(text)
	})
	if errors.Is(err, process.ErrTooOld) {
		return fmt.Errorf("%w: %w", api.ErrTailTooOld, err)
	}
	return err
}

// held adds what only the quarantine knows: what the store refused, or what was
// over a quota when the message was processed.
func (t tails) held(ctx context.Context, m *process.Trace) {
	e, err := t.app.quarantine.Get(ctx, m.ID)
	if errors.Is(err, quarantine.ErrNotFound) || err != nil || len(m.Refused) > 0 {
		return
	}
	m.Refused = append(m.Refused, process.RefusedPart{Reason: e.Reason, Field: e.Field, Detail: e.Detail})
	m.Outcome = ledger.Partial.String()
	if len(m.Points) < 2 {
		m.Outcome, m.Points = ledger.Quarantined.String(), []process.Explained{}
	}
}
