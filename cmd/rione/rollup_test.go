package main

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"rione/api"
	"rione/ingest"
	"rione/ingest/schema"
)

// history is readings of a few days ago, one every five minutes and device.
func history(devices int, from time.Time, hours, phase int) string {
	var out []string
	for d := range devices {
		for i := range hours * 12 {
			at := from.Add(time.Duration(i)*5*time.Minute + time.Duration(phase)*time.Second)
			out = append(out, fmt.Sprintf(`{"time":%d,"device_id":"air-%04d","measurement":"air","temp_c":%d.5}`, at.Unix(), 2*d, (7*i+3*d+phase)%40))
		}
	}
	return strings.Join(out, "\n")
}

// summary is what windows say of readings.
type summary struct{ n, sum, min, max float64 }

// expectedOf adds the stored readings up to windows, straight and slowly.
func (r *rig) expectedOf(l schema.Level) map[string]summary {
	r.t.Helper()
	out := map[string]summary{}
	for _, s := range r.query("SELECT temp_c FROM air GROUP BY device_id") {
		for _, row := range s.Values {
			key, v := s.Tags["device_id"]+" "+l.Start(row[0].(time.Time)).Format(time.RFC3339), row[1].(float64)
			w, ok := out[key]
			if !ok {
				w.min, w.max = v, v
			}
			out[key] = summary{w.n + 1, w.sum + v, min(w.min, v), max(w.max, v)}
		}
	}
	return out
}

// windowsAreRight tells how many windows of a level differ from the readings.
func (r *rig) windowsAreRight(l schema.Level) (wrong, all int) {
	r.t.Helper()
	want := r.expectedOf(l)
	q := "SELECT temp_c_n, temp_c_mean, temp_c_min, temp_c_max FROM " + l.Bucket("city") + ".." + l.Measurement("air") + " GROUP BY device_id"
	found := 0
	for _, s := range r.query(q) {
		for _, row := range s.Values {
			found++
			w := want[s.Tags["device_id"]+" "+row[0].(time.Time).Format(time.RFC3339)]
			got := fmt.Sprint(row[1], row[3], row[4])
			if mean, ok := ingest.NumberOf(row[2]); got != fmt.Sprint(w.n, w.min, w.max) || !ok || math.Abs(mean-w.sum/w.n) > 1e-9 {
				wrong++
			}
		}
	}
	return wrong + max(0, len(want)-found), len(want)
}

// rione is killed while it makes windows of late readings, again and again, and
// more of them come meanwhile. In the end every window is that of its readings.
func TestDrillRollups(t *testing.T) {
	const devices, hours = 3, 6
	r := newRig(t)
	r.register(2 * devices)
	r.up()
	from := schema.Day.Start(time.Now().Add(-72 * time.Hour))
	until := func() (s api.RollupStatus) { r.get("/v1/rollups", &s); return s }
	r.await("windows to begin", time.Minute, func() bool { return !until().Until.IsZero() })
	middle := 0
	for kill := range 2 {
		r.must(history(devices, from, hours, 60*kill), "import", "readings", "--rate", "100000", "-")
		r.await("late readings to be noted", time.Minute, func() bool { return until().Late > 0 })
		r.kill()
		r.up() // makes the windows of what is noted at once
		_, all := r.windowsAreRight(schema.Quarter)
		r.await("some windows", time.Minute, func() bool { wrong, _ := r.windowsAreRight(schema.Quarter); return wrong < all || all == 0 })
		if until().Late > 0 {
			middle++
		}
		r.kill()
		r.up()
	}
	t.Logf("%d of 2 kills came while windows were made", middle)
	for _, l := range schema.Rollups()[:3] {
		r.await("right windows of "+l.String(), 3*time.Minute, func() bool { wrong, all := r.windowsAreRight(l); return wrong == 0 && all > 0 })
	}
	if n := len(r.expectedOf(schema.Quarter)); n != devices*hours*4 {
		t.Errorf("readings of %d quarters, want %d", n, devices*hours*4)
	}
}
