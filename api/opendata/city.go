package opendata

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"rione/api/influxql"
	"rione/api/table"
	"rione/api/view"
	"rione/devices"
	"rione/geo"
	"rione/ingest"
	"rione/ingest/schema"
)

// How long a published city is good, and how far back its newest readings lie at
// most before the delay.
const (
	cityAge  = time.Minute
	lookback = 24 * time.Hour
)

// City implements view.Source: the devices whose readings are published one by
// one, with the newest that the delay lets out.
func (s *Service) City(ctx context.Context) (*view.City, error) {
	s.making.Lock()
	defer s.making.Unlock()
	snapshot, now := s.o.Registry.Snapshot(), s.now()
	stamp := s.stampOf(snapshot)
	if s.city != nil && now.Before(s.until) && stamp == s.stamp {
		return s.city, nil
	}
	city, err := s.makeCity(ctx, snapshot, now)
	if err != nil {
		return nil, err
	}
	s.city, s.until, s.stamp = city, now.Add(cityAge), stamp
	return city, nil
}

// stampOf changes with everything that decides what is published.
func (s *Service) stampOf(snapshot *devices.Snapshot) string {
	var b strings.Builder
	fmt.Fprint(&b, snapshot.Revision)
	for _, p := range s.o.Publications.Published() {
		fmt.Fprint(&b, " ", p.ID, p.Changed.UnixNano())
	}
	return b.String()
}

func (s *Service) makeCity(ctx context.Context, snapshot *devices.Snapshot, now time.Time) (*view.City, error) {
	c := &view.City{Made: now, Areas: s.areas()}
	m := &cityMaker{city: c, snapshot: snapshot, byID: make(map[string]*view.Thing)}
	for _, name := range measurements() {
		m.terms = s.o.Publications.termsOf(name)
		for _, delay := range delaysOf(m.terms) {
			m.delay, m.r, m.m = delay, releaseOf(name), schema.Lookup(name)
			edge := now.Add(-delay)
			q := influxql.From(m.m).Where("comune", comuniWith(m.terms, delay)...).NotBefore(edge.Add(-lookback)).Before(edge).
				Column("q").Column(m.r.open...).By("comune", "device_id").By(m.r.tags...).NewestFirst().Limit(1)
			if err := s.o.Store.QueryEach(ctx, s.o.Bucket, q.String(), m.take); err != nil {
				return nil, fmt.Errorf("published values of %s: %w", name, err)
			}
		}
	}
	c.Sort()
	return c, nil
}

// areas are the outlines of the comuni of which something is published.
func (s *Service) areas() []geo.Area {
	if s.o.Areas == nil {
		return nil
	}
	known := make(map[string]bool)
	for _, p := range s.o.Publications.Published() {
		for _, c := range p.Comuni {
			known[c] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(s.o.Areas()), func(a geo.Area) bool { return !known[a.Code] || !a.ValidTo.IsZero() })
}

func delaysOf(t map[string]terms) []time.Duration {
	set := make(map[time.Duration]bool)
	for _, one := range t {
		set[one.delay] = true
	}
	return slices.Sorted(maps.Keys(set))
}

func comuniWith(t map[string]terms, delay time.Duration) []string {
	var codes []string
	for comune, one := range t {
		if one.delay == delay {
			codes = append(codes, comune)
		}
	}
	slices.Sort(codes)
	return codes
}

// cityMaker gathers the newest readings of one measurement after the other.
type cityMaker struct {
	city     *view.City
	snapshot *devices.Snapshot
	byID     map[string]*view.Thing

	m     *schema.Measurement
	r     *release
	terms map[string]terms
	delay time.Duration
}

func (c *cityMaker) take(s *ingest.Series) error {
	d := c.snapshot.Device(s.Tags["device_id"])
	if !publishable(d) || d.Retired || d.Current().Comune != s.Tags["comune"] {
		return nil
	}
	for _, row := range s.Values {
		if series := c.read(s, row); len(series.Values) > 0 {
			t := c.thing(d)
			t.Series = append(t.Series, series)
		}
	}
	return nil
}

func (c *cityMaker) read(s *ingest.Series, row []any) view.Series {
	out := view.Series{Measurement: c.m}
	for _, name := range c.r.tags {
		if v := s.Tags[name]; v != "" {
			out.Tags = append(out.Tags, ingest.Tag{Name: name, Value: v})
		}
	}
	for i, column := range s.Columns {
		switch f := c.m.Field(column); {
		case column == "time":
			out.Time, _ = row[i].(time.Time)
		case column == "q":
			q, _ := ingest.NumberOf(row[i])
			out.Quality = ingest.Quality(q)
		case f != nil && row[i] != nil:
			out.Values = append(out.Values, view.Value{Field: f, Value: typed(f, row[i])})
		}
	}
	for i := range out.Values {
		out.Values[i].Time = out.Time
	}
	return out
}

// typed gives a value of the store the type of its field.
func typed(f *schema.Field, v any) any {
	if f.Type == schema.Float {
		return table.Float(v)
	}
	return v
}

// thing returns the device as everybody sees it. Its position is exact when that
// of any of its readings is.
func (c *cityMaker) thing(d *devices.Device) *view.Thing {
	at := d.Current()
	t := c.byID[d.ID]
	if t == nil {
		t = &view.Thing{ID: d.ID, Kind: d.Kind, Comune: at.Comune, Zone: at.Zone, Interval: d.Interval, Since: at.ValidFrom}
		if p, ok := published(at, false); ok {
			t.Point = &p
		}
		c.byID[d.ID] = t
		c.city.Things = append(c.city.Things, t)
	}
	if c.terms[at.Comune].exact {
		if p, ok := published(at, true); ok {
			t.Point = &p
		}
	}
	return t
}

// Readings implements view.Source. Whatever the span asks for, it gets what is
// published.
func (s *Service) Readings(ctx context.Context, span *view.Span) ([]view.Reading, error) {
	q, ok := s.spanQuery(span)
	if !ok {
		return nil, nil
	}
	q.Column(span.Field.Name, "q").Limit(span.Limit).Offset(span.Skip)
	if span.Newest {
		q.NewestFirst()
	}
	return view.ReadReadings(ctx, s.o.Store, s.o.Bucket, q, span.Field)
}

// Count implements view.Source.
func (s *Service) Count(ctx context.Context, span *view.Span) (int, error) {
	q, ok := s.spanQuery(span)
	if !ok {
		return 0, nil
	}
	return view.ReadCount(ctx, s.o.Store, s.o.Bucket, q, span.Field)
}

// spanQuery returns the statement without its columns, false when nothing that
// is published can be in the span.
func (s *Service) spanQuery(span *view.Span) (*influxql.Query, bool) {
	d := s.o.Registry.Snapshot().Device(span.Thing.ID)
	r := releaseOf(span.Measurement.Name)
	if !publishable(d) || r == nil || !slices.Contains(r.open, span.Field.Name) {
		return nil, false
	}
	var comuni []string
	var delay time.Duration // of a device that moved, the longest of its comuni
	all := s.o.Publications.termsOf(span.Measurement.Name)
	for i := range d.Placements {
		if t, ok := all[d.Placements[i].Comune]; ok {
			comuni, delay = append(comuni, d.Placements[i].Comune), max(delay, t.delay)
		}
	}
	until := s.now().Add(-delay)
	if !span.Until.IsZero() && span.Until.Before(until) {
		until = span.Until
	}
	if len(comuni) == 0 || !span.From.Before(until) {
		return nil, false
	}
	q := influxql.From(span.Measurement).Where("device_id", d.ID).Where("comune", comuni...).NotBefore(span.From).Before(until)
	for _, name := range r.tags {
		q.Where(name, tagValue(span.Tags, name))
	}
	return q, true
}

func tagValue(tags []ingest.Tag, name string) string {
	for _, t := range tags {
		if t.Name == name {
			return t.Value
		}
	}
	return "" // InfluxQL: the series without the tag
}
