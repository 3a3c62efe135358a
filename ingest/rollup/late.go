package rollup

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"rione/ingest/schema"
)

// devicesAtOnce is how many devices one query names.
const devicesAtOnce = 100

// work is the spans that have to be made again, each with its devices.
type work map[span]map[string]bool

func (w work) add(s span, device string) {
	if w[s] == nil {
		w[s] = map[string]bool{}
	}
	w[s][device] = true
}

// each calls f for every span, oldest first, with as many devices as fit into a
// query.
func (w work) each(f func(s span, devices []string) error) error {
	spans := slices.SortedFunc(maps.Keys(w), func(a, b span) int { return a.from.Compare(b.from) })
	for _, s := range spans {
		for devices := range slices.Chunk(slices.Sorted(maps.Keys(w[s])), devicesAtOnce) {
			if err := f(s, devices); err != nil {
				return err
			}
		}
	}
	return nil
}

// late makes the windows again that late readings touched, until no mark is
// left.
func (r *Runner) late(ctx context.Context) error {
	for {
		marks, through, err := r.opt.Keeper.Noted(ctx)
		if err != nil || through == 0 {
			return err
		}
		if err := r.opt.Ready(ctx); err != nil {
			return err
		}
		if err := r.redo(ctx, marks); err != nil {
			return err
		}
		if err := r.opt.Keeper.Forget(ctx, through); err != nil {
			return err
		}
	}
}

// redo makes the windows again that the marks are about.
func (r *Runner) redo(ctx context.Context, marks []Mark) error {
	began := time.Now()
	sets := quarterSets{}
	for _, m := range marks {
		for q := m.From; q < m.To; q++ {
			sets.add(subject{m.Measurement, m.Device}, q)
		}
	}
	byMeasurement := map[string]work{}
	for _, m := range sets.marks() {
		if byMeasurement[m.Measurement] == nil {
			byMeasurement[m.Measurement] = work{}
		}
		if s, ok := r.open(m); ok {
			byMeasurement[m.Measurement].add(s, m.Device)
			r.metrics.late.Add(float64(m.To - m.From))
		}
	}
	for _, p := range r.plans {
		if err := r.remake(ctx, p, byMeasurement[p.m.Name]); err != nil {
			return err
		}
	}
	return r.rest(ctx, time.Since(began))
}

// open returns the span of a mark as far as its readings are still complete and
// its windows made.
func (r *Runner) open(m Mark) (span, bool) {
	s := span{timeOf(m.From), timeOf(m.To)}
	if keep := r.opt.Retention.Raw; keep > 0 {
		oldest := schema.Quarter.Next(schema.Quarter.Start(r.opt.Now().Add(-keep)))
		if s.from.Before(oldest) {
			r.metrics.frozen.Add(float64(min(m.To, quarterOf(oldest)) - m.From))
			s.from = oldest
		}
	}
	if until := r.until(); s.to.After(until) {
		s.to = until
	}
	return s, s.from.Before(s.to)
}

// remake makes the quarters of some devices again, and what is made of them.
func (r *Runner) remake(ctx context.Context, p *plan, todo work) error {
	if p.carries && len(todo) > 0 {
		var err error
		if todo, err = r.reach(ctx, p, todo); err != nil {
			return err
		}
	}
	if err := todo.each(func(s span, devices []string) error { return r.quarters(ctx, p, s, devices) }); err != nil {
		return err
	}
	for _, l := range schema.Rollups()[1:] {
		above := r.above(l, todo)
		if err := above.each(func(s span, devices []string) error { return r.merge(ctx, p, l, s, devices) }); err != nil {
			return err
		}
	}
	return nil
}

// above returns the windows of a level that spans touch and that are made.
func (r *Runner) above(l schema.Level, todo work) work {
	out, until := work{}, r.until()
	for s, devices := range todo {
		for at := l.Start(s.from); at.Before(s.to); at = l.Next(at) {
			if end := l.Next(at); !end.After(until) {
				for d := range devices {
					out.add(span{at, end}, d)
				}
			}
		}
	}
	return out
}

// reach extends spans to the next reading, since that one's increase and the
// time that a state holds depend on the reading before.
func (r *Runner) reach(ctx context.Context, p *plan, todo work) (work, error) {
	out := work{}
	err := todo.each(func(s span, devices []string) error {
		ends, err := r.nextReadings(ctx, p, s.to, devices)
		if err != nil {
			return err
		}
		for _, d := range devices {
			end := schema.Quarter.Next(schema.Quarter.Start(ends[d]))
			if until := r.until(); end.After(until) {
				end = until
			}
			out.add(span{s.from, end}, d)
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
		q := p.edge(from, "first", span{after, last}, devices)
		return r.opt.Store.QueryEach(ctx, from.bucket, q, func(s *Series) error {
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
