package rollup_test

import (
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"rione/ingest"
	"rione/ingest/quantity"
	"rione/ingest/schema"
)

// The oracle computes windows slowly and in another way than the runner: each
// window of each level straight from the readings, states second by second.

// reading is one value of a field of one series.
type reading struct {
	at int64 // Unix seconds
	v  float64
	w  float64 // window_s, 1 where there is none
}

func seriesKey(measurement string, tags map[string]string) string {
	out := measurement
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		if tags[k] != "" {
			out += "," + k + "=" + tags[k]
		}
	}
	return out
}

func tagsOf(p *ingest.Point) map[string]string {
	tags := map[string]string{"comune": p.Place.Comune, "device_id": p.Device.ID, "s2_cell_id": p.Place.Cell, "zone": p.Place.Zone}
	for _, t := range p.Tags {
		tags[t.Name] = t.Value
	}
	return tags
}

// seriesOf sorts readings by series and field, in order of time.
func seriesOf(points []ingest.Point) map[string]map[string][]reading {
	out := map[string]map[string][]reading{}
	for i := range points {
		p := &points[i]
		key := seriesKey(p.Measurement.Name, tagsOf(p))
		if out[key] == nil {
			out[key] = map[string][]reading{}
		}
		w := 1.0
		for _, f := range p.Fields {
			if f.Field.Name == "window_s" {
				w = float64(f.Int)
			}
		}
		for _, f := range p.Fields {
			out[key][f.Field.Name] = append(out[key][f.Field.Name], reading{p.Time.Unix(), f.Float + float64(f.Int), w})
		}
	}
	for _, fields := range out {
		for _, list := range fields {
			slices.SortFunc(list, func(a, b reading) int { return int(a.at - b.at) })
		}
	}
	return out
}

// romanStarts lists the starts of windows from a time until another: by minutes
// of the wall clock in Rome, one after the other.
func romanStarts(l schema.Level, from, to time.Time, rome *time.Location) []int64 {
	var out []int64
	for t := from.Truncate(time.Hour).Add(-32 * 24 * time.Hour); t.Before(to); t = t.Add(15 * time.Minute) {
		w := t.In(rome)
		first := map[schema.Level]bool{
			schema.Quarter: true, schema.Hour: w.Minute() == 0,
			schema.Day:   w.Minute() == 0 && w.Hour() == 0,
			schema.Month: w.Minute() == 0 && w.Hour() == 0 && w.Day() == 1,
		}[l]
		if first {
			out = append(out, t.Unix())
		}
	}
	return out
}

// expect returns the windows of a level that end by until.
func expect(points []ingest.Point, l schema.Level, until time.Time, rome *time.Location) map[string]map[int64]map[string]float64 {
	first := points[0].Time
	for i := range points {
		if points[i].Time.Before(first) {
			first = points[i].Time
		}
	}
	starts := romanStarts(l, first, until.Add(32*24*time.Hour), rome)
	out := map[string]map[int64]map[string]float64{}
	for key, fields := range seriesOf(points) {
		name, _, _ := strings.Cut(key, ",")
		m := schema.Lookup(name)
		windows := map[int64]map[string]float64{}
		for i, start := range starts[:len(starts)-1] {
			end := starts[i+1]
			if end > until.Unix() {
				break
			}
			if w := expectWindow(m, fields, start, end, l); len(w) > 0 {
				windows[start] = w
			}
		}
		out[key] = windows
	}
	return out
}

func expectWindow(m *schema.Measurement, fields map[string][]reading, start, end int64, l schema.Level) map[string]float64 {
	out := map[string]float64{}
	for name, list := range fields {
		from, _ := slices.BinarySearchFunc(list, start, func(r reading, t int64) int { return int(r.at - t) })
		to, _ := slices.BinarySearchFunc(list, end, func(r reading, t int64) int { return int(r.at - t) })
		switch fold := schema.FoldOf(m, m.Field(name)); fold {
		case schema.FoldNone:
		case schema.FoldShare:
			expectShare(out, name, list, from, to, start, end)
		case schema.FoldIncrease:
			expectIncrease(out, name, list, from, to)
			expectValid(out, name, to-from, start, end)
		default:
			if to > from {
				expectMeans(out, name, fold, list[from:to])
				expectValid(out, name, to-from, start, end)
			}
		}
	}
	if m.Name == "air" && l != schema.Quarter {
		expectIndex(out, fields, start, end)
	}
	return out
}

func expectValid(out map[string]float64, name string, n int, start, end int64) {
	if n > 0 {
		out[name+"_n"] = float64(n)
		out[name+"_valid_pct"] = math.Min(100, 100*float64(n)/(float64(end-start)/interval.Seconds()))
	}
}

func expectMeans(out map[string]float64, name string, fold schema.Fold, list []reading) {
	var sum, lo, hi = 0.0, math.Inf(1), math.Inf(-1)
	var levels, weights []float64
	var sin, cos float64
	for _, r := range list {
		sum, lo, hi = sum+r.v, math.Min(lo, r.v), math.Max(hi, r.v)
		levels, weights = append(levels, r.v), append(weights, r.w)
		sin, cos = sin+math.Sin(r.v*math.Pi/180), cos+math.Cos(r.v*math.Pi/180)
	}
	n := float64(len(list))
	if fold == schema.FoldCircular {
		out[name+"_mean"] = math.Mod(math.Atan2(sin, cos)*180/math.Pi+360, 360)
		out[name+"_r"] = math.Hypot(sin, cos) / n
		return
	}
	out[name+"_mean"], out[name+"_min"], out[name+"_max"] = sum/n, lo, hi
	switch fold {
	case schema.FoldSum:
		out[name+"_sum"] = sum
	case schema.FoldEnergetic:
		out[name+"_mean"] = quantity.EnergeticMeanOver(levels, weights)
		total := 0.0
		for _, w := range weights {
			total += w
		}
		out[name+"_w"] = total
	}
}

// expectShare looks at every second of the window.
func expectShare(out map[string]float64, name string, list []reading, from, to int, start, end int64) {
	known, on, i := 0, 0.0, from-1
	for t := start; t < end; t++ {
		for i+1 < len(list) && list[i+1].at <= t {
			i++
		}
		if i >= 0 && t < list[i].at+int64(3*interval.Seconds()) {
			known++
			on += list[i].v
		}
	}
	if known > 0 {
		out[name+"_n"] = float64(to - from)
		out[name+"_valid_pct"] = 100 * float64(known) / float64(end-start)
		out[name+"_on_pct"] = 100 * on / float64(known)
	}
}

func expectIncrease(out map[string]float64, name string, list []reading, from, to int) {
	inc, resets := 0.0, 0.0
	for i := max(from, 1); i < to; i++ {
		switch d := list[i].v - list[i-1].v; {
		case list[i].at-list[i-1].at > 24*3600:
		case d < 0:
			inc, resets = inc+list[i].v, resets+1
		default:
			inc += d
		}
	}
	if to > from {
		out[name+"_inc"], out[name+"_resets"] = inc, resets
	}
}

// expectIndex takes the worst of the hours' worst bands.
func expectIndex(out map[string]float64, fields map[string][]reading, start, end int64) {
	hours, worst := 0, 0
	for hour := start; hour < end; hour += 3600 {
		index := 0
		for name, list := range fields {
			sum, n := 0.0, 0
			for _, r := range list {
				if r.at >= hour && r.at < hour+3600 {
					sum, n = sum+r.v, n+1
				}
			}
			if 4*n >= 3*int(time.Hour/interval) {
				if band, ok := quantity.Band(name, sum/float64(n)); ok {
					index = max(index, band)
				}
			}
		}
		if index > 0 {
			hours, worst = hours+1, max(worst, index)
		}
	}
	if hours > 0 {
		out["eaqi_n"], out["eaqi_max"] = float64(hours), float64(worst)
	}
}
