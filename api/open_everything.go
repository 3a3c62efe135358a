package api

import (
	"context"
	"slices"
	"sync"
	"time"

	"rione/api/influxql"
	"rione/api/view"
	"rione/devices"
	"rione/ingest"
	"rione/ingest/schema"
)

// everythingAge is how old the operators' view may be: it is made at most this
// often, however many ask.
const everythingAge = 2 * time.Second

// everything is the operators' view.Source: the registry and the latest values.
type everything struct {
	s *Server

	mu    sync.Mutex
	city  *view.City
	until time.Time
}

func newEverything(s *Server) *everything { return &everything{s: s} }

func (e *everything) cityNow() *view.City {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.s.o.Now()
	if e.city != nil && now.Before(e.until) {
		return e.city
	}
	c := &view.City{Made: now}
	for _, d := range e.s.o.Registry.Snapshot().All() {
		if !d.Retired && !d.Pending {
			c.Things = append(c.Things, e.thing(d))
		}
	}
	if e.s.o.Areas != nil {
		for _, a := range e.s.o.Areas() {
			if a.ValidTo.IsZero() {
				c.Areas = append(c.Areas, a)
			}
		}
	}
	c.Sort()
	e.city, e.until = c, now.Add(everythingAge)
	return c
}

func (e *everything) thing(d *devices.Device) *view.Thing {
	at := d.Current()
	t := &view.Thing{ID: d.ID, Name: d.Name, Kind: d.Kind, Model: d.Model, Comune: at.Comune, Zone: at.Zone, Since: at.ValidFrom, Interval: d.Interval}
	if p, ok := e.s.place(d); ok {
		t.Point = &p
	}
	e.s.o.Latest.view(d.ID, func(l *latestDevice) {
		if l == nil {
			return
		}
		for i := range l.series {
			t.Series = append(t.Series, seriesView(&l.series[i]))
		}
	})
	return t
}

func seriesView(l *latestSeries) view.Series {
	out := view.Series{Measurement: l.measurement, Tags: slices.Clone(l.tags), Time: l.time, Quality: l.quality}
	for i := range l.fields {
		f := &l.fields[i]
		out.Values = append(out.Values, view.Value{Field: f.value.Field, Value: valueOf(&f.value), Time: f.time})
	}
	return out
}

func valueOf(v *ingest.FieldValue) any {
	switch v.Field.Type {
	case schema.Int:
		return v.Int
	case schema.Text:
		return v.Text
	}
	return v.Float
}

// scoped is the operators' view of some comuni.
type scoped struct {
	all   *everything
	scope scope
}

var _ view.Source = (*scoped)(nil)

// City implements view.Source.
func (v *scoped) City(context.Context) (*view.City, error) {
	c := v.all.cityNow()
	if v.scope.all() {
		return c, nil
	}
	own := &view.City{Made: c.Made}
	for _, t := range c.Things {
		if v.scope.covers(t.Comune) {
			own.Things = append(own.Things, t)
		}
	}
	for _, a := range c.Areas {
		if v.scope.covers(a.Code) {
			own.Areas = append(own.Areas, a)
		}
	}
	return own, nil
}

// Readings implements view.Source.
func (v *scoped) Readings(ctx context.Context, span *view.Span) ([]view.Reading, error) {
	q := v.query(span).Column(span.Field.Name, "q").Limit(span.Limit).Offset(span.Skip)
	if span.Newest {
		q.NewestFirst()
	}
	return view.ReadReadings(ctx, v.all.s.o.Store, v.all.s.o.Bucket, q, span.Field)
}

// Count implements view.Source.
func (v *scoped) Count(ctx context.Context, span *view.Span) (int, error) {
	return view.ReadCount(ctx, v.all.s.o.Store, v.all.s.o.Bucket, v.query(span), span.Field)
}

func (v *scoped) query(span *view.Span) *influxql.Query {
	q := influxql.From(span.Measurement).In(v.all.s.buckets()...).Where("device_id", span.Thing.ID).
		Where("comune", v.scope.comuni...).NotBefore(span.From).Before(span.Until)
	for _, name := range tagNames(span.Measurement) {
		value := ""
		for _, t := range span.Tags {
			if t.Name == name {
				value = t.Value
			}
		}
		q.Where(name, value)
	}
	return q
}
