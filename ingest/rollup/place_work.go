package rollup

import (
	"context"
	"fmt"
	"maps"
	"time"

	"rione/ingest"
	"rione/ingest/schema"
)

// touch notes in memory that the windows of the place where a series is have to be
// made again, where some devices' windows are. Hours say it for days and months
// too.
func (w *pass) touch(tags map[string]string) {
	if !w.touches {
		return
	}
	r, name := w.runner, w.plan.m.Name
	if r.touched[name] == nil {
		r.touched[name] = work{}
	}
	r.touched[name].add(w.span, schema.PlaceName(tags["comune"], tags["zone"]))
}

// noteTouched makes durable what was touched. It is called before windows of
// series are deleted, since nobody could tell afterwards where they were, and
// before the marks are forgotten that led there.
func (r *Runner) noteTouched(ctx context.Context) error {
	var marks []Mark
	for measurement, todo := range r.touched {
		for s, places := range todo {
			for p := range places {
				marks = append(marks, Mark{Measurement: measurement, Place: p, From: quarterOf(s.from), To: quarterOf(s.to), Anew: s.anew})
			}
		}
	}
	if len(marks) == 0 {
		return nil
	}
	if err := r.opt.Keeper.Note(ctx, marks); err != nil {
		return err
	}
	clear(r.touched)
	return nil
}

// remakePlaces makes windows of places again.
func (r *Runner) remakePlaces(ctx context.Context, p *plan, todo work) error {
	for _, l := range schema.PlaceLevels() {
		again := above(l, todo, r.oldestStanding(l), r.until())
		if err := r.each(ctx, again, func(s span, places []string) error { return r.places(ctx, p, l, s, places) }); err != nil {
			return err
		}
	}
	return nil
}

// oldestStanding returns the start of the oldest window of the level that is kept.
func (r *Runner) oldestStanding(l schema.Level) time.Time {
	if l == schema.Hour {
		return r.oldest(l, r.opt.Retention.Hourly)
	}
	return r.oldest(l, r.opt.Retention.Daily)
}

// Places returns since when windows of places of a level stand, the zero time
// where they reach as far back as those of series.
func (r *Runner) Places(l schema.Level) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.since[l]
}

func (r *Runner) setPlaces(ctx context.Context, since map[schema.Level]time.Time) error {
	if err := r.opt.Keeper.SetPlaces(ctx, since); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.since = since
	return nil
}

// beginPlaces says since when windows of places stand in a city whose windows of
// series were made without: from now on.
func (r *Runner) beginPlaces(ctx context.Context) error {
	if r.since != nil {
		return nil
	}
	since := map[schema.Level]time.Time{}
	for _, l := range schema.PlaceLevels() {
		if until := r.until(); !until.IsZero() {
			since[l] = l.Start(until)
		}
	}
	return r.setPlaces(ctx, since)
}

// backfill makes the next piece of the windows of places that were not made with
// those of series: the coarse levels first, which are few rows, and the newest
// before the older, so that readers of the last month wait least.
func (r *Runner) backfill(ctx context.Context) (worked bool, err error) {
	levels := schema.PlaceLevels()
	for i := len(levels) - 1; i >= 0; i-- {
		if l := levels[i]; !r.Places(l).IsZero() {
			began := time.Now()
			if err := r.backfillLevel(ctx, l); err != nil {
				return false, fmt.Errorf("windows of places from before they were made: %w", err)
			}
			return true, r.rest(ctx, time.Since(began))
		}
	}
	return false, nil
}

func (r *Runner) backfillLevel(ctx context.Context, l schema.Level) error {
	first, err := r.firstWindow(ctx, l)
	if err != nil {
		return err
	}
	to := r.Places(l)
	s := span{from: backfillPiece(l).Start(to.Add(-1)), to: to}
	for _, p := range r.plans {
		if err := r.places(ctx, p, l, s, nil); err != nil {
			return err
		}
	}
	since := maps.Clone(r.since)
	since[l] = s.from
	if !first.Before(s.from) {
		delete(since, l) // all stand
	}
	return r.setPlaces(ctx, since)
}

// backfillPiece returns of which level one window is made at once: hours of a
// day, days and months of a month.
func backfillPiece(l schema.Level) schema.Level {
	if l == schema.Hour {
		return schema.Day
	}
	return schema.Month
}

// firstWindow returns the start of the oldest window of series of a level, the
// time until which windows are made where there is none. It is asked for once.
func (r *Runner) firstWindow(ctx context.Context, l schema.Level) (time.Time, error) {
	if t, ok := r.first[l]; ok {
		return t, nil
	}
	first := r.until()
	for _, p := range r.plans {
		q := "SELECT * FROM " + ident(p.out[l].m.Name) + " ORDER BY time LIMIT 1"
		err := r.opt.Store.QueryEach(ctx, l.Bucket(r.opt.Bucket), q, func(s *ingest.Series) error {
			if t, ok := s.Values[0][0].(time.Time); ok {
				first = earlier(first, t)
			}
			return nil
		})
		if err != nil {
			return first, err
		}
	}
	r.first[l] = first
	return first, nil
}
