package rollup_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"rione/ingest"
	"rione/ingest/schema"
)

// The oracle of places computes their windows from the readings: means, extremes
// and sums of all readings of a place at once, and what follows from the course of
// one series (states, counters, the air's index) of each series by itself.

// inPlaceOf returns the tags of the windows of places that a reading counts in.
func inPlaceOf(p *ingest.Point) map[string]string {
	tags := map[string]string{"comune": p.Place.Comune, "zone": p.Place.Zone, schema.PlaceTag: p.Place.Comune}
	if p.Place.Zone != "" {
		tags[schema.PlaceTag] += "/" + p.Place.Zone
	}
	for _, t := range p.Tags {
		if p.Measurement.Tag(t.Name).Kind {
			tags[t.Name] = t.Value
		}
	}
	return tags
}

// placed are the readings of one place: series by series.
type placed struct {
	measurement *schema.Measurement
	series      map[string]map[string][]reading
	devices     map[string]string // of the series
}

func placesOf(points []ingest.Point) map[string]*placed {
	byPlace := map[string][]ingest.Point{}
	for i := range points {
		key := seriesKey(points[i].Measurement.Name, inPlaceOf(&points[i]))
		byPlace[key] = append(byPlace[key], points[i])
	}
	out := map[string]*placed{}
	for key, list := range byPlace {
		p := &placed{list[0].Measurement, seriesOf(list), map[string]string{}}
		for i := range list {
			p.devices[seriesKey(p.measurement.Name, tagsOf(&list[i]))] = list[i].Device.ID
		}
		out[key] = p
	}
	return out
}

func (p *placed) expect(start, end int64, l schema.Level) map[string]float64 {
	out, pooled, devices := map[string]float64{}, map[string][]reading{}, map[string]bool{}
	shares := map[string][]float64{}
	for key, fields := range p.series {
		alone := expectWindow(p.measurement, fields, start, end, l)
		for name, v := range alone {
			field, stat := split(name)
			switch stat {
			case "n", "inc", "resets":
				out[name] += v
			case "valid_pct":
				shares[field] = append(shares[field], v)
			case "on_pct":
				known := alone[field+"_valid_pct"] / 100 * float64(end-start)
				out[field+"_w"] += known
				out[field+"_sum"] += v / 100 * known
			case "max":
				if field == schema.AirIndex {
					out[name] = math.Max(out[name], v)
				}
			}
		}
		if len(alone) > 0 {
			devices[p.devices[key]] = true
		}
		for name, list := range fields {
			for _, r := range list {
				if r.at >= start && r.at < end {
					pooled[name] = append(pooled[name], r)
				}
			}
		}
	}
	for field, list := range shares {
		out[field+"_valid_pct"] = mean(list)
		if w, ok := out[field+"_w"]; ok {
			out[field+"_on_pct"] = 100 * out[field+"_sum"] / w
		}
	}
	for name, list := range pooled {
		p.expectPooled(out, name, list)
	}
	if len(devices) > 0 {
		out[schema.PlaceDevices] = float64(len(devices))
	}
	return out
}

// expectPooled adds the statistics that all readings of a place have together.
func (p *placed) expectPooled(out map[string]float64, name string, list []reading) {
	fold := schema.FoldOf(p.measurement, p.measurement.Field(name))
	sum := 0.0
	for _, r := range list {
		if fold == schema.FoldEnergetic {
			sum += r.w * math.Pow(10, r.v/10)
		} else {
			sum += r.v
		}
	}
	switch fold {
	case schema.FoldMean, schema.FoldSum, schema.FoldEnergetic:
		expectMeans(out, name, fold, list)
		out[name+"_sum"] = sum
	case schema.FoldCircular:
		expectMeans(out, name, fold, list)
	}
}

func split(name string) (field, stat string) {
	for _, stat := range []string{"valid_pct", "on_pct"} {
		if field, ok := strings.CutSuffix(name, "_"+stat); ok {
			return field, stat
		}
	}
	i := strings.LastIndexByte(name, '_')
	return name[:i], name[i+1:]
}

func mean(list []float64) float64 {
	sum := 0.0
	for _, v := range list {
		sum += v
	}
	return sum / float64(len(list))
}

// storedPlaces reads the windows of places of a level back.
func (r *rig) storedPlaces(l schema.Level) map[string]map[int64]map[string]float64 {
	r.t.Helper()
	return r.storedAs(l, l.PlaceMeasurement)
}

// comparePlaces compares the windows of places with those of the oracle, and
// looks for some that should not be there.
func comparePlaces(t *testing.T, r *rig, until time.Time) {
	t.Helper()
	for _, l := range schema.PlaceLevels() {
		got, checked := r.storedPlaces(l), 0
		for key, p := range placesOf(r.points) {
			windows := expectPlace(p, l, r.points[0].Time, until, inRome(t))
			for start, fields := range windows {
				checked += compareWindow(t, fmt.Sprintf("%s %v %v", key, l, time.Unix(start, 0).UTC()), fields, got[key][start])
			}
			for start := range got[key] {
				if windows[start] == nil {
					t.Errorf("%s %v %v: a window of a place that nobody expects: %v", key, l, time.Unix(start, 0).UTC(), got[key][start])
				}
			}
			delete(got, key)
		}
		if len(got) > 0 && r.opt.Movers == "" {
			t.Errorf("%v: places where nothing is: %v", l, slices.Sorted(maps.Keys(got)))
		}
		if ended := l.Start(until).After(r.points[0].Time); ended == (checked == 0) {
			t.Errorf("%v of places: %d values compared", l, checked)
		}
		t.Logf("%v of places: %d values equal", l, checked)
	}
}

func expectPlace(p *placed, l schema.Level, from, until time.Time, rome *time.Location) map[int64]map[string]float64 {
	starts := romanStarts(l, from, until.Add(32*24*time.Hour), rome)
	out := map[int64]map[string]float64{}
	for i, start := range starts[:len(starts)-1] {
		if end := starts[i+1]; end <= until.Unix() {
			if w := p.expect(start, end, l); len(w) > 0 {
				out[start] = w
			}
		}
	}
	return out
}
