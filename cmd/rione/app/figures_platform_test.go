package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rione/ingest"
	"rione/ingest/journal"
)

// selfRig is a rione whose figures the test sets, and what it tells.
func selfRig(told *[]string) *selfFigures {
	return &selfFigures{
		journal: func(context.Context) (journal.Status, error) {
			return journal.Status{Bytes: 250, MaxBytes: 1000}, nil
		},
		waiting:    func(context.Context) (time.Time, error) { return time.Time{}, nil },
		processors: func() (int, int) { return 1, 2 }, doors: func() (int, int) { return 3, 3 },
		held: func() map[ingest.Reason]int { return nil },
		write: func(_ context.Context, points []ingest.Point) error {
			*told = nil
			for _, p := range points {
				text := fmt.Sprintf("%s=%v", p.Tags[0].Value, p.Fields[0].Float)
				if len(p.Tags) > 2 {
					text = p.Tags[0].Value + "/" + p.Tags[2].Value + text[len(p.Tags[0].Value):]
				}
				*told = append(*told, text)
			}
			return nil
		},
	}
}

func TestFiguresOfRioneItself(t *testing.T) {
	var told []string
	f := selfRig(&told)
	now := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	tells := func(want ...string) {
		t.Helper()
		if err := f.tell(t.Context(), now); err != nil || !slices.Equal(told, want) {
			t.Errorf("%v, told %q, want %q", err, told, want)
		}
	}
	tells("journal=25", "lag=0", "processors=50", "doors=100", "quarantine/unknown_device=0")
	f.waiting = func(context.Context) (time.Time, error) { return now.Add(-90 * time.Second), nil }
	f.held = func() map[ingest.Reason]int { return map[ingest.Reason]int{ingest.Unparsable: 7} }
	tells("journal=25", "lag=90", "processors=50", "doors=100", "quarantine/unknown_device=0", "quarantine/unparsable=7")
	f.held = func() map[ingest.Reason]int { return nil } // what is gone is told as gone
	f.journal = func(context.Context) (journal.Status, error) { return journal.Status{Bytes: 250}, nil }
	tells("journal=0", "lag=90", "processors=50", "doors=100", "quarantine/unknown_device=0", "quarantine/unparsable=0")
}

// Figures that cannot be told now are told half a minute later.
func TestFiguresAreToldAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []string
		f := selfRig(&told)
		broken := errors.New("the journal does not answer")
		good := f.journal
		f.journal = func(context.Context) (journal.Status, error) { return journal.Status{}, broken }
		ctx, cancel := context.WithCancel(t.Context())
		ended, failures := make(chan struct{}), 0
		go func() {
			defer close(ended)
			f.run(ctx, func(err error) {
				failures++
				if !errors.Is(err, broken) {
					t.Errorf("failed with %v", err)
				}
				f.journal = good
			})
		}()
		time.Sleep(figuresEvery + time.Second) // of the bubble's clock
		cancel()
		<-ended
		if failures != 1 || !strings.Contains(strings.Join(told, " "), "doors=100") {
			t.Errorf("%d failures, then told %q", failures, told)
		}
	})
}
