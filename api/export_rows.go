package api

import (
	"slices"
	"time"

	"rione/api/table"
	"rione/devices"
	"rione/ingest"
)

// exporter turns the store's answer into rows of one format.
type exporter struct {
	q        *question
	out      table.Writer
	snapshot *devices.Snapshot

	columns []string // of the series that plan is for
	plan    exportPlan
	row     table.Row
}

// exportPlan says in which column of the answer a value stands, -1 in none.
type exportPlan struct {
	time, lat, lon, q int
	tags, fields      []int
}

// take writes the rows of one piece of the answer.
func (e *exporter) take(s *ingest.Series) error {
	if !slices.Equal(e.columns, s.Columns) {
		e.columns, e.plan = s.Columns, e.planFor(s.Columns)
	}
	for _, values := range s.Values {
		e.read(values)
		if err := e.out.Row(&e.row); err != nil {
			return err
		}
	}
	return nil
}

func (e *exporter) planFor(columns []string) exportPlan {
	at := func(name string) int { return slices.Index(columns, name) }
	p := exportPlan{time: at("time"), lat: at("lat"), lon: at("lon"), q: at("q")}
	for _, name := range tagColumns(e.q.m) {
		p.tags = append(p.tags, at(name))
	}
	for _, name := range e.q.fields {
		p.fields = append(p.fields, at(name))
	}
	return p
}

// read fills the row. Positions of devices in homes stay out.
func (e *exporter) read(values []any) {
	value := func(i int) any {
		if i < 0 {
			return nil
		}
		return values[i]
	}
	r := &e.row
	r.Time, _ = value(e.plan.time).(time.Time)
	r.Tags, r.Fields = r.Tags[:0], r.Fields[:0]
	for _, i := range e.plan.tags {
		text, _ := value(i).(string)
		r.Tags = append(r.Tags, text)
	}
	for _, i := range e.plan.fields {
		r.Fields = append(r.Fields, value(i))
	}
	r.Lat, r.Lon, r.Q = table.Float(value(e.plan.lat)), table.Float(value(e.plan.lon)), value(e.plan.q)
	if d := e.snapshot.Device(r.Tags[0]); d == nil || d.Premises {
		r.Lat, r.Lon = nil, nil
	}
}
