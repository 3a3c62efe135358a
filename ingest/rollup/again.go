package rollup

import (
	"context"
	"fmt"
	"time"

	"rione/ingest"
	"rione/ingest/schema"
)

// Order asks for windows to be made anew of what readings there are, such as after
// an expected interval was corrected. What stands there is deleted first, since
// InfluxDB keeps the fields of a point that another one in its place has not.
type Order struct {
	From, To time.Time // of the windows; To is not included
	Devices  []string
	DryRun   bool // only count
}

// Ordered is what an order comes to.
type Ordered struct {
	From, To     time.Time // as far as readings are kept and windows made; equal where none are
	Measurements int       // that there are readings of
	Quarters     int64     // quarters of an hour of one device and measurement at most, and what is made of them
}

// Again notes an order, durably; Run works it off like late readings, month by
// month, and after a restart goes on where it was. Ordered twice it does no harm.
func (r *Runner) Again(ctx context.Context, o Order) (Ordered, error) {
	plans, err := r.inUse(ctx)
	if err != nil {
		return Ordered{}, err
	}
	first, err := r.firstReading(ctx, plans)
	if err != nil {
		return Ordered{}, err
	}
	s := span{from: schema.Quarter.Start(later(o.From, first)), to: earlier(quarterAfter(o.To), r.until())}
	if !s.from.Before(s.to) {
		return Ordered{From: s.from, To: s.from}, nil
	}
	done := Ordered{From: s.from, To: s.to, Measurements: len(plans)}
	for _, month := range byMonth(s) {
		marks := marksOf(plans, o.Devices, quarterOf(month.from), quarterOf(month.to))
		for _, m := range marks {
			done.Quarters += m.To - m.From
		}
		if o.DryRun || len(marks) == 0 {
			continue
		}
		if err := r.opt.Keeper.Note(ctx, marks); err != nil {
			return Ordered{}, fmt.Errorf("order windows from %s on: %w", month.from.Format(time.RFC3339), err)
		}
	}
	return done, nil
}

// quarterAfter returns the start of the first quarter of an hour not before t.
func quarterAfter(t time.Time) time.Time {
	start := schema.Quarter.Start(t)
	if start.Before(t) {
		return schema.Quarter.Next(start)
	}
	return start
}

func marksOf(plans []*plan, devices []string, from, to int64) []Mark {
	var out []Mark
	for _, d := range devices {
		for _, p := range plans {
			out = append(out, Mark{Measurement: p.m.Name, Device: d, From: from, To: to, Anew: true})
		}
	}
	return out
}

// firstReading returns the start of the oldest quarter of an hour whose readings
// are all there, the one that is due where there are no readings.
func (r *Runner) firstReading(ctx context.Context, plans []*plan) (time.Time, error) {
	first := r.due()
	for _, p := range plans {
		q := "SELECT * FROM " + ident(p.m.Name) + " ORDER BY time LIMIT 1"
		err := r.eachSource(func(from source) error {
			return r.opt.Store.QueryEach(ctx, from.bucket, q, func(s *ingest.Series) error {
				if t, ok := s.Values[0][0].(time.Time); ok {
					first = earlier(first, schema.Quarter.Start(t))
				}
				return nil
			})
		})
		if err != nil {
			return first, fmt.Errorf("find the first reading: %w", err)
		}
	}
	return later(first, r.kept(schema.Quarter)), nil
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
