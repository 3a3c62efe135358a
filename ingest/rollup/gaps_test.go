package rollup_test

import (
	"math"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"rione/ingest"
	"rione/ingest/influx/influxtest"
	"rione/ingest/schema"
)

// says checks some statistics of one window; a NaN stands for one that must not
// be there.
func (r *rig) says(l schema.Level, series string, start time.Time, want map[string]float64) {
	r.t.Helper()
	got := r.stored(l)[series][start.Unix()]
	for name, w := range want {
		g, ok := got[name]
		if math.IsNaN(w) == ok || ok && math.Abs(g-w) > 1e-9*math.Max(1, math.Abs(w)) {
			r.t.Errorf("%v %s %v: %s is %v (%v), want %v", l, series, start, name, g, ok, w)
		}
	}
}

// What is said over a silence: a counter's increase is bridged for a day and no
// longer, one that became less began again at zero, and a state is unknown once
// it has held for three intervals.
func TestRealSilences(t *testing.T) {
	server := influxtest.Start(t)
	from := time.Date(2026, 5, 3, 22, 0, 0, 0, time.UTC) // midnight in Rome
	r := newRig(t, server, "silence", from.Add(72*time.Hour+3*time.Minute))
	ap := func(after time.Duration, up, uptime int) ingest.Point {
		return r.point("ap-1", "wifi_ap", from.Add(after), nil, map[string]any{"up": up, "uptime_s": uptime})
	}
	light := func(after time.Duration, kwh float64) ingest.Point {
		return r.point("light-1", "light", from.Add(after), nil, map[string]any{"energy_kwh": kwh})
	}
	const h = time.Hour
	r.write(nil, []ingest.Point{
		ap(0, 1, 1000), ap(10*time.Minute, 0, 1600), ap(24*h+10*time.Minute, 1, 90_000), // a day later, to the minute
		ap(48*h+10*time.Minute+time.Second, 1, 200_000), // a second more
		ap(50*h, 1, 30), ap(51*h, 1, 30), // began again; then nothing
		light(h, 10.5), light(2*h, 12), light(3*h, 0.25),
	})
	r.finish(1, 9)
	const on, lamp = "wifi_ap,comune=058091,device_id=ap-1,s2_cell_id=132f61a4,zone=Municipio I", "light,comune=058091,device_id=light-1,s2_cell_id=132f61a4,zone=Municipio I"
	day := func(n int) time.Time { return from.Add(time.Duration(n) * 24 * h) }
	r.says(schema.Quarter, on, from, map[string]float64{"uptime_s_inc": 600, "uptime_s_resets": 0, "up_n": 2, "up_valid_pct": 100, "up_on_pct": 100.0 * 10 / 15})
	r.says(schema.Quarter, on, from.Add(15*time.Minute), map[string]float64{"up_n": 0, "up_valid_pct": 100.0 * 10 / 15, "up_on_pct": 0, "uptime_s_n": math.NaN()}) // held until 25 min past
	r.says(schema.Hour, on, from, map[string]float64{"up_valid_pct": 100.0 * 25 / 60, "up_on_pct": 40, "up_n": 2})
	r.says(schema.Hour, on, from.Add(h), map[string]float64{"up_valid_pct": math.NaN()})
	r.says(schema.Day, on, day(0), map[string]float64{"uptime_s_inc": 600, "uptime_s_resets": 0})
	r.says(schema.Day, on, day(1), map[string]float64{"uptime_s_inc": 90_000 - 1600, "uptime_s_resets": 0})
	r.says(schema.Day, on, day(2), map[string]float64{"uptime_s_inc": 30 + 0, "uptime_s_resets": 1, "uptime_s_n": 3}) // the day before is not bridged
	r.says(schema.Day, lamp, day(0), map[string]float64{"energy_kwh_inc": 1.5 + 0.25, "energy_kwh_resets": 1, "energy_kwh_n": 3})
}

// The index of an hour takes pollutants that have three quarters of their
// readings; the mean of noise is that of its energy, that of wind goes over
// north.
func TestRealMeansByHand(t *testing.T) {
	server := influxtest.Start(t)
	from := time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC)
	r := newRig(t, server, "means", from.Add(2*time.Hour+3*time.Minute))
	var points []ingest.Point
	for i := range 24 { // of two hours
		at := from.Add(time.Duration(i) * interval)
		if i < 9 || i >= 12 && i < 20 { // 9 of 12, then 8 of 12
			points = append(points, r.point("air-1", "air", at, nil, map[string]any{"no2_ugm3": 120.0}))
		}
		points = append(points,
			r.point("noise-1", "noise", at, nil, map[string]any{"laeq_db": 50 + 20*float64(i%2), "window_s": 60 + 180*(i%2)}),
			r.point("weather-1", "weather", at, nil, map[string]any{"wind_deg": []float64{350, 30}[i%2], "rain_mm": 0.5}))
	}
	r.write(nil, points)
	r.finish(1<<30, 1)
	const place = ",s2_cell_id=132f61a4,zone=Municipio I"
	r.says(schema.Hour, "air,comune=058091,device_id=air-1"+place, from, map[string]float64{"no2_ugm3_valid_pct": 75, "eaqi_n": 1, "eaqi_max": 5})
	r.says(schema.Hour, "air,comune=058091,device_id=air-1"+place, from.Add(time.Hour), map[string]float64{"no2_ugm3_n": 8, "eaqi_n": math.NaN(), "eaqi_max": math.NaN()})
	r.says(schema.Hour, "noise,comune=058091,device_id=noise-1"+place, from, map[string]float64{"laeq_db_mean": 10 * math.Log10((60*1e5+240*1e7)/300), "laeq_db_w": 1800, "laeq_db_max": 70})
	r.says(schema.Hour, "weather,comune=058091,device_id=weather-1"+place, from, map[string]float64{"wind_deg_mean": 10, "wind_deg_r": math.Cos(20 * math.Pi / 180), "rain_mm_sum": 6})
}

// Late readings of a time whose other readings may be gone leave the windows as
// they stand, and that is counted; the first run begins with the first whole day.
func TestRealRetentionFreezes(t *testing.T) {
	server := influxtest.Start(t)
	from := time.Date(2026, 5, 3, 22, 0, 0, 0, time.UTC) // midnight in Rome
	r := newRig(t, server, "kept", from.Add(30*time.Hour+3*time.Minute))
	metrics := prometheus.NewRegistry()
	r.opt.Metrics, r.opt.Retention = metrics, schema.Retention{Raw: 24 * time.Hour}
	r.write(nil, city(r, from.Add(-48*time.Hour), from.Add(30*time.Hour)))
	run := r.open()
	if err := run.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	for key, windows := range r.stored(schema.Quarter) {
		for start := range windows {
			if first := from.Add(24 * time.Hour); time.Unix(start, 0).Before(first) {
				t.Fatalf("%s %v: made of a day that is not whole, want from %v on", key, time.Unix(start, 0).UTC(), first)
			}
		}
	}
	clear(r.store.writes)
	late := func(after time.Duration) ingest.Point {
		return r.point("air-1", "air", from.Add(after), []ingest.Tag{{Name: "grade", Value: "reference"}}, map[string]any{"temp_c": 11.0})
	}
	r.write(run, []ingest.Point{late(time.Hour), late(2 * time.Hour), late(5 * time.Hour)})
	if err := run.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(r.store.writes) > 0 || figure(t, metrics, "rione_rollup_frozen_windows_total") != 3 || figure(t, metrics, "rione_rollup_late_windows_total") != 0 {
		t.Errorf("written %v, frozen %v, late %v", r.store.writes, figure(t, metrics, "rione_rollup_frozen_windows_total"), figure(t, metrics, "rione_rollup_late_windows_total"))
	}
	r.write(run, []ingest.Point{late(25 * time.Hour)})
	if err := run.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r.store.writes["air_15m 2026-05-04T23:00:00Z"] != 1 || figure(t, metrics, "rione_rollup_late_windows_total") != 1 {
		t.Errorf("written %v", r.store.writes)
	}
}
