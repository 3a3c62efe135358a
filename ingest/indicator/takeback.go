package indicator

import (
	"context"
	"slices"
	"time"

	"rione/ingest/schema"
)

// takeBack removes from the store what followed from a fact that was taken back, in the
// time in which it held: its own figures and those of its place that were made of it.
// What else stands there is written anew by the run that it is part of, up to end. A
// whole that nothing tells any more goes too.
func (r *Runner) takeBack(ctx context.Context, f Fact, facts, figures []Fact, end time.Time) error {
	own := r.named([]Fact{f})[0].place()
	from, until := schema.Day.Start(f.Date), heldUntil(f, own, facts)
	if until.IsZero() {
		until = end
	}
	if day := from.Add(time.Second); until.Before(day) { // it is of the future
		until = day
	}
	for _, id := range r.madeOf(f) {
		f.ID = id
		if err := r.remove(ctx, f, from, until); err != nil {
			return err
		}
		whole := Fact{Initiative: f.Initiative, ID: id}
		if slices.ContainsFunc(figures, func(o Fact) bool { return o.Initiative == f.Initiative && o.ID == id && o.place() != own }) {
			continue
		}
		if err := r.remove(ctx, whole, from, until); err != nil {
			return err
		}
	}
	return nil
}

func (r *Runner) remove(ctx context.Context, f Fact, from, until time.Time) error {
	for _, bucket := range []string{schema.Day.Bucket(r.opt.Bucket), r.opt.Bucket} {
		if err := r.opt.Store.Delete(ctx, bucket, f, from, until); err != nil {
			return err
		}
	}
	return nil
}

// heldUntil returns the day from which another fact of the same indicator and place
// holds, the zero time where there is none.
func heldUntil(f Fact, p place, facts []Fact) (until time.Time) {
	for _, next := range facts {
		if next.Initiative == f.Initiative && next.ID == f.ID && next.place() == p && next.Date.After(f.Date) &&
			(until.IsZero() || next.Date.Before(until)) {
			until = schema.Day.Start(next.Date)
		}
	}
	return until
}

// madeOf returns the ids of the fact's indicator and of all figures that are made of
// it. How many people live somewhere makes the class in which all its figures stand.
func (r *Runner) madeOf(f Fact) []string {
	ids := []string{f.ID}
	if f.ID == Population && r.comparesAdministrations(f.Initiative) {
		ids = append(ids, PopulationClass)
		for _, d := range r.opt.Definitions {
			if d.Initiative == f.Initiative && !slices.Contains(ids, d.ID) {
				ids = append(ids, d.ID)
			}
		}
		return ids
	}
	for i := 0; i < len(ids); i++ {
		for _, d := range r.opt.Definitions {
			if d.Initiative == f.Initiative && d.follows(ids[i]) && !slices.Contains(ids, d.ID) {
				ids = append(ids, d.ID)
			}
		}
	}
	return ids
}

// follows tells whether the indicator is made of another.
func (d *Definition) follows(id string) bool {
	return d.Ratio != nil && (d.Ratio.Of == id || d.Ratio.Per == id) ||
		d.Rank != nil && d.Rank.Of == id ||
		d.Done != nil && slices.Contains(d.Done.Things, id)
}
