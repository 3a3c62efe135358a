package api

import (
	"slices"
	"time"

	"rione/devices"
)

// exportRow is one reading, its columns by position: no maps, and nothing that
// lives longer than the row.
type exportRow struct {
	time     time.Time
	tags     []string // as tagColumns names them, "" where there is none
	lat, lon any      // float64, or nil
	q        any      // int64, or nil
	fields   []any    // as the question names them: float64, int64, string or nil
}

// exporter turns the store's answer into rows of one format.
type exporter struct {
	q        *question
	out      rowWriter
	snapshot *devices.Snapshot

	columns []string // of the series that plan is for
	plan    exportPlan
	row     exportRow
}

// exportPlan says in which column of the answer a value stands, -1 in none.
type exportPlan struct {
	time, lat, lon, q int
	tags, fields      []int
}

// take writes the rows of one piece of the answer.
func (e *exporter) take(s *Series) error {
	if !slices.Equal(e.columns, s.Columns) {
		e.columns, e.plan = s.Columns, e.planFor(s.Columns)
	}
	for _, values := range s.Values {
		e.read(values)
		if err := e.out.row(&e.row); err != nil {
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
	r.time, _ = value(e.plan.time).(time.Time)
	r.tags, r.fields = r.tags[:0], r.fields[:0]
	for _, i := range e.plan.tags {
		text, _ := value(i).(string)
		r.tags = append(r.tags, text)
	}
	for _, i := range e.plan.fields {
		r.fields = append(r.fields, value(i))
	}
	r.lat, r.lon, r.q = degrees(value(e.plan.lat)), degrees(value(e.plan.lon)), value(e.plan.q)
	if d := e.snapshot.Device(r.tags[0]); d == nil || d.Premises {
		r.lat, r.lon = nil, nil
	}
}

// degrees reads a coordinate, which the store gives as an integer when it is
// whole.
func degrees(v any) any {
	if n, ok := number(v); ok {
		return n
	}
	return nil
}
