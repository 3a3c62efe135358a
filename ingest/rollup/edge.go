package rollup

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"rione/ingest"
)

// carried is what a series said last before a span, by column.
type carried struct {
	tags map[string]string
	last []value
}

// readBefore reads the last value before the span of each column that carries.
func (w *pass) readBefore(ctx context.Context, from source, devices []string) error {
	q := w.plan.edge(from, "last", span{from: w.span.from.Add(-longestGap), to: w.span.from}, devices)
	err := w.runner.opt.Store.QueryEach(ctx, from.bucket, q, func(s *ingest.Series) error {
		key := keyOf(s.Tags)
		if w.before[key] == nil {
			w.before[key] = &carried{s.Tags, make([]value, len(w.plan.columns))}
		}
		at, _ := s.Values[0][0].(time.Time)
		i := slices.IndexFunc(w.plan.columns, func(c column) bool { return c.name == s.Columns[1] })
		w.before[key].last[i] = value{at, s.Values[0][1]}
		return nil
	})
	if err != nil {
		return fmt.Errorf("last readings of %s: %w", w.plan.m.Name, err)
	}
	return nil
}

// readCounts reads how many readings stand behind the windows of the span.
func (w *pass) readCounts(ctx context.Context, devices []string) error {
	w.counts, w.standing = map[string]map[int64]int64{}, map[string]bool{}
	q := w.plan.counts(w.level, w.span, devices)
	err := w.runner.opt.Store.QueryEach(ctx, w.level.Bucket(w.runner.opt.Bucket), q, func(s *ingest.Series) error {
		key := keyOf(s.Tags)
		w.standing[s.Tags["device_id"]] = true
		w.touch(s.Tags)
		if w.counts[key] == nil {
			w.counts[key] = map[int64]int64{}
		}
		for _, row := range s.Values {
			at, _ := row[0].(time.Time)
			for i, name := range s.Columns {
				if count, ok := row[i].(int64); ok && counted(name) {
					w.counts[key][at.UnixNano()] += count
				}
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("windows of %s: %w", w.plan.out[w.level].m.Name, err)
	}
	return nil
}

// forget deletes what stands in the span if it is to be made anew: some of it
// may be of series that no reading is of any more.
func (w *pass) forget(ctx context.Context) error {
	if !w.span.anew || len(w.standing) == 0 {
		return nil
	}
	if err := w.runner.noteTouched(ctx); err != nil {
		return err
	}
	bucket, name := w.level.Bucket(w.runner.opt.Bucket), w.plan.out[w.level].m.Name
	if err := w.runner.opt.Store.Delete(ctx, bucket, name, w.span.from, w.span.to, slices.Sorted(maps.Keys(w.standing))...); err != nil {
		return err
	}
	clear(w.counts)
	return nil
}
