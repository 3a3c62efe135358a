package opendata

import (
	"context"
	"slices"
	"time"

	"rione/api/influxql"
	"rione/api/table"
	"rione/devices"
	"rione/geo"
	"rione/ingest"
	"rione/ingest/schema"
)

// window chooses the rows of a data set. It only ever selects: no parameter
// changes what a row says.
type window struct {
	from, until time.Time // included, not included
	box         *geo.BBox // of the published positions; nil: everywhere
}

// cut ends the window where the delay begins. Groups are whole hours.
func (w window) cut(p *Publication, now time.Time) window {
	edge := now.Add(-p.delay())
	if p.Form == Groups {
		edge = edge.Truncate(time.Hour)
		w.from, w.until = w.from.Add(time.Hour-1).Truncate(time.Hour), w.until.Truncate(time.Hour)
	}
	if w.until.After(edge) {
		w.until = edge
	}
	return w
}

func (w window) empty() bool { return !w.from.Before(w.until) }

// layout returns the columns of a data set.
func (p *Publication) layout() *table.Layout {
	r, m := releaseOf(p.Measurement), schema.Lookup(p.Measurement)
	if p.Form == Single {
		return &table.Layout{Name: p.Measurement, Tags: append([]string{"device_id", "comune", "zone"}, r.tags...), Own: 3, Quality: true, Fields: table.FieldsOf(m, r.open)}
	}
	l := &table.Layout{Name: p.Measurement, Tags: append([]string{"comune", "s2_cell_id"}, r.split...), Own: 2}
	for _, name := range r.groups() {
		l.Fields = append(l.Fields, table.Field{Name: name, Type: schema.Float})
	}
	return l
}

// rows writes the rows of a data set, by time.
func (s *Service) rows(ctx context.Context, p *Publication, w window, out table.Writer) error {
	if w = w.cut(p, s.now()); w.empty() {
		return nil
	}
	if p.Form == Groups {
		return s.groupRows(ctx, p, w, out)
	}
	return s.singleRows(ctx, p, w, out)
}

func (s *Service) singleRows(ctx context.Context, p *Publication, w window, out table.Writer) error {
	l, m := p.layout(), schema.Lookup(p.Measurement)
	q := influxql.From(m).Where("comune", p.Comuni...).NotBefore(w.from).Before(w.until).Column("q").Column(l.Tags...)
	for _, f := range l.Fields {
		q.Column(f.Name)
	}
	one := &singles{p: p, w: w, layout: l, out: out, snapshot: s.o.Registry.Snapshot()}
	return s.o.Store.QueryEach(ctx, s.o.Bucket, q.String(), one.take)
}

// singles writes readings of devices. What it does not know well, it leaves out.
type singles struct {
	p        *Publication
	w        window
	layout   *table.Layout
	out      table.Writer
	snapshot *devices.Snapshot
	row      table.Row
}

func (o *singles) take(s *ingest.Series) error {
	at := func(name string) int { return slices.Index(s.Columns, name) }
	tags, fields := make([]int, len(o.layout.Tags)), make([]int, len(o.layout.Fields))
	for i, name := range o.layout.Tags {
		tags[i] = at(name)
	}
	for i, f := range o.layout.Fields {
		fields[i] = at(f.Name)
	}
	timeAt, qAt := at("time"), at("q")
	for _, values := range s.Values {
		r := &o.row
		r.Time, _ = values[timeAt].(time.Time)
		r.Q = values[qAt]
		r.Tags, r.Fields = r.Tags[:0], r.Fields[:0]
		for _, i := range tags {
			text, _ := values[i].(string)
			r.Tags = append(r.Tags, text)
		}
		for _, i := range fields {
			r.Fields = append(r.Fields, values[i])
		}
		if !o.place(r) || allNil(r.Fields) {
			continue
		}
		if err := o.out.Row(r); err != nil {
			return err
		}
	}
	return nil
}

// place gives the row its published position, and tells whether it may leave.
func (o *singles) place(r *table.Row) bool {
	r.Lat, r.Lon = nil, nil
	d := o.snapshot.Device(r.Tags[0])
	if !publishable(d) {
		return false
	}
	stood := d.At(r.Time)
	at, ok := published(stood, o.p.Exact)
	ok = ok && stood.Comune == r.Tags[1]
	if o.w.box != nil && (!ok || !o.w.box.Contains(at)) {
		return false
	}
	if ok {
		r.Lat, r.Lon = at.Lat, at.Lon
	}
	return true
}

// publishable tells whether single readings of a device may leave at all: never
// those of a home, nor of what no operator approved.
func publishable(d *devices.Device) bool { return d != nil && !d.Premises && !d.Pending }

// published returns where a placement is shown to everybody, false for nowhere.
// All that is not exact stands in the middle of its cell, on one grid.
func published(p *devices.Placement, exact bool) (geo.Point, bool) {
	switch {
	case p.Uncertain:
		return geo.Point{}, false
	case exact:
		return p.Point, true
	}
	return geo.CellCentre(p.Point.Cell(geo.LevelFixed))
}

func allNil(values []any) bool {
	for _, v := range values {
		if v != nil {
			return false
		}
	}
	return true
}
