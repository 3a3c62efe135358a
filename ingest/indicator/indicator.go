// Package indicator computes the figures of initiatives on schedule, and keeps
// the dated facts that no sensor gives: population, costs, actions of a plan,
// steps of an onboarding.
//
// Each run writes the measurement indicator twice: into the bucket of readings,
// where dashboards look for the newest value, and once a day into that of daily
// windows, which keeps the history. A figure of the whole initiative has neither
// comune, zone nor subject and stands one millisecond after those of its places, so that
// the last value of an indicator is the whole.
package indicator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"rione/geo"
	"rione/ingest"
	"rione/ingest/schema"
)

// Definition is one indicator of an initiative.
type Definition struct {
	Initiative string
	ID         string
	Baseline   float64 // value before the initiative
	Target     float64
	Comuni     []string // ISTAT codes that it is about
	Split      string   // by which places are compared: comune, zone or ByAdministration
	Sum        bool     // the whole is the sum of its places, where nothing tells it; else their mean
	Live       *Live    // how it follows from devices
	Rank       *Rank    // how it follows from another indicator
	Ratio      *Ratio   // how it follows from two other figures
	Done       *Done    // how it follows from things that pass through states
	Events     []string // types of events that it counts, of the last thirty days; none of the five: it is a fact
}

// Store is where devices' newest values come from and indicators go to.
type Store interface {
	QueryEach(ctx context.Context, bucket, q string, f func(*ingest.Series) error) error
	Write(ctx context.Context, bucket string, points []ingest.Point) error
	// Delete removes the points of a fact's indicator and place with from <= time < to;
	// of the whole initiative, those of its places too.
	Delete(ctx context.Context, bucket string, f Fact, from, to time.Time) error
}

// Facts gives the dated facts.
type Facts interface {
	List(ctx context.Context) ([]Fact, error)
	// Removed returns those that were taken back and still stand in the store.
	Removed(ctx context.Context) ([]Removal, error)
	// Forget is told that nothing of one stands there any more.
	Forget(ctx context.Context, r Removal) error
}

// Options describe a Runner.
type Options struct {
	Store           Store                                             // required
	Facts           Facts                                             // required
	Known           func(ctx context.Context) ([]Fact, error)         // what the platform itself knows now, undated; a fact that holds wins over it; nil: nothing
	Definitions     []Definition                                      //
	ClassOf         func(comune string) string                        // class of population, "" unknown; nil: nobody is ranked
	Administrations []geo.Administration                              // that initiatives compare
	PlaceOf         func(comune, zone string) (at geo.Point, ok bool) // where maps show a figure; nil: nowhere
	Silent          func() []Silence                                  // devices in service that should have spoken and did not; nil: none is known
	InService       func(device string) bool                          // nil: every device that spoke
	Services        []string                                          // measurements whose devices are counted by place, see schema.Service
	Bucket          string                                            // of readings; default city
	Every           time.Duration                                     // default 5 min
	Back            time.Duration                                     // how old a device's newest value may be; default 1 h
	Now             func() time.Time                                  // nil is time.Now
	Logger          *slog.Logger                                      // nil discards
}

// Validate tells what is wrong with the options.
func (o *Options) Validate() error {
	if o.Store == nil || o.Facts == nil {
		return errors.New("indicator: Store and Facts are required")
	}
	var errs []error
	for _, m := range o.Services {
		errs = append(errs, (&Live{Measurement: m, Field: up, As: availability}).validate())
	}
	for _, d := range o.Definitions {
		err := d.validate()
		if d.Split == ByAdministration && len(o.Administrations) == 0 {
			err = errors.Join(err, errors.New("it compares administrations, and there are none"))
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("indicator %s of %s: %w", d.ID, d.Initiative, err))
		}
	}
	return errors.Join(errs...)
}

func (d *Definition) validate() error {
	if d.Split != "comune" && d.Split != "zone" && d.Split != ByAdministration {
		return fmt.Errorf("split %q: comune, zone or %s", d.Split, ByAdministration)
	}
	if err := d.validEvents(); err != nil {
		return err
	}
	if d.Ratio != nil {
		return d.Ratio.validate(d)
	}
	if d.Rank != nil {
		return d.Rank.validate(d)
	}
	if d.Live == nil {
		return nil
	}
	return d.Live.validate()
}

// Runner computes indicators on schedule.
type Runner struct {
	opt     Options
	lacking bool // the last run found no device's value for some indicator
}

// New returns a runner.
func New(o Options) (*Runner, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	o.Bucket = cmp.Or(o.Bucket, schema.BucketFixed)
	o.Every = cmp.Or(o.Every, 5*time.Minute)
	o.Back = cmp.Or(o.Back, time.Hour)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Runner{opt: o}, nil
}

// Run computes until ctx ends, and returns nil then. changed asks for a run at
// once; it may be nil.
func (r *Runner) Run(ctx context.Context, changed <-chan struct{}) error {
	for {
		if err := r.Once(ctx); err != nil && ctx.Err() == nil {
			r.opt.Logger.Warn("indicators cannot be computed; the next run tries again", "error", err)
		}
		wait := r.opt.Every
		if r.lacking { // a city that has just begun
			wait = min(wait, time.Minute)
		}
		select {
		case <-time.After(wait):
		case <-changed:
		case <-ctx.Done():
			return nil
		}
	}
}

// Once computes every indicator as it is now, and writes what facts say.
func (r *Runner) Once(ctx context.Context) error {
	now := r.opt.Now().UTC().Truncate(r.opt.Every)
	gone, err := r.opt.Facts.Removed(ctx)
	if err != nil {
		return err
	}
	facts, err := r.opt.Facts.List(ctx)
	if err != nil {
		return err
	}
	facts = r.named(facts)
	figures, classes, err := r.asOf(ctx, facts, now)
	if err != nil {
		return err
	}
	for _, g := range gone {
		if err := r.takeBack(ctx, g.Fact, facts, figures, now.Add(r.opt.Every)); err != nil {
			return fmt.Errorf("take back %s of %s: %w", g.Fact.ID, g.Fact.Initiative, err)
		}
	}
	if err := r.write(ctx, r.opt.Bucket, figures, classes, func(Fact) time.Time { return now }); err != nil {
		return err
	}
	history := append(slices.Clone(facts), figures...)
	r.complete(history)
	err = r.write(ctx, schema.Day.Bucket(r.opt.Bucket), history, classes, func(f Fact) time.Time {
		return schema.Day.Start(cmp.Or(f.Date, now))
	})
	if err != nil {
		return err // what was taken back is removed, and written anew, by the next run
	}
	for _, g := range gone {
		err = errors.Join(err, r.opt.Facts.Forget(ctx, g))
	}
	return err
}

// asOf computes every indicator as it is now, of facts, of what the platform knows,
// of devices and of each other, and the classes of administrations.
func (r *Runner) asOf(ctx context.Context, facts []Fact, now time.Time) ([]Fact, map[place]int, error) {
	figures := newest(facts, now)
	if r.opt.Known != nil {
		known, err := r.opt.Known(ctx)
		if err != nil {
			return nil, nil, fmt.Errorf("what the platform knows: %w", err)
		}
		figures = withKnown(figures, r.named(known))
	}
	r.lacking = false
	for _, d := range r.opt.Definitions {
		if d.Live == nil {
			continue
		}
		live, err := r.live(ctx, d)
		if err != nil {
			return nil, nil, fmt.Errorf("indicator %s of %s: %w", d.ID, d.Initiative, err)
		}
		figures, r.lacking = append(figures, live...), r.lacking || len(live) == 0
	}
	for _, m := range r.opt.Services {
		counts, err := r.service(ctx, m)
		if err != nil {
			return nil, nil, fmt.Errorf("%s in service: %w", m, err)
		}
		figures = append(figures, counts...)
	}
	for _, d := range r.opt.Definitions {
		counted, err := r.counted(ctx, d, figures)
		if err != nil {
			return nil, nil, fmt.Errorf("indicator %s of %s: %w", d.ID, d.Initiative, err)
		}
		figures = withKnown(figures, counted)
	}
	figures, classes := r.derived(figures)
	r.complete(figures)
	return figures, classes, nil
}

// derived adds what follows from other figures, and tells the classes of
// administrations.
func (r *Runner) derived(figures []Fact) ([]Fact, map[place]int) {
	for _, d := range r.opt.Definitions {
		if d.Ratio != nil {
			figures = append(figures, d.ratios(figures)...)
		}
		if d.Done != nil {
			figures = append(figures, d.shares(figures)...)
		}
		figures = append(figures, d.whole(figures)...)
	}
	classes := r.classes(figures)
	for _, d := range r.opt.Definitions {
		if d.Rank != nil {
			figures = append(figures, d.ranks(figures, func(p place) string { return r.classOf(&d, classes, p) })...)
		}
	}
	return append(figures, r.classFigures(classes)...), classes
}

// classOf returns the class of population in which a definition's place stands.
func (r *Runner) classOf(d *Definition, classes map[place]int, p place) string {
	switch {
	case d.Split == ByAdministration:
		return className(classes, p)
	case r.opt.ClassOf != nil:
		return r.opt.ClassOf(p.comune)
	}
	return ""
}

// complete gives facts the baseline and target of their definition, where they
// bring none.
func (r *Runner) complete(facts []Fact) {
	for i := range facts {
		f := &facts[i]
		at := slices.IndexFunc(r.opt.Definitions, func(d Definition) bool { return d.Initiative == f.Initiative && d.ID == f.ID })
		if at < 0 {
			continue
		}
		d := &r.opt.Definitions[at]
		f.Baseline, f.Target = cmp.Or(f.Baseline, &d.Baseline), cmp.Or(f.Target, &d.Target)
	}
}

func (r *Runner) write(ctx context.Context, bucket string, facts []Fact, classes map[place]int, at func(Fact) time.Time) error {
	points := make([]ingest.Point, len(facts))
	for i, f := range facts {
		points[i] = f.point(at(f), className(classes, f.place()))
		if r.opt.PlaceOf == nil || f.Comune == "" {
			continue
		}
		if p, ok := r.opt.PlaceOf(f.Comune, f.Zone); ok {
			points[i].Position = p
		}
	}
	if len(points) == 0 {
		return nil
	}
	return r.opt.Store.Write(ctx, bucket, points)
}
