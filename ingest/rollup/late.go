package rollup

import (
	"context"
	"fmt"
	"time"

	"rione/ingest"
	"rione/ingest/schema"
)

// late makes the windows again that the oldest marks are about, and tells whether
// there were any.
func (r *Runner) late(ctx context.Context) (worked bool, err error) {
	marks, through, err := r.opt.Keeper.Noted(ctx)
	if err != nil || through == 0 {
		return false, err
	}
	if err := r.opt.Ready(ctx); err != nil {
		return false, err
	}
	if err := r.redo(ctx, marks); err != nil {
		return false, err
	}
	if err := r.noteTouched(ctx); err != nil {
		return false, err
	}
	return true, r.opt.Keeper.Forget(ctx, through)
}

// redo makes the windows again that the marks are about.
func (r *Runner) redo(ctx context.Context, marks []Mark) error {
	ofDevices, ofPlaces := map[string]work{}, map[string]work{}
	for _, m := range marks {
		to, whose := ofDevices, m.Device
		if m.Place != "" {
			to, whose = ofPlaces, m.Place
		}
		if to[m.Measurement] == nil {
			to[m.Measurement] = work{}
		}
		to[m.Measurement].add(span{timeOf(m.From), timeOf(m.To), m.Anew}, whose)
	}
	for _, p := range r.plans {
		err := r.remake(ctx, p, r.open(ofDevices[p.m.Name].joined()))
		if err == nil {
			err = r.remakePlaces(ctx, p, ofPlaces[p.m.Name].joined())
		}
		if err != nil {
			return fmt.Errorf("make windows of %s again: %w", p.m.Name, err)
		}
	}
	return nil
}

// open returns the work as far as its readings are still complete and its
// windows made.
func (r *Runner) open(todo work) work {
	out := work{}
	oldest, until := r.kept(schema.Quarter), r.until()
	for s, devices := range todo {
		count := float64(len(devices))
		if s.from.Before(oldest) {
			r.metrics.frozen.Add(count * float64(quarterOf(earlier(s.to, oldest))-quarterOf(s.from)))
			s.from = oldest
		}
		if s.to = earlier(s.to, until); s.from.Before(s.to) {
			r.metrics.late.Add(count * float64(quarterOf(s.to)-quarterOf(s.from)))
			for d := range devices {
				out.add(s, d)
			}
		}
	}
	return out
}

// kept returns the start of the oldest window of the level of which all is kept
// that it is made of; the zero time where that is kept for ever.
func (r *Runner) kept(l schema.Level) time.Time {
	return r.oldest(l, map[schema.Level]time.Duration{
		schema.Quarter: r.opt.Retention.Raw, schema.Hour: r.opt.Retention.Hourly,
		schema.Day: r.opt.Retention.Hourly, schema.Month: r.opt.Retention.Daily,
	}[l])
}

// oldest returns the start of the level's oldest window that lies within what is
// kept; the zero time where that is kept for ever.
func (r *Runner) oldest(l schema.Level, keep time.Duration) time.Time {
	if keep == 0 {
		return time.Time{}
	}
	return l.Next(l.Start(r.opt.Now().Add(-keep)))
}

// remake makes the quarters of some devices again, and what is made of them.
func (r *Runner) remake(ctx context.Context, p *plan, todo work) error {
	if p.carries && len(todo) > 0 {
		further, err := r.reach(ctx, p, todo)
		if err != nil {
			return err
		}
		todo = further.joined()
	}
	if err := r.each(ctx, todo, func(s span, devices []string) error { return r.quarters(ctx, p, s, devices) }); err != nil {
		return err
	}
	for _, l := range schema.Rollups()[1:] {
		again := above(l, todo, r.kept(l), r.until())
		if err := r.each(ctx, again, func(s span, devices []string) error { return r.merge(ctx, p, l, s, devices) }); err != nil {
			return err
		}
	}
	return nil
}

// above returns the windows of a level that spans touch, from the oldest that may
// be made on and as far as they are made.
func above(l schema.Level, todo work, oldest, until time.Time) work {
	out := work{}
	until = l.Start(until)
	for s, devices := range todo {
		whole := span{l.Start(s.from), l.Next(l.Start(s.to.Add(-1))), s.anew}
		if whole.from.Before(oldest) {
			whole.from = oldest
		}
		if whole.to = earlier(whole.to, until); whole.from.Before(whole.to) {
			for d := range devices {
				out.add(whole, d)
			}
		}
	}
	return out.joined()
}

// reach extends spans to the next reading, since that one's increase and the
// time that a state holds depend on the reading before.
func (r *Runner) reach(ctx context.Context, p *plan, todo work) (work, error) {
	out := work{}
	err := r.each(ctx, todo, func(s span, devices []string) error {
		ends, err := r.nextReadings(ctx, p, s.to, devices)
		if err != nil {
			return err
		}
		for _, d := range devices {
			end := schema.Quarter.Next(schema.Quarter.Start(ends[d]))
			out.add(span{s.from, earlier(end, r.until()), s.anew}, d)
		}
		return nil
	})
	return out, err
}

// nextReadings returns when each device said something again after a time: the
// latest of its series and columns, or as long as a silence matters.
func (r *Runner) nextReadings(ctx context.Context, p *plan, after time.Time, devices []string) (map[string]time.Time, error) {
	out := map[string]time.Time{}
	for _, d := range devices {
		out[d] = after.Add(-1) // nothing beyond the span
	}
	last := after.Add(longestGap)
	err := r.eachSource(func(from source) error {
		q := p.edge(from, "first", span{from: after, to: last}, devices)
		return r.opt.Store.QueryEach(ctx, from.bucket, q, func(s *ingest.Series) error {
			d := s.Tags["device_id"]
			if at, ok := s.Values[0][0].(time.Time); ok && at.After(out[d]) {
				out[d] = at
			}
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("next readings of %s: %w", p.m.Name, err)
	}
	for _, d := range devices {
		if hold := after.Add(holdOf(r.opt.Interval(d))); p.states() && out[d].Before(hold) {
			out[d] = hold
		}
	}
	return out, nil
}
