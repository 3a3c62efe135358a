package app

import (
	"context"
	"fmt"
	"slices"
	"time"

	"rione/devices/event"
	"rione/ingest/journal"
	"rione/ingest/ledger"
)

// platform tells operators of rione itself: that the ledger does not balance,
// and that the journal fills up.
type platform struct {
	book       *event.Book
	status     func(context.Context) (journal.Status, error)
	imbalances chan ledger.Imbalance
}

// Shares of the journal's limit, in hundredths, at which its event is raised
// and closed.
const (
	journalFull    = 80
	journalRelaxed = 70
)

// imbalancesWaiting bounds the imbalances between two moments in which they are
// noted. Of more, the log and the metric tell.
const imbalancesWaiting = 64

func newPlatform(book *event.Book, status func(context.Context) (journal.Status, error)) *platform {
	return &platform{book: book, status: status, imbalances: make(chan ledger.Imbalance, imbalancesWaiting)}
}

// unbalanced hears of an imbalance from a processor, which does not wait.
func (p *platform) unbalanced(i ledger.Imbalance) {
	select {
	case p.imbalances <- i:
	default:
	}
}

// run looks at the journal now and then, and notes imbalances as they come.
func (p *platform) run(ctx context.Context, every time.Duration, failed func(error)) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		var err error
		select {
		case <-tick.C:
			err = p.look(ctx)
		case i := <-p.imbalances:
			err = p.note(ctx, &i)
		case <-ctx.Done():
			return
		}
		if err != nil && ctx.Err() == nil {
			failed(err)
		}
	}
}

// look raises the event of a full journal, or closes it.
func (p *platform) look(ctx context.Context) error {
	s, err := p.status(ctx)
	if err != nil || s.MaxBytes <= 0 {
		return err
	}
	share := 100 * float64(s.Bytes) / float64(s.MaxBytes)
	open := p.open(event.JournalFull)
	text := fmt.Sprintf("the journal is %.0f %% full; at 100 %% doors take nothing more: see why processing is behind, raise RIONE_JOURNAL_MAX_BYTES or shorten RIONE_JOURNAL_REPLAY_WINDOW", share)
	switch {
	case open == nil && share >= journalFull:
		return p.raise(ctx, event.JournalFull, event.Fault, text)
	case open != nil && share < journalRelaxed:
		now := time.Now().UTC()
		open.State, open.Step, open.Changed, open.Closed = event.Closed, event.Cleared, now, now
		return p.book.Put(ctx, *open)
	}
	return nil
}

// note raises the event of an imbalance, or adds to the one that is open: it is
// for an operator to close it, since nothing says that it was explained.
func (p *platform) note(ctx context.Context, i *ledger.Imbalance) error {
	text := "the ledger does not balance: " + i.String() + "; the log of that time and `rione doctor` say more"
	open := p.open(event.LedgerImbalance)
	if open == nil {
		return p.raise(ctx, event.LedgerImbalance, event.Critical, text)
	}
	open.Text, open.Step, open.Changed = text, event.Updated, time.Now().UTC()
	return p.book.Put(ctx, *open)
}

func (p *platform) raise(ctx context.Context, t event.Type, severity event.Severity, text string) error {
	now := time.Now().UTC()
	return p.book.Put(ctx, event.Event{
		ID: event.NewID(t, "", now), Type: t, Severity: severity, State: event.Open, Step: event.Raised, Source: event.FromPlatform,
		Text: text, Began: now, Raised: now, Changed: now,
	})
}

// open returns the event of a type that is not closed yet, nil for none.
func (p *platform) open(t event.Type) *event.Event {
	list := p.book.List(event.Filter{State: event.Open, Type: t})
	i := slices.IndexFunc(list, func(e event.Event) bool { return e.Source == event.FromPlatform })
	if i < 0 {
		return nil
	}
	return &list[i]
}
