package api

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"rione/api/influxql"
	"rione/devices"
	"rione/ingest"
	"rione/ingest/schema"
)

// How often the store is asked again after a failure, and how often devices
// that left the registry are forgotten.
const (
	rebuildRetry = 3 * time.Second
	forgetEvery  = 10 * time.Minute
)

// remember rebuilds the latest values once, and keeps them to the devices of
// the registry until ctx ends.
func (s *Server) remember(ctx context.Context) {
	next := time.NewTimer(0)
	defer next.Stop()
	retry := rebuildRetry
	for rebuilt := false; ; {
		select {
		case <-ctx.Done():
			return
		case <-next.C:
		}
		if rebuilt {
			s.o.Latest.Forget(s.o.Registry.Snapshot())
		} else if err := s.o.Latest.Rebuild(ctx, s.o.Store, s.o.Registry.Snapshot(), s.o.Bucket, s.o.Movers); err == nil {
			rebuilt = true
		} else if ctx.Err() == nil {
			s.log.Warn("the latest values cannot be read from the store yet; trying again", "error", err)
		}
		wait := forgetEvery
		if !rebuilt {
			wait, retry = retry, min(2*retry, forgetEvery)
		}
		next.Reset(wait)
	}
}

// Rebuild fills l from the store, as after a restart: from the bucket of fixed
// things and that of movers, "" for none. Values that arrive meanwhile stay when
// they are newer. Only devices of the snapshot are taken. What a part of the
// store answers is taken although another part does not.
func (l *Latest) Rebuild(ctx context.Context, store Store, snapshot *devices.Snapshot, bucket, movers string) error {
	var failed error
	for _, m := range schema.All() {
		if !isReading(m) || ctx.Err() != nil {
			continue
		}
		answer, err := store.Query(ctx, bucket, lastOfEachSeries(m, l.lookback, bucket, movers))
		if err != nil {
			failed = fmt.Errorf("latest values of %s: %w", m.Name, err)
		}
		for i := range answer {
			l.restore(m, &answer[i], snapshot)
		}
	}
	return cmp.Or(failed, ctx.Err())
}

// lastOfEachSeries asks for the newest point of each series. A mover has one in
// every cell that it was in; the newest of them wins in store.
func lastOfEachSeries(m *schema.Measurement, lookback time.Duration, bucket, movers string) string {
	q := influxql.All(m).Since(lookback).BySeries().NewestFirst().Limit(1)
	if movers != "" {
		q.In(bucket, movers)
	}
	return q.String()
}

func (l *Latest) restore(m *schema.Measurement, s *ingest.Series, snapshot *devices.Snapshot) {
	d := snapshot.Resolve(s.Tags["device_id"])
	if d == nil {
		return
	}
	p := ingest.Point{Measurement: m, Device: d, Place: d.Current(), Tags: extraTags(m, s.Tags)}
	for _, row := range s.Values {
		readRow(&p, s.Columns, row)
		l.store(&p)
	}
}

// extraTags returns the measurement's own tags in the order of the schema,
// which is the order that points carry them in.
func extraTags(m *schema.Measurement, tags map[string]string) []ingest.Tag {
	var out []ingest.Tag
	for i := range m.Tags {
		if v := tags[m.Tags[i].Name]; v != "" {
			out = append(out, ingest.Tag{Name: m.Tags[i].Name, Value: v})
		}
	}
	return out
}

func readRow(p *ingest.Point, columns []string, row []any) {
	p.Fields = p.Fields[:0]
	for i, name := range columns {
		switch name {
		case "time":
			p.Time, _ = row[i].(time.Time)
		case "q":
			q, _ := ingest.NumberOf(row[i])
			p.Quality = ingest.Quality(q)
		default:
			if f := p.Measurement.Field(name); f != nil && row[i] != nil {
				p.Fields = append(p.Fields, fieldValue(f, row[i]))
			}
		}
	}
}

func fieldValue(f *schema.Field, v any) ingest.FieldValue {
	out := ingest.FieldValue{Field: f}
	n, isNumber := ingest.NumberOf(v)
	switch {
	case f.Type == schema.Text:
		out.Text, _ = v.(string)
	case f.Type == schema.Int && isNumber:
		out.Int = int64(n)
	default:
		out.Float = n
	}
	if i, ok := v.(int64); ok { // exact beyond 2^53
		out.Int = i
	}
	return out
}
