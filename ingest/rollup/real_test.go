package rollup_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"rione/ingest"
	"rione/ingest/influx/influxtest"
	"rione/ingest/schema"
)

func inRome(t testing.TB) *time.Location {
	t.Helper()
	l, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// city makes readings of devices of several kinds, about one an interval, with
// silences, resets and jitter; seeded, so that every run is the same.
func city(r *rig, from, to time.Time) []ingest.Point {
	rng := rand.New(rand.NewPCG(7, 11))
	var out []ingest.Point
	count, uptime, bytes, energy := 0, 0, 1<<40, 100.0
	for at := from; at.Before(to); at = at.Add(interval) {
		silent := rng.IntN(10) == 0 || at.Minute()/10 == 3 && at.Hour()%5 == 0
		t := at.Add(time.Duration(rng.IntN(290)) * time.Second)
		if silent {
			continue
		}
		count++
		uptime += 300
		bytes += rng.IntN(1e6)
		energy += rng.Float64()
		if count%140 == 0 {
			uptime, bytes = 5, 17
		}
		add := func(device, measurement string, tags []ingest.Tag, values map[string]any) {
			out = append(out, r.point(device, measurement, t, tags, values))
		}
		add("air-1", "air", []ingest.Tag{{Name: "grade", Value: "reference"}}, map[string]any{
			"pm25_ugm3": 20 + 40*rng.Float64(), "no2_ugm3": 100 * rng.Float64(), "temp_c": 10 + 10*math.Sin(float64(count)/40)})
		add("noise-1", "noise", nil, map[string]any{"laeq_db": 40 + 30*rng.Float64(), "lamax_db": 80.5, "window_s": 30 + 30*rng.IntN(2)})
		add("weather-1", "weather", nil, map[string]any{"wind_deg": math.Mod(330+70*rng.Float64(), 360), "rain_mm": rng.Float64()})
		add("ap-1", "wifi_ap", nil, map[string]any{"up": rng.IntN(4) / 3, "clients": rng.IntN(50), "uptime_s": uptime})
		add("ap-1", "net_if", []ingest.Tag{{Name: "ifname", Value: "eth0"}}, map[string]any{"rx_bytes": bytes, "up": 1})
		add("light-1", "light", nil, map[string]any{"energy_kwh": energy, "lit": count / 60 % 2})
	}
	return out
}

// apart splits readings into those that come in time and those that come late:
// scattered ones, a whole afternoon, and the hours of the clock change itself.
func apart(points []ingest.Point, change time.Time) (inTime, late []ingest.Point) {
	for i, p := range points {
		since := p.Time.Sub(change)
		if i%61 == 0 || since > -time.Hour && since < time.Hour && i%3 == 0 || since > 12*time.Hour && since < 15*time.Hour {
			late = append(late, p)
		} else {
			inTime = append(inTime, p)
		}
	}
	return inTime, late
}

func compare(t *testing.T, r *rig, until time.Time) {
	t.Helper()
	for _, l := range schema.Rollups() {
		want, got := expect(r.points, l, until, inRome(t)), r.stored(l)
		checked := 0
		for key, windows := range want {
			for start, fields := range windows {
				checked += compareWindow(t, fmt.Sprintf("%s %v %v", key, l, time.Unix(start, 0).UTC()), fields, got[key][start])
			}
			for start := range got[key] {
				if windows[start] == nil {
					t.Errorf("%s %v %v: a window that nobody expects: %v", key, l, time.Unix(start, 0).UTC(), got[key][start])
				}
			}
		}
		if ended := l.Start(until).After(r.points[0].Time); ended == (checked == 0) {
			t.Errorf("%v: %d series, %d values compared", l, len(got), checked)
		}
		t.Logf("%v: %d series, %d values equal", l, len(got), checked)
	}
	comparePlaces(t, r, until)
}

func compareWindow(t *testing.T, what string, want, got map[string]float64) (checked int) {
	t.Helper()
	for name, w := range want {
		if g, ok := got[name]; !ok || math.Abs(g-w) > 1e-9*math.Max(1, math.Abs(w)) {
			t.Errorf("%s: %s = %v (stored: %v), want %v", what, name, g, ok, w)
		}
		checked++
	}
	for name := range got {
		if _, ok := want[name]; !ok && name != "lat" && name != "lon" {
			t.Errorf("%s: %s = %v, want none", what, name, got[name])
		}
	}
	if _, placed := got["lat"]; placed && (got["lat"] != 41.9 || got["lon"] != 12.5) {
		t.Errorf("%s: position %v, %v", what, got["lat"], got["lon"])
	}
	return checked
}

// The nights in which the clocks change, with late readings and a runner that
// dies again and again, at every few calls to its store.
func TestRealClockChanges(t *testing.T) {
	server := influxtest.Start(t)
	f := func(name, bucket, change string, hours int) {
		t.Run(name, func(t *testing.T) {
			night, err := time.Parse(time.RFC3339, change)
			if err != nil {
				t.Fatal(err)
			}
			day := schema.Day.Start(night)
			if got := schema.Day.Next(day).Sub(day).Hours(); got != float64(hours) {
				t.Fatalf("the day has %v hours", got)
			}
			end := schema.Month.Next(schema.Month.Start(night))
			from := day.Add(-2 * time.Hour)
			to := day.Add(26 * time.Hour)
			r := newRig(t, server, bucket, to.Add(5*time.Minute))
			inTime, late := apart(city(r, from, to), night)
			r.write(nil, inTime)
			crashes := r.finish(1, 17)
			r.write(r.open(), late)
			crashes += r.finish(1, 13)
			if crashes < 20 {
				t.Errorf("only %d crashes", crashes)
			}
			compare(t, r, to)
			r.opt.Stride = 48 * time.Hour
			r.now = end.Add(time.Hour) // the month ends
			r.finish(1000, 1000)
			compare(t, r, end)
		})
	}
	f("autumn", "autumn", "2026-10-25T01:00:00Z", 25)
	if !testing.Short() {
		f("spring", "spring", "2026-03-29T01:00:00Z", 23)
	}
}

// A window stays as it is once the readings behind it are gone, though late ones
// name it.
func TestRealFrozenWindows(t *testing.T) {
	server := influxtest.Start(t)
	from := time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC)
	r := newRig(t, server, "frozen", from.Add(3*time.Hour))
	points := city(r, from, from.Add(2*time.Hour))
	r.write(nil, points)
	r.finish(1<<30, 1)
	before := r.stored(schema.Quarter)
	if err := r.store.client.Delete(t.Context(), "frozen", "air", from, from.Add(90*time.Minute), "air-1"); err != nil {
		t.Fatal(err)
	}
	late := []ingest.Point{r.point("air-1", "air", from.Add(7*time.Minute+30*time.Second), []ingest.Tag{{Name: "grade", Value: "reference"}}, map[string]any{"temp_c": 69.0})}
	r.write(r.open(), late)
	r.finish(1<<30, 1)
	for key, windows := range r.stored(schema.Quarter) {
		for start, fields := range windows {
			if fmt.Sprint(fields) != fmt.Sprint(before[key][start]) {
				t.Errorf("%s %d changed: %v, was %v", key, start, fields, before[key][start])
			}
		}
	}
}

// A late reading makes the windows again that it touches, and no others.
func TestRealLateTouchesLittle(t *testing.T) {
	server := influxtest.Start(t)
	from := time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC)
	r := newRig(t, server, "late", from.Add(3*time.Hour))
	r.write(nil, city(r, from, from.Add(2*time.Hour)))
	r.finish(1<<30, 1)
	clear(r.store.writes)
	at := from.Add(67*time.Minute + 30*time.Second)
	r.write(r.open(), []ingest.Point{r.point("air-1", "air", at, []ingest.Tag{{Name: "grade", Value: "reference"}}, map[string]any{"temp_c": 11.0})})
	r.finish(1<<30, 1)
	want := map[string]int{"air_15m 2026-05-04T01:00:00Z": 1, "air_1h 2026-05-04T01:00:00Z": 1, "air_place_1h 2026-05-04T01:00:00Z": 1}
	if fmt.Sprint(r.store.writes) != fmt.Sprint(want) {
		t.Errorf("written %v, want %v", r.store.writes, want)
	}
}
