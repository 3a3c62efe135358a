package rollup

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"rione/ingest"
	"rione/ingest/schema"
)

// placePass makes the windows of places of one measurement and level in a span:
// it folds the windows of series that stand there over the devices of each place.
// They come in order of time, so only one window's places are held at once.
type placePass struct {
	runner *Runner
	plan   *plan
	level  schema.Level
	layout layout // of the answer's rows
	tags   []int  // where in a row stand placeTags and the kinds
	device int

	at   time.Time               // start of the open windows
	open map[string]*placeWindow // by the values of the tags
	key  []byte
	out  []ingest.Point
}

// placeWindow is one window of one place and kind.
type placeWindow struct {
	tags    map[string]string
	cells   []placeCell
	devices map[string]bool
}

// placeCell sums one field over devices.
type placeCell struct {
	cell
	valid  float64 // Σ of the devices' shares, percent
	shares int     // how many of them have one
}

// places makes the windows of places of a level in s, of all places or of some.
func (r *Runner) places(ctx context.Context, p *plan, l schema.Level, s span, of []string) error {
	w := &placePass{runner: r, plan: p, level: l, open: map[string]*placeWindow{}}
	bucket, target := l.Bucket(r.opt.Bucket), p.places[l]
	if s.anew && len(of) > 0 { // of what no device is there any more
		if err := r.opt.Store.DeletePlaces(ctx, bucket, target.m.Name, s.from, s.to, of...); err != nil {
			return err
		}
	}
	err := r.opt.Store.QueryEach(ctx, bucket, p.inPlaces(l, s, of), func(found *ingest.Series) error {
		if !slices.Equal(w.layout.names, found.Columns) {
			w.setLayout(found.Columns)
		}
		for _, row := range found.Values {
			if at, _ := row[0].(time.Time); !at.Equal(w.at) {
				if err := w.next(ctx, at); err != nil {
					return err
				}
			}
			w.take(row)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("windows of %s: %w", target.m.Name, err)
	}
	if err := w.next(ctx, time.Time{}); err != nil {
		return err
	}
	return r.write(ctx, l, placeLevel(l), &w.out)
}

// inPlaces is the query of a level's windows of series in places, in order of time.
func (p *plan) inPlaces(l schema.Level, s span, places []string) string {
	q := selectFrom(p.out[l].m.Name, []string{"*"}, s, nil)
	var in []string
	for _, place := range places {
		comune, zone, _ := strings.Cut(place, "/")
		in = append(in, `"comune" = `+text(comune)+` AND "zone" = `+text(zone)) // '' where there is none
	}
	if len(in) == 0 {
		return q
	}
	return q + " AND (" + strings.Join(in, " OR ") + ")"
}

// text quotes a value.
func text(value string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`).Replace(value) + "'"
}

func (w *placePass) setLayout(columns []string) {
	w.layout = w.plan.layoutOf(columns)
	at := func(name string) int { return max(0, slices.Index(columns, name)) }
	w.device, w.tags = at("device_id"), w.tags[:0]
	for _, name := range w.plan.placed {
		w.tags = append(w.tags, at(name))
	}
}

// take takes a row of the windows of series in.
func (w *placePass) take(row []any) {
	p := w.window(row)
	device, _ := row[w.device].(string)
	p.devices[device] = true
	length := w.level.Next(w.at).Sub(w.at).Seconds()
	for i, stats := range w.layout.stats {
		fold := w.plan.columns[i].fold
		var c cell
		for s, position := range stats {
			v, ok := ingest.NumberOf(row[position])
			if !ok {
				continue
			}
			c.restore(fold, fold.Stats()[s], v, length)
			if fold.Stats()[s] == schema.StatValid {
				p.cells[i].valid += v
				p.cells[i].shares++
			}
		}
		p.cells[i].merge(&c)
	}
}

// window returns the open window that a row belongs to.
func (w *placePass) window(row []any) *placeWindow {
	w.key = w.key[:0]
	for _, position := range w.tags {
		value, _ := row[position].(string) // a time is none
		w.key = append(append(w.key, value...), 0)
	}
	p := w.open[string(w.key)]
	if p == nil {
		p = &placeWindow{cells: make([]placeCell, len(w.plan.columns)), devices: map[string]bool{}, tags: map[string]string{}}
		for i, position := range w.tags {
			p.tags[w.plan.placed[i]], _ = row[position].(string)
		}
		p.tags[schema.PlaceTag] = schema.PlaceName(p.tags["comune"], p.tags["zone"])
		w.open[string(w.key)] = p
	}
	return p
}

// next ends the open windows and begins those that start at a time.
func (w *placePass) next(ctx context.Context, at time.Time) error {
	target := w.plan.places[w.level]
	for _, key := range slices.Sorted(maps.Keys(w.open)) {
		p := w.open[key]
		if fields := p.fields(w.plan, target); len(fields) > 0 {
			fields = append(fields, ingest.FieldValue{Field: target.devices, Int: int64(len(p.devices))})
			w.out = append(w.out, ingest.Point{Measurement: target.m, Tags: tagsOf(p.tags), Fields: fields, Time: w.at})
		}
	}
	clear(w.open)
	w.at = at
	if len(w.out) < batchPoints {
		return nil
	}
	return w.runner.write(ctx, w.level, placeLevel(w.level), &w.out)
}

func (p *placeWindow) fields(plan *plan, to *placeTarget) (out []ingest.FieldValue) {
	for i, fields := range to.fields {
		c, fold := &p.cells[i], plan.columns[i].fold
		if c.empty() {
			continue
		}
		for s, stat := range fold.PlaceStats() {
			if v, ok := c.stat(fold, stat); ok {
				out = append(out, fieldValue(fields[s], v))
			}
		}
	}
	return out
}

// stat returns a statistic over the devices, false where it has none.
func (c *placeCell) stat(fold schema.Fold, name string) (float64, bool) {
	switch {
	case name == schema.StatValid:
		return c.valid / float64(c.shares), c.shares > 0
	case fold == schema.FoldShare && name == schema.StatWeight:
		return c.known, true
	case fold == schema.FoldShare && name == schema.StatSum:
		return c.on, true
	}
	return c.cell.stat(fold, name, frame{})
}

// placeTarget is where the windows of places of a level go.
type placeTarget struct {
	m       *schema.Measurement
	fields  [][]*schema.Field // of each column, one a statistic
	devices *schema.Field
}

func (p *plan) placeTarget(m *schema.Measurement) *placeTarget {
	t := &placeTarget{m: m, devices: m.Field(schema.PlaceDevices)}
	for _, c := range p.columns {
		var fields []*schema.Field
		for _, stat := range c.fold.PlaceStats() {
			fields = append(fields, m.Field(c.name+"_"+stat))
		}
		t.fields = append(t.fields, fields)
	}
	return t
}

// placeLevel names the windows of places of a level in metrics.
func placeLevel(l schema.Level) string { return "place_" + l.String() }
