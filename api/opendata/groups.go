package opendata

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"rione/api/influxql"
	"rione/api/table"
	"rione/devices"
	"rione/geo"
	"rione/ingest"
	"rione/ingest/schema"
)

// groupChunk is how much time is read at once: what is kept meanwhile is one
// figure a field, cell and hour of it.
const groupChunk = 6 * time.Hour

// groupKey is a row of the grid. There is one grid of cells and hours for every
// publication and question, and never a sum over several of its rows: the
// difference of two answers is a set of rows, not a figure about fewer people.
type groupKey struct {
	time   time.Time
	comune string
	cell   string
	split  string // values of the split tags, joined
}

// tally gathers one field of a row.
type tally struct {
	sum     float64
	devices int
}

func (s *Service) groupRows(ctx context.Context, p *Publication, w window, out table.Writer) error {
	for from := w.from; from.Before(w.until); from = from.Add(groupChunk) {
		until := from.Add(groupChunk)
		if until.After(w.until) {
			until = w.until
		}
		g := newGathering(p, s.o.Registry.Snapshot())
		for function, fields := range g.functions() {
			q := g.query(function, fields).NotBefore(from).Before(until)
			if err := s.o.Store.QueryEach(ctx, s.o.Bucket, q.String(), g.take); err != nil {
				return err
			}
		}
		if err := g.write(w.box, out); err != nil {
			return err
		}
	}
	return nil
}

// gathering adds the hours of single devices up to groups.
type gathering struct {
	p        *Publication
	r        *release
	snapshot *devices.Snapshot
	fields   []string
	rows     map[groupKey][]tally
}

func newGathering(p *Publication, snapshot *devices.Snapshot) *gathering {
	r := releaseOf(p.Measurement)
	return &gathering{p: p, r: r, snapshot: snapshot, fields: r.groups(), rows: make(map[groupKey][]tally)}
}

// functions returns the fields by how an hour of a device becomes a number.
func (g *gathering) functions() map[string][]string {
	by := make(map[string][]string)
	for _, c := range g.r.counts {
		by[c.function] = append(by[c.function], c.field)
	}
	if len(g.r.homes) > 0 {
		by["mean"] = append(by["mean"], g.r.homes...)
	}
	return by
}

// query asks for the hours of every device. Readings that came late stay out:
// they would change a figure that is published, by what a single one says.
func (g *gathering) query(function string, fields []string) *influxql.Query {
	q := influxql.From(schema.Lookup(g.p.Measurement)).Where("comune", g.p.Comuni...).Without("q", int64(ingest.Late))
	for _, f := range fields {
		q.Aggregate(function, f)
	}
	return q.By("comune", "device_id", "s2_cell_id").By(g.r.split...).Every(time.Hour)
}

func (g *gathering) take(s *ingest.Series) error {
	d := g.snapshot.Device(s.Tags["device_id"])
	if d == nil || d.Pending {
		return nil
	}
	for _, row := range s.Values {
		key := groupKey{comune: s.Tags["comune"], cell: s.Tags["s2_cell_id"], split: g.splitOf(s.Tags)}
		for i, column := range s.Columns {
			if column == "time" {
				key.time, _ = row[i].(time.Time)
			}
		}
		for i, column := range s.Columns {
			field := slices.Index(g.fields, column)
			v, ok := ingest.NumberOf(row[i])
			if field < 0 || !ok || g.isHome(column) != d.Premises {
				continue
			}
			if g.rows[key] == nil {
				g.rows[key] = make([]tally, len(g.fields))
			}
			t := &g.rows[key][field]
			t.sum += v
			t.devices++
		}
	}
	return nil
}

func (g *gathering) splitOf(tags map[string]string) string {
	values := make([]string, len(g.r.split))
	for i, name := range g.r.split {
		values[i] = tags[name]
	}
	return strings.Join(values, "\x00")
}

// isHome tells whether the field is of homes; people are counted elsewhere.
func (g *gathering) isHome(field string) bool { return slices.Contains(g.r.homes, field) }

func (g *gathering) write(box *geo.BBox, out table.Writer) error {
	keys := make([]groupKey, 0, len(g.rows))
	for k := range g.rows {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b groupKey) int {
		return cmp.Or(a.time.Compare(b.time), strings.Compare(a.comune, b.comune), strings.Compare(a.cell, b.cell), strings.Compare(a.split, b.split))
	})
	var row table.Row
	for _, k := range keys {
		at, placed := geo.CellCentre(k.cell)
		if !placed || box != nil && !box.Contains(at) || !g.fill(&row, k) {
			continue
		}
		row.Lat, row.Lon = at.Lat, at.Lon
		if err := out.Row(&row); err != nil {
			return err
		}
	}
	return nil
}

// fill writes the figures that stand for enough people or homes, and tells
// whether there are any. How many devices a figure is of is not said.
func (g *gathering) fill(row *table.Row, k groupKey) bool {
	row.Time = k.time
	row.Tags = append(row.Tags[:0], k.comune, k.cell)
	if len(g.r.split) > 0 {
		row.Tags = append(row.Tags, strings.Split(k.split, "\x00")...)
	}
	row.Fields = row.Fields[:0]
	for i, t := range g.rows[k] {
		row.Fields = append(row.Fields, g.figure(g.fields[i], t))
	}
	return !allNil(row.Fields)
}

// figure returns what is published of a field, nil when it is of too few.
func (g *gathering) figure(field string, t tally) any {
	if g.isHome(field) {
		if t.devices < leastGroup {
			return nil
		}
		return significant(t.sum/float64(t.devices), 3)
	}
	if n := math.Round(t.sum); n >= leastGroup && t.sum >= leastGroup {
		return n
	}
	return nil
}

// significant rounds to some significant digits.
func significant(v float64, digits int) float64 {
	if v == 0 {
		return 0
	}
	scale := math.Pow(10, float64(digits)-1-math.Floor(math.Log10(math.Abs(v))))
	return math.Round(v*scale) / scale
}
