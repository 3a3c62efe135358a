package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"rione/api"
	"rione/devices/access"
	"rione/ingest/indicator"
)

// State keeps facts as somebody declares them.
func (a *App) State(ctx context.Context, who string, facts []indicator.Fact) error {
	return a.factBook().put(ctx, who, facts)
}

func (a *App) factBook() factBook { return factBook{a.facts, a.audited.audited.Trail} }

// factBook gives the API the facts in its own types, and notes in the audit log who
// said what.
type factBook struct {
	book  *indicator.Book
	trail access.Trail
}

var _ api.Facts = factBook{}

// ListFacts implements api.Facts.
func (b factBook) ListFacts(ctx context.Context) ([]api.Fact, error) {
	all, err := b.book.List(ctx)
	var out []api.Fact
	for _, f := range all {
		out = append(out, api.Fact{
			Initiative: f.Initiative, ID: f.ID, Date: indicator.DateText(f.Date), Comune: f.Comune, Zone: f.Zone, Subject: f.Subject,
			Value: f.Value, Baseline: f.Baseline, Target: f.Target, Note: f.Note,
		})
	}
	return out, err
}

// PutFacts implements api.Facts.
func (b factBook) PutFacts(ctx context.Context, who string, facts []api.Fact) error {
	out := make([]indicator.Fact, len(facts))
	var errs []error
	for i := range facts {
		var err error
		if out[i], err = factOf(&facts[i]); err != nil {
			errs = append(errs, fmt.Errorf("fact %d: %w", i+1, err))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return badFact(err)
	}
	return badFact(b.put(ctx, who, out))
}

// put keeps facts, and notes for each indicator of which there are some.
func (b factBook) put(ctx context.Context, who string, facts []indicator.Fact) error {
	if err := b.book.Put(ctx, facts); err != nil {
		return err
	}
	of := map[string][]indicator.Fact{}
	for _, f := range facts {
		of[subjectOf(&f)] = append(of[subjectOf(&f)], f)
	}
	for _, subject := range slices.Sorted(maps.Keys(of)) {
		if err := b.note(ctx, access.Entry{Who: who, Action: "facts.put", Subject: subject, Detail: saying(of[subject])}); err != nil {
			return err
		}
	}
	return nil
}

func (b factBook) note(ctx context.Context, e access.Entry) error {
	e.Time = time.Now().UTC()
	if err := b.trail.Append(ctx, e); err != nil {
		return fmt.Errorf("it is done, but not in the audit log: %w", err)
	}
	return nil
}

func subjectOf(f *indicator.Fact) string { return f.Initiative + "/" + f.ID }

// saying tells what the facts of one indicator say: one in full, of several how many
// they are and of which days.
func saying(facts []indicator.Fact) string {
	if len(facts) == 1 {
		return sayingOf(&facts[0])
	}
	days := make([]string, len(facts))
	for i := range facts {
		days[i] = indicator.DateText(facts[i].Date)
	}
	first, last := slices.Min(days), slices.Max(days)
	if first == last {
		return fmt.Sprintf("%d facts of %s", len(facts), first)
	}
	return fmt.Sprintf("%d facts of %s to %s", len(facts), first, last)
}

func sayingOf(f *indicator.Fact) string {
	words := slices.DeleteFunc([]string{indicator.DateText(f.Date), f.Comune, f.Zone, f.Subject}, func(s string) bool { return s == "" })
	return strings.Join(words, ", ") + ": " + strconv.FormatFloat(f.Value, 'f', -1, 64)
}

// RemoveFact implements api.Facts.
func (b factBook) RemoveFact(ctx context.Context, who string, f api.Fact) error {
	fact, err := factOf(&f)
	if err == nil {
		fact, err = b.book.Remove(ctx, fact)
	}
	if errors.Is(err, indicator.ErrNoFact) {
		return api.ErrNotFound
	}
	if err != nil {
		return badFact(err)
	}
	return b.note(ctx, access.Entry{Who: who, Action: "facts.remove", Subject: subjectOf(&fact), Detail: sayingOf(&fact)})
}

func factOf(f *api.Fact) (indicator.Fact, error) {
	date, err := indicator.ParseDate(f.Date)
	return indicator.Fact{
		Initiative: f.Initiative, ID: f.ID, Date: date, Comune: f.Comune, Zone: f.Zone, Subject: f.Subject,
		Value: f.Value, Baseline: f.Baseline, Target: f.Target, Note: f.Note,
	}, err
}

// badFact gives the API what is the client's to mend as such.
func badFact(err error) error {
	if errors.Is(err, indicator.ErrBadFact) {
		return &api.BadFactError{Err: err}
	}
	return err
}
