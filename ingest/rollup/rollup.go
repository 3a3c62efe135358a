// Package rollup makes windows of readings: a quarter of an hour, an hour, a day
// and a month, so that a month opens as fast as an hour. Quarters are made of
// readings, every further level of the one before it.
package rollup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"rione/ingest"
	"rione/ingest/schema"
)

// Store is where readings come from and windows go to.
type Store interface {
	// QueryEach runs InfluxQL and gives the series in pieces, all of one series
	// in a row. A piece is valid during the call only.
	QueryEach(ctx context.Context, bucket, q string, f func(*ingest.Series) error) error
	// Write returns when the points are stored. The points are the caller's
	// again then.
	Write(ctx context.Context, bucket string, points []ingest.Point) error
	// Delete removes the points of one measurement and of devices with
	// from <= time < to.
	Delete(ctx context.Context, bucket, measurement string, from, to time.Time, devices ...string) error
	// DeletePlaces is Delete by the values of schema.PlaceTag.
	DeletePlaces(ctx context.Context, bucket, measurement string, from, to time.Time, places ...string) error
}

// Keeper keeps what must outlive the process.
type Keeper interface {
	// Watermark returns until when windows are made, zero before the first run.
	Watermark(ctx context.Context) (time.Time, error)
	SetWatermark(ctx context.Context, t time.Time) error
	// Places returns since when windows of places stand, nil before that is known; a
	// level that is not in it has all of them.
	Places(ctx context.Context) (map[schema.Level]time.Time, error)
	SetPlaces(ctx context.Context, since map[schema.Level]time.Time) error
	// Note returns when the marks are durable.
	Note(ctx context.Context, marks []Mark) error
	// Noted returns the oldest marks and up to which place they are, 0 without any.
	Noted(ctx context.Context) (marks []Mark, through uint64, err error)
	// Forget drops the marks up to that place.
	Forget(ctx context.Context, through uint64) error
}

// Options describe a Runner.
type Options struct {
	Store     Store                             // required
	Keeper    Keeper                            // required
	Bucket    string                            // of readings; default city
	Movers    string                            // bucket of readings of moving things; "": none
	Interval  func(device string) time.Duration // expected time between readings, 0 unknown; nil: unknown
	Retention schema.Retention                  // of the buckets; zero keeps for ever
	Mine      func(comune string) bool          // of whose devices the store holds readings; nil: all
	Ready     func(ctx context.Context) error   // why windows have to wait, such as lines that are yet to be written; nil: they never do
	Grace     time.Duration                     // how long after its end a quarter is made; default 2 min
	Every     time.Duration                     // how often it is looked for work; default 30 s
	Stride    time.Duration                     // most that is made at once when behind; default 6 h
	Haste     bool                              // no rest for the store when behind
	Now       func() time.Time                  // nil is time.Now
	Logger    *slog.Logger                      // nil discards
	Metrics   prometheus.Registerer             // nil for none
}

// Validate tells what is wrong with the options.
func (o *Options) Validate() error {
	if o.Store == nil || o.Keeper == nil {
		return errors.New("rollup: Store and Keeper are required")
	}
	if o.Grace < 0 || o.Every < 0 || o.Stride < 0 || o.Stride%(15*time.Minute) != 0 {
		return errors.New("rollup: Grace, Every and Stride must not be negative, and Stride is whole quarters of an hour")
	}
	return nil
}

func (o *Options) setDefaults() {
	o.Bucket = cmp.Or(o.Bucket, schema.BucketFixed)
	o.Grace = cmp.Or(o.Grace, 2*time.Minute)
	o.Every = cmp.Or(o.Every, 30*time.Second)
	o.Stride = cmp.Or(o.Stride, 6*time.Hour)
	if o.Mine == nil {
		o.Mine = func(string) bool { return true }
	}
	if o.Ready == nil {
		o.Ready = func(context.Context) error { return nil }
	}
	if o.Interval == nil {
		o.Interval = func(string) time.Duration { return 0 }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
}

// Runner makes windows. One Runner works on a Keeper at a time.
type Runner struct {
	opt     Options
	plans   []*plan
	marker  *Marker
	metrics *metrics
	touched map[string]work            // places whose windows have to be made again, by measurement
	first   map[schema.Level]time.Time // the oldest window of series, where it was asked for

	mu        sync.Mutex
	watermark time.Time
	since     map[schema.Level]time.Time // windows of places stand; nil before the first run
	failure   error                      // of the last run
}

// Open returns a runner at the place where the one before it was.
func Open(ctx context.Context, o Options) (*Runner, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	o.setDefaults()
	r := &Runner{opt: o, marker: newMarker(&o), touched: map[string]work{}, first: map[schema.Level]time.Time{}}
	for _, m := range schema.Rolled() {
		r.plans = append(r.plans, newPlan(m))
	}
	at, err := o.Keeper.Watermark(ctx)
	if err != nil {
		return nil, fmt.Errorf("rollup: %w", err)
	}
	r.setWatermark(at)
	if r.since, err = o.Keeper.Places(ctx); err != nil {
		return nil, fmt.Errorf("rollup: %w", err)
	}
	if r.metrics, err = newMetrics(o.Metrics, r); err != nil {
		return nil, fmt.Errorf("rollup: %w", err)
	}
	return r, nil
}

// Marker returns the feed that notes which windows late readings touch.
func (r *Runner) Marker() *Marker { return r.marker }

// Status is how far the windows are.
type Status struct {
	Until   time.Time // every window that ends by then is made; zero before the first run
	Behind  time.Duration
	Failure string // why the last run failed, "" when it did not
}

// Status returns how far the windows are.
func (r *Runner) Status() Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := Status{Until: r.watermark}
	if !s.Until.IsZero() {
		s.Behind = max(0, r.due().Sub(s.Until))
	}
	if r.failure != nil {
		s.Failure = r.failure.Error()
	}
	return s
}

// due returns until when windows can be made by now.
func (r *Runner) due() time.Time { return schema.Quarter.Start(r.opt.Now().Add(-r.opt.Grace)) }

func (r *Runner) setWatermark(t time.Time) {
	r.mu.Lock()
	r.watermark = t
	r.mu.Unlock()
	r.marker.close(t)
}

func (r *Runner) until() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.watermark
}

// longestPause is how long a failing runner waits at most.
const longestPause = time.Minute

// Run makes windows as they come due until ctx ends, and returns nil then.
func (r *Runner) Run(ctx context.Context) error {
	pause := time.Second
	for ctx.Err() == nil {
		err := r.Once(ctx)
		r.mu.Lock()
		r.failure = err
		r.mu.Unlock()
		wait := r.opt.Every
		if err == nil {
			pause = time.Second
		} else if ctx.Err() == nil {
			r.opt.Logger.Warn("windows cannot be made, trying again", "error", err, "again_in", pause)
			wait, pause = pause, min(2*pause, longestPause)
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
	}
	return nil
}

// Once makes everything that is due: windows that have ended, then those that
// late readings touched, then those of places that an earlier rione has not made.
// It may be stopped anywhere and repeated.
func (r *Runner) Once(ctx context.Context) error {
	if err := r.begin(ctx); err != nil {
		return err
	}
	for again := true; again; {
		if err := r.catchUp(ctx); err != nil {
			return err
		}
		var err error
		if again, err = r.late(ctx); err == nil && !again {
			again, err = r.backfill(ctx)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// catchUp makes the windows that have ended.
func (r *Runner) catchUp(ctx context.Context) error {
	for r.until().Before(r.due()) {
		began := time.Now()
		if err := r.forward(ctx); err != nil {
			return err
		}
		if err := r.rest(ctx, time.Since(began)); err != nil {
			return err
		}
	}
	return nil
}

// rest leaves the store as much time for others as it was just used for.
func (r *Runner) rest(ctx context.Context, d time.Duration) error {
	if r.opt.Haste {
		return ctx.Err()
	}
	select {
	case <-time.After(min(d, 5*time.Second)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// begin finds where the first run starts: at the first day whose readings are
// all there.
func (r *Runner) begin(ctx context.Context) error {
	if err := r.beginPlaces(ctx); err != nil {
		return err
	}
	if !r.until().IsZero() {
		return nil
	}
	plans, err := r.inUse(ctx)
	if err != nil {
		return err
	}
	first, err := r.firstReading(ctx, plans)
	if err != nil {
		return err
	}
	if first.Equal(r.kept(schema.Quarter)) { // what was before is gone
		first = schema.Day.Next(schema.Day.Start(first))
	}
	if err := r.opt.Keeper.SetWatermark(ctx, first); err != nil {
		return err
	}
	r.setWatermark(first)
	return nil
}

// forward makes the windows of the next stride.
func (r *Runner) forward(ctx context.Context) error {
	from := r.until()
	to := from.Add(r.opt.Stride)
	if due := r.due(); due.Before(to) {
		to = due
	}
	r.marker.close(to) // from here on what is stored for these windows is late
	if err := r.opt.Ready(ctx); err != nil {
		return err
	}
	plans, err := r.inUse(ctx)
	if err != nil {
		return err
	}
	for _, p := range plans {
		if err := r.quarters(ctx, p, span{from: from, to: to}, nil); err != nil {
			return err
		}
		for _, l := range schema.Rollups()[1:] {
			s, ok := ending(l, from, to)
			if !ok {
				continue
			}
			if err := r.merge(ctx, p, l, s, nil); err != nil {
				return err
			}
			if err := r.places(ctx, p, l, s, nil); err != nil {
				return err
			}
		}
	}
	if err := r.opt.Keeper.SetWatermark(ctx, to); err != nil {
		return err
	}
	r.setWatermark(to)
	return nil
}

// inUse returns the plans of the measurements that there are readings of.
func (r *Runner) inUse(ctx context.Context) ([]*plan, error) {
	there := map[any]bool{}
	err := r.eachSource(func(from source) error {
		return r.opt.Store.QueryEach(ctx, from.bucket, "SHOW MEASUREMENTS", func(s *ingest.Series) error {
			for _, row := range s.Values {
				there[row[0]] = true
			}
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("list the measurements: %w", err)
	}
	var out []*plan
	for _, p := range r.plans {
		if there[p.m.Name] {
			out = append(out, p)
		}
	}
	return out, nil
}

// ending returns the span of the level's windows that end after from and not
// after to.
func ending(l schema.Level, from, to time.Time) (span, bool) {
	s := span{from: l.Start(from), to: l.Start(to)}
	return s, s.from.Before(s.to)
}
