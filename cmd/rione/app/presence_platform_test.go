package app

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rione/devices/event"
	"rione/ingest/journal"
	"rione/ingest/ledger"
)

// nowhere keeps no event.
type nowhere struct{}

func (nowhere) Append(context.Context, event.Event) error                         { return nil }
func (nowhere) Forget(context.Context, string) error                              { return nil }
func (nowhere) Load(context.Context, func(event.Event), func(event.Window)) error { return nil }
func (nowhere) PutWindow(context.Context, event.Window) error                     { return nil }
func (nowhere) DropWindow(context.Context, string) error                          { return nil }

// platformRig is a platform whose journal is as full as the test says.
func platformRig(t *testing.T) (p *platform, full *uint64, heard *[]event.Event) {
	t.Helper()
	full, heard = new(uint64), &[]event.Event{}
	book, err := event.OpenBook(t.Context(), event.BookOptions{Store: nowhere{}, Heard: func(e event.Event) { *heard = append(*heard, e) }})
	if err != nil {
		t.Fatal(err)
	}
	return newPlatform(book, func(context.Context) (journal.Status, error) {
		return journal.Status{Bytes: *full, MaxBytes: 1000}, nil
	}), full, heard
}

func TestJournalFullIsRaisedAndClosed(t *testing.T) {
	p, full, heard := platformRig(t)
	f := func(bytes uint64, steps string) {
		t.Helper()
		*full, *heard = bytes, nil
		if err := p.look(t.Context()); err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, e := range *heard {
			got += string(e.Type) + " " + string(e.Step)
		}
		if got != steps {
			t.Errorf("at %d of 1000: %q, want %q", bytes, got, steps)
		}
	}
	f(799, "")
	f(800, "journal_full raised")
	f(900, "")
	f(700, "")
	f(699, "journal_full closed")
	f(750, "")
	f(801, "journal_full raised")
	if e := (*heard)[0]; e.Source != event.FromPlatform || e.Severity != event.Fault || e.Device != "" || !strings.Contains(e.Text, "80 % full") {
		t.Errorf("%+v", e)
	}
}

func TestJournalWithoutLimitIsNeverFull(t *testing.T) {
	p, _, heard := platformRig(t)
	p.status = func(context.Context) (journal.Status, error) { return journal.Status{Bytes: 1 << 40}, nil }
	if err := p.look(t.Context()); err != nil || len(*heard) != 0 {
		t.Errorf("%v, %+v", err, *heard)
	}
}

// Imbalances are one event until an operator closes it.
func TestImbalancesAreOneEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _, heard := platformRig(t)
		failed := errors.New("the journal does not answer")
		p.status = func(context.Context) (journal.Status, error) { return journal.Status{}, failed }
		var told []error
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); p.run(ctx, time.Minute, func(err error) { told = append(told, err) }) }()
		p.unbalanced(ledger.Imbalance{After: 6, Last: 9, Open: map[string]int64{"mqtt": 3}})
		synctest.Wait()
		p.unbalanced(ledger.Imbalance{After: 9, Last: 12, Open: map[string]int64{"mqtt": -1}})
		synctest.Wait()
		time.Sleep(90 * time.Second) // of the bubble's clock
		synctest.Wait()
		cancel()
		<-ended
		if len(*heard) != 2 || (*heard)[0].Step != event.Raised || (*heard)[1].Step != event.Updated || (*heard)[0].ID != (*heard)[1].ID {
			t.Fatalf("%+v", *heard)
		}
		if !strings.Contains((*heard)[0].Text, "records 7 to 9") || !strings.Contains((*heard)[1].Text, "records 10 to 12") {
			t.Errorf("%+v", *heard)
		}
		if len(told) != 1 || !errors.Is(told[0], failed) {
			t.Errorf("told %v", told)
		}
		if _, err := p.book.Close(t.Context(), (*heard)[0].ID, "anna", "explained"); err != nil {
			t.Fatal(err)
		}
		if err := p.note(t.Context(), &ledger.Imbalance{Open: map[string]int64{"mqtt": 1}}); err != nil || (*heard)[3].ID == (*heard)[0].ID {
			t.Errorf("after it was closed: %v, %+v", err, *heard)
		}
	})
}

// The processor does not wait for the book.
func TestUnbalancedNeverBlocks(t *testing.T) {
	p, _, _ := platformRig(t)
	for range 2 * imbalancesWaiting {
		p.unbalanced(ledger.Imbalance{})
	}
	if len(p.imbalances) != imbalancesWaiting {
		t.Errorf("%d wait", len(p.imbalances))
	}
}
