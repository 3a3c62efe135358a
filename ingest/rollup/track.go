package rollup

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"rione/ingest"
	"rione/ingest/schema"
)

const (
	// longestGap is over how long a silence a counter's increase is counted and
	// a state may hold: after that nobody knows what happened.
	longestGap = 24 * time.Hour
	// holdIntervals is for how many expected intervals a state holds without a
	// reading, and defaultHold for how long where none is known.
	holdIntervals = 3
	defaultHold   = 45 * time.Minute
)

// track is one series while its windows are made.
type track struct {
	pass    *pass
	tags    map[string]string
	device  string
	every   time.Duration // expected between readings, 0 unknown
	last    []value       // of each column that carries
	windows map[int64]*window
}

// window is one window of a track.
type window struct {
	cells  []cell
	where  [2]float64 // latitude and longitude, last known
	placed bool
}

// value is a reading of one field.
type value struct {
	at time.Time
	v  any // int64, float64; nil: none
}

func (w *pass) newTrack(tags map[string]string) *track {
	t := &track{pass: w, tags: tags, device: tags["device_id"], windows: map[int64]*window{}, last: make([]value, len(w.plan.columns))}
	t.every = w.runner.opt.Interval(t.device)
	if c := w.before[keyOf(tags)]; c != nil {
		copy(t.last, c.last)
	}
	return t
}

// window returns the window that holds at.
func (t *track) window(at time.Time) *window {
	start := t.pass.level.Start(at).UnixNano()
	w := t.windows[start]
	if w == nil {
		w = &window{cells: make([]cell, len(t.pass.plan.columns))}
		t.windows[start] = w
	}
	return w
}

func (w *window) place(lat, lon any) {
	la, ok1 := ingest.NumberOf(lat)
	lo, ok2 := ingest.NumberOf(lon)
	if ok1 && ok2 {
		w.where, w.placed = [2]float64{la, lo}, true
	}
}

// reading takes a row of readings in.
func (t *track) reading(row []any) {
	p, place, at := t.pass.plan, &t.pass.layout, row[0].(time.Time)
	w := t.window(at)
	weight := 1.0
	if s, ok := ingest.NumberOf(row[place.weight]); ok && s > 0 { // a time is no number
		weight = s
	}
	for i, c := range p.columns[:p.read] {
		v, ok := ingest.NumberOf(row[place.fields[i]])
		if !ok {
			continue
		}
		if c.carries() {
			t.carry(w, i, value{at, row[place.fields[i]]})
		}
		w.cells[i].add(c.fold, v, weight)
	}
	w.place(row[place.lat], row[place.lon])
}

// carry counts what happened between the reading of a column before and now.
func (t *track) carry(w *window, i int, now value) {
	before := t.last[i]
	t.last[i] = now
	if before.v == nil {
		return
	}
	if t.pass.plan.columns[i].fold == schema.FoldShare {
		t.hold(i, before, now.at)
		return
	}
	if now.at.Sub(before.at) > longestGap {
		return
	}
	c := &w.cells[i]
	if d := difference(now.v, before.v); d >= 0 {
		c.inc += d
	} else { // it began again at zero
		c.inc += difference(now.v, int64(0))
		c.resets++
	}
}

// hold spreads the time for which a state stood over the windows of the span.
func (t *track) hold(i int, state value, until time.Time) {
	on, _ := ingest.NumberOf(state.v)
	end := state.at.Add(holdOf(t.every))
	if until.Before(end) {
		end = until
	}
	at := state.at
	if at.Before(t.pass.span.from) {
		at = t.pass.span.from
	}
	for at.Before(end) {
		next := t.pass.level.Next(t.pass.level.Start(at))
		if end.Before(next) {
			next = end
		}
		c := &t.window(at).cells[i]
		c.known += next.Sub(at).Seconds()
		c.on += on * next.Sub(at).Seconds()
		at = next
	}
}

func holdOf(every time.Duration) time.Duration {
	return min(longestGap, cmp.Or(holdIntervals*every, defaultHold))
}

// end holds the states to the end of the span.
func (t *track) end() {
	for i, c := range t.pass.plan.columns {
		if c.fold == schema.FoldShare && t.last[i].v != nil {
			t.hold(i, t.last[i], t.pass.span.to)
		}
	}
}

// part takes a row of the windows of the level below in.
func (t *track) part(row []any) {
	at := row[0].(time.Time)
	length := t.pass.below.Next(at).Sub(at).Seconds()
	w := t.window(at)
	place := &t.pass.layout
	for i, stats := range place.stats {
		fold := t.pass.plan.columns[i].fold
		var c cell
		for s, position := range stats {
			if v, ok := ingest.NumberOf(row[position]); ok {
				c.restore(fold, fold.Stats()[s], v, length)
			}
		}
		w.cells[i].merge(&c)
	}
	w.place(row[place.lat], row[place.lon])
}

// points appends the windows as points, oldest first. A window that stands with
// more readings behind it than there are now stays as it is: what it was made of
// is no longer complete.
func (t *track) points(out []ingest.Point, stand map[int64]int64) []ingest.Point {
	tags := tagsOf(t.tags)
	target := t.pass.plan.out[t.pass.level]
	for _, start := range slices.Sorted(maps.Keys(t.windows)) {
		w := t.windows[start]
		if w.readings(t.pass.plan) < stand[start] {
			t.pass.runner.metrics.frozen.Inc()
			continue
		}
		at := time.Unix(0, start).UTC()
		f := frame{length: t.pass.level.Next(at).Sub(at).Seconds(), interval: t.every.Seconds()}
		if t.pass.level == schema.Hour {
			w.index(t.pass.plan, f)
		}
		if fields := w.fields(t.pass.plan, target, f); len(fields) > 0 {
			out = append(out, ingest.Point{Measurement: target.m, Tags: tags, Fields: fields, Time: at})
		}
	}
	return out
}

// readings counts the values behind the window.
func (w *window) readings(p *plan) (n int64) {
	for i := range p.columns[:p.read] {
		n += w.cells[i].n
	}
	return n
}

func (w *window) fields(p *plan, to *target, f frame) []ingest.FieldValue {
	var out []ingest.FieldValue
	for i, fields := range to.fields {
		if w.cells[i].empty() {
			continue
		}
		fold := p.columns[i].fold
		for s, field := range fields {
			if v, ok := w.cells[i].stat(fold, fold.Stats()[s], f); ok {
				out = append(out, fieldValue(field, v))
			}
		}
	}
	if len(out) > 0 && w.placed {
		out = append(out, fieldValue(to.where[0], w.where[0]), fieldValue(to.where[1], w.where[1]))
	}
	return out
}

func fieldValue(f *schema.Field, v float64) ingest.FieldValue {
	if f.Type == schema.Int {
		return ingest.FieldValue{Field: f, Int: int64(v)}
	}
	return ingest.FieldValue{Field: f, Float: v}
}

// tagsOf returns the tags that a series has, in the order of their names.
func tagsOf(tags map[string]string) []ingest.Tag {
	var out []ingest.Tag
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		if tags[name] != "" {
			out = append(out, ingest.Tag{Name: name, Value: tags[name]})
		}
	}
	return out
}

// keyOf names a series.
func keyOf(tags map[string]string) string {
	var b strings.Builder
	for _, t := range tagsOf(tags) {
		b.WriteString(t.Name + "\x00" + t.Value + "\x00")
	}
	return b.String()
}

// difference is exact for integers, however large.
func difference(a, b any) float64 {
	x, ok1 := a.(int64)
	y, ok2 := b.(int64)
	if ok1 && ok2 {
		return float64(x - y)
	}
	f, _ := ingest.NumberOf(a)
	g, _ := ingest.NumberOf(b)
	return f - g
}
