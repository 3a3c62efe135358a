package rollup_test

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"rione/devices"
	"rione/geo"
	"rione/ingest"
	"rione/ingest/influx/influxtest"
	"rione/ingest/rollup"
	"rione/ingest/schema"
)

// Zones of the test's towns; one needs escapes and has a slash.
const centre, hill = "Centro", `Sant'Angelo "alto", 2/3`

// settle places devices: three in the centre, one on the hill, one in no zone, one
// in another comune.
func (r *rig) settle(kind string) {
	for i, p := range []struct{ comune, zone string }{
		{"058091", centre}, {"058091", centre}, {"058091", hill}, {"058091", centre}, {"058091", ""}, {"082053", centre},
	} {
		id, at := fmt.Sprintf("%s-%d", kind, i+1), geo.Point{Lat: 41.9, Lon: 12.5}
		r.fleet[id] = &devices.Device{ID: id, Placements: []devices.Placement{{Comune: p.comune, Zone: p.zone, Point: at, Cell: at.Cell(geo.LevelFixed)}}}
	}
}

// towns makes readings of several devices a place, of several kinds, which are
// silent now and then; seeded, so that every run is the same.
func towns(r *rig, from, to time.Time) (out []ingest.Point) {
	rng := rand.New(rand.NewPCG(13, 17))
	for _, kind := range []string{"air", "noise", "ap", "count"} {
		r.settle(kind)
	}
	tag := func(pairs ...string) (tags []ingest.Tag) {
		for i := 0; i < len(pairs); i += 2 {
			tags = append(tags, ingest.Tag{Name: pairs[i], Value: pairs[i+1]})
		}
		return tags
	}
	rx := 0
	for at := from; at.Before(to); at = at.Add(interval) {
		for i := range 6 {
			t := at.Add(time.Duration(i*40+rng.IntN(30)) * time.Second)
			if rng.IntN(8) == 0 || at.Hour() == 5+i { // silent
				continue
			}
			add := func(kind, measurement string, tags []ingest.Tag, values map[string]any) {
				out = append(out, r.point(fmt.Sprintf("%s-%d", kind, i+1), measurement, t, tags, values))
			}
			add("air", "air", tag("grade", []string{"reference", "indicative"}[i%2]), map[string]any{"pm25_ugm3": float64(10*i) + 30*rng.Float64(), "temp_c": 20 * rng.Float64()})
			add("air", "weather", nil, map[string]any{"wind_deg": math.Mod(300+float64(20*i)+90*rng.Float64(), 360), "rain_mm": rng.Float64()})
			add("noise", "noise", nil, map[string]any{"laeq_db": 40 + 30*rng.Float64(), "window_s": 30 * (1 + i%3)})
			add("ap", "wifi_ap", nil, map[string]any{"up": rng.IntN(3) / 2, "clients": rng.IntN(30)})
			for _, name := range []string{"eth0", "eth1"}[:1+i%2] {
				rx += rng.IntN(1000)
				add("ap", "net_if", tag("ifname", name, "role", "wan"), map[string]any{"rx_bytes": rx})
			}
			add("count", "traffic", tag("lane", fmt.Sprint(i), "dir", "in", "vclass", []string{"car", "bus"}[i/3]), map[string]any{"count": rng.IntN(20), "speed_kmh": 50 * rng.Float64()})
		}
	}
	return out
}

// Windows of places over the nights in which the clocks change, with late readings,
// a device that moved and one whose readings were deleted, by a runner that dies
// again and again.
func TestRealPlaces(t *testing.T) {
	server := influxtest.Start(t)
	f := func(bucket string, night time.Time) {
		t.Run(bucket, func(t *testing.T) {
			day := schema.Day.Start(night)
			from, to := day.Add(-time.Hour), schema.Day.Next(day).Add(2*time.Hour)
			r := newRig(t, server, bucket, to.Add(5*time.Minute))
			inTime, late := apart(towns(r, from, to), night)
			r.write(nil, inTime)
			crashes := r.finish(3, 19)
			comparePlaces(t, r, to)
			r.write(r.open(), late)
			crashes += r.finish(1, 23)
			comparePlaces(t, r, to)
			moved := elsewhere(of("air-1", since(r.points, night)), "058091", hill)
			r.restate("air-1", night, to)
			r.restate("ap-6", from, to) // its place has no others
			r.write(r.open(), moved)
			crashes += r.finish(1, 29)
			compare(t, r, to)
			if crashes < 20 {
				t.Errorf("only %d crashes", crashes)
			}
		})
	}
	f("autumn", time.Date(2026, 10, 25, 1, 0, 0, 0, time.UTC))
	if !testing.Short() {
		f("spring", time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC))
	}
}

// Whoever asks for several places adds sums and weights up and divides once: what
// comes out is that of all their readings.
func TestRealPlacesAddUp(t *testing.T) {
	server := influxtest.Start(t)
	from := time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC)
	r := newRig(t, server, "together", from.Add(9*time.Hour+3*time.Minute))
	r.write(nil, towns(r, from, from.Add(9*time.Hour)))
	r.finish(1<<30, 1)
	ask := func(q string) (out []float64) {
		t.Helper()
		series, err := r.store.client.Query(t.Context(), "", q+" AND comune = '058091'")
		if err != nil || len(series) != 1 {
			t.Fatalf("%s: %v, %d series", q, err, len(series))
		}
		for _, v := range series[0].Values[0][1:] {
			n, ok := ingest.NumberOf(v)
			if !ok {
				t.Fatalf("%s: %v", q, series[0].Values)
			}
			out = append(out, n)
		}
		return out
	}
	f := func(readings, places string) {
		t.Helper()
		const during = " WHERE time >= '2026-05-04T00:00:00Z' AND time < '2026-05-04T09:00:00Z'"
		of := func(measurement string) string {
			return ` FROM "together_1h".."` + schema.Hour.PlaceMeasurement(measurement) + `"` + during
		}
		name, expression, _ := strings.Cut(readings, ": ")
		want, got := ask("SELECT "+expression+` FROM "together".."`+name+`"`+during), ask("SELECT "+places+of(name))
		for i := range want {
			if math.Abs(got[i]-want[i]) > 1e-9*math.Max(1, math.Abs(want[i])) {
				t.Errorf("%s: %v of places, %v of readings", readings, got, want)
			}
		}
	}
	f("air: mean(temp_c), min(temp_c), max(temp_c), count(temp_c)", "sum(temp_c_sum) / sum(temp_c_n), min(temp_c_min), max(temp_c_max), sum(temp_c_n)")
	f("traffic: sum(count), mean(speed_kmh)", "sum(count_sum), sum(speed_kmh_sum) / sum(speed_kmh_n)")
	f("weather: sum(rain_mm)", "sum(rain_mm_sum)")
	f("noise: sum(window_s), count(laeq_db)", "sum(laeq_db_w), sum(laeq_db_n)")
	levels := ask(`SELECT 10 * log10(sum(laeq_db_sum) / sum(laeq_db_w)) FROM "together_1h".."noise_place_1h" WHERE time >= 0`)
	var energy, weight float64
	for i := range r.points {
		if p := &r.points[i]; p.Measurement.Name == "noise" && p.Place.Comune == "058091" {
			w := float64(p.Fields[1].Int)
			energy, weight = energy+w*math.Pow(10, p.Fields[0].Float/10), weight+w
		}
	}
	if want := 10 * math.Log10(energy/weight); math.Abs(levels[0]-want) > 1e-9 {
		t.Errorf("the mean level of places is %v, of readings %v", levels[0], want)
	}
	// The first of three is silent at five, and its state holds no longer than a
	// quarter of an hour.
	count := ask(`SELECT max(devices), min(devices) FROM "together_1h".."air_place_1h" WHERE zone = '` + centre + `' AND grade = 'indicative'`)
	if count[0] != 2 || count[1] != 1 {
		t.Errorf("%v indicative stations of the centre at most, %v at least; want 2 and 1", count[0], count[1])
	}
}

// withoutPlaces makes the rig's city one whose windows of series were made by a rione
// that knew no windows of places.
func (r *rig) withoutPlaces() {
	r.t.Helper()
	until := r.forgetPlaces()
	for _, l := range schema.PlaceLevels() {
		for _, m := range schema.Rolled() {
			for _, place := range []string{"058091", "058091/" + centre, "058091/" + hill, "082053/" + centre} {
				err := r.store.client.DeleteBy(r.t.Context(), schema.PlaceTag, l.Bucket(r.opt.Bucket), l.PlaceMeasurement(m.Name), time.Unix(0, 0), until, place)
				if err != nil {
					r.t.Fatal(err)
				}
			}
		}
	}
}

// forgetPlaces leaves the keeper of a rione that knew no windows of places, and
// returns until when windows of series are made.
func (r *rig) forgetPlaces() time.Time {
	r.t.Helper()
	until, err := r.keeper.Watermark(r.t.Context())
	if err == nil {
		r.keeper = newKeeper(r.t)
		r.opt.Keeper = r.keeper
		err = r.keeper.SetWatermark(r.t.Context(), until)
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return until
}

// A city whose windows were made without those of places gets them by itself, in
// bounded pieces and over crashes; since when they stand is true at any moment.
func TestRealPlacesOfAnOlderCity(t *testing.T) {
	server := influxtest.Start(t)
	from := time.Date(2026, 4, 29, 22, 0, 0, 0, time.UTC) // a day of April, and one of May and more
	to := from.Add(2*24*time.Hour + 5*time.Hour)
	r := newRig(t, server, "older", to.Add(-2*time.Hour))
	r.opt.Stride = 48 * time.Hour
	r.write(nil, towns(r, from, to))
	r.finish(1<<30, 1)
	whole := map[schema.Level]int{}
	for _, l := range schema.PlaceLevels() {
		whole[l] = countSince(r.storedPlaces(l), time.Time{})
	}
	want := r.storedPlaces(schema.Hour)
	r.withoutPlaces()
	if n := countSince(r.storedPlaces(schema.Hour), time.Time{}); n != 0 {
		t.Fatalf("%d hours of places are left", n)
	}
	r.now = to.Add(5 * time.Minute)
	stood := map[string]bool{}
	for fuse := 40; ; fuse += 31 {
		r.store.fuse = fuse
		err := r.open().Once(t.Context())
		r.store.fuse = -1
		run := r.open()
		for _, l := range schema.PlaceLevels() {
			r.holdsSince(run, l, want)
			stood[l.String()+run.Places(l).String()] = true
		}
		if err == nil {
			break
		}
	}
	if len(stood) < 3+2 { // all three in the end, and some on the way
		t.Errorf("pieces that were seen: %v", slices.Sorted(maps.Keys(stood)))
	}
	for l, n := range whole {
		if got := countSince(r.storedPlaces(l), time.Time{}); got < n || !r.open().Places(l).IsZero() {
			t.Errorf("%v: %d windows of places, %d before; since %v", l, got, n, r.open().Places(l))
		}
	}
	compare(t, r, to)
}

// holdsSince checks that hours of places stand from when on a runner says so.
func (r *rig) holdsSince(run *rollup.Runner, l schema.Level, want map[string]map[int64]map[string]float64) {
	r.t.Helper()
	if l != schema.Hour {
		return
	}
	got, from := r.storedPlaces(l), run.Places(l)
	for key, windows := range want {
		for start, fields := range windows {
			if at := time.Unix(start, 0); !at.Before(from) && got[key][start][schema.PlaceDevices] != fields[schema.PlaceDevices] {
				r.t.Errorf("%s %v is missing, though windows of places stand since %v", key, at.UTC(), from)
			}
		}
	}
}

func countSince(all map[string]map[int64]map[string]float64, from time.Time) (n int) {
	for _, windows := range all {
		for start := range windows {
			if !time.Unix(start, 0).Before(from) {
				n++
			}
		}
	}
	return n
}

// A late reading makes the windows of its own place again and of no other.
func TestRealLateTouchesItsPlace(t *testing.T) {
	server := influxtest.Start(t)
	from := time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC)
	r := newRig(t, server, "own", from.Add(4*time.Hour+3*time.Minute))
	r.write(nil, towns(r, from, from.Add(4*time.Hour)))
	r.finish(1<<30, 1)
	clear(r.store.writes)
	at := from.Add(67*time.Minute + 30*time.Second)
	r.write(r.open(), []ingest.Point{r.point("air-3", "air", at, []ingest.Tag{{Name: "grade", Value: "reference"}}, map[string]any{"temp_c": 11.0})})
	r.finish(1<<30, 1)
	want := map[string]int{"air_15m 2026-05-04T01:00:00Z": 1, "air_1h 2026-05-04T01:00:00Z": 1, "air_place_1h 2026-05-04T01:00:00Z": 1}
	if fmt.Sprint(r.store.writes) != fmt.Sprint(want) {
		t.Errorf("written %v, want %v", r.store.writes, want)
	}
	compare(t, r, from.Add(4*time.Hour))
}
