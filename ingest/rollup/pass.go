package rollup

import (
	"context"
	"fmt"
	"slices"
	"time"

	"rione/ingest"
	"rione/ingest/schema"
)

// batchPoints is how many points are written at once.
const batchPoints = 5000

// pass makes the windows of one measurement and level in a span. What it writes
// follows from what the store holds, so it may be repeated.
type pass struct {
	runner   *Runner
	plan     *plan
	level    schema.Level
	below    schema.Level
	span     span
	before   map[string]*carried        // what holds from before the span, by series
	counts   map[string]map[int64]int64 // readings behind the windows that stand already
	standing map[string]bool            // devices that these are of
	touches  bool                       // windows of places are to be made again
	open     *track
	layout   layout // of the answer's rows
	key      string // of the open track
	out      []ingest.Point
	rows     int
}

// quarters makes quarters of an hour of the readings in s, of all devices or of
// some.
func (r *Runner) quarters(ctx context.Context, p *plan, s span, devices []string) error {
	return r.eachSource(func(from source) error {
		err := r.quartersOf(ctx, from, p, s, devices)
		s.anew = false // what stands now is of this source
		return err
	})
}

func (r *Runner) quartersOf(ctx context.Context, from source, p *plan, s span, devices []string) error {
	began := time.Now()
	w := &pass{runner: r, plan: p, level: schema.Quarter, span: s, before: map[string]*carried{}}
	if p.carries {
		if err := w.readBefore(ctx, from, devices); err != nil {
			return err
		}
	}
	if err := w.run(ctx, from.bucket, p.readings(from, s, devices), devices, (*track).reading); err != nil {
		return err
	}
	r.metrics.readings.Add(float64(w.rows))
	r.metrics.seconds.Add(time.Since(began).Seconds())
	return nil
}

// merge makes the windows of a level in s of those of the level below.
func (r *Runner) merge(ctx context.Context, p *plan, l schema.Level, s span, devices []string) error {
	w := &pass{runner: r, plan: p, level: l, below: l - 1, span: s, touches: l == schema.Hour && len(devices) > 0}
	return w.run(ctx, w.below.Bucket(r.opt.Bucket), p.windows(w.below, s, devices), devices, (*track).part)
}

// run streams the rows of a query through tracks and writes what they become.
func (w *pass) run(ctx context.Context, bucket, query string, devices []string, take func(*track, []any)) error {
	if err := w.readCounts(ctx, devices); err != nil {
		return err
	}
	if err := w.forget(ctx); err != nil {
		return err
	}
	err := w.runner.opt.Store.QueryEach(ctx, bucket, query, func(s *ingest.Series) error {
		if err := w.turn(ctx, s.Tags); err != nil {
			return err
		}
		if !slices.Equal(w.layout.names, s.Columns) {
			w.layout = w.plan.layoutOf(s.Columns)
		}
		w.rows += len(s.Values)
		for _, row := range s.Values {
			take(w.open, row)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("windows of %s: %w", w.plan.out[w.level].m.Name, err)
	}
	if err := w.finish(ctx); err != nil {
		return err
	}
	return w.write(ctx)
}

// turn opens the track of a series, and ends that of the one before.
func (w *pass) turn(ctx context.Context, tags map[string]string) error {
	key := keyOf(tags)
	if w.open != nil && key == w.key {
		return nil
	}
	if err := w.close(ctx); err != nil {
		return err
	}
	w.open, w.key = w.newTrack(tags), key
	w.touch(tags)
	return nil
}

// close takes the windows of the open track.
func (w *pass) close(ctx context.Context) error {
	if w.open == nil {
		return nil
	}
	delete(w.before, w.key)
	if w.level == schema.Quarter {
		w.open.end()
	}
	w.out = w.open.points(w.out, w.counts[w.key])
	w.open = nil
	if len(w.out) < batchPoints {
		return nil
	}
	return w.write(ctx)
}

// finish ends the last track, and then those of series that said nothing in the
// span and whose states still hold.
func (w *pass) finish(ctx context.Context) error {
	if err := w.close(ctx); err != nil {
		return err
	}
	for _, c := range w.before {
		if err := w.turn(ctx, c.tags); err != nil {
			return err
		}
	}
	return w.close(ctx)
}

func (w *pass) write(ctx context.Context) error {
	return w.runner.write(ctx, w.level, w.level.String(), &w.out)
}

// write writes windows of a level, which metrics know by a name, and empties out.
func (r *Runner) write(ctx context.Context, l schema.Level, name string, out *[]ingest.Point) error {
	if len(*out) == 0 {
		return nil
	}
	if err := r.opt.Store.Write(ctx, l.Bucket(r.opt.Bucket), *out); err != nil {
		return fmt.Errorf("write windows: %w", err)
	}
	r.metrics.windows.WithLabelValues(name).Add(float64(len(*out)))
	*out = (*out)[:0]
	return nil
}
