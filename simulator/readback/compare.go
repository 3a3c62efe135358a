package readback

import (
	"fmt"
	"math"
	"time"

	"rione/geo"
	"rione/simulator/signal"
)

// positionTolerance is the difference in degrees that counts as none, about 1 m.
const positionTolerance = 1e-5

// compare notes a stored row in the window and tells the tally what is wrong
// with it. Rows that nobody expected are of other runs.
func (w *window) compare(d *Device, r *row, t *tally) {
	e := w.readings[rowKey(r)]
	if e == nil {
		return
	}
	if e.found++; e.found > 1 {
		t.find(Finding{Kind: StoredTwice, Device: d.ID, What: r.measurement, Time: at(r.ms)}, "stored twice at "+r.measurement)
	}
	for _, v := range e.values {
		got, ok := r.fields[v.Field]
		if ok && equal(got, v.Num) {
			continue
		}
		e.wrong = true
		f := Finding{Kind: WrongValue, Device: d.ID, What: r.measurement + "." + v.Field, Time: at(r.ms), Want: fmt.Sprint(v.Num), Got: "nothing"}
		cause := f.What + " is missing from a stored reading"
		if ok {
			f.Got, f.Hint = fmt.Sprint(got), unitHint(v, got)
			cause = f.What + " has another value" + prefixed(f.Hint)
		}
		t.find(f, cause)
	}
	if hint := misplaced(d, r); hint != "" {
		e.wrong = true
		t.find(Finding{Kind: WrongPlace, Device: d.ID, What: r.measurement, Time: at(r.ms), Hint: hint}, hint)
	}
}

func at(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

func prefixed(hint string) string {
	if hint == "" {
		return ""
	}
	return ": " + hint
}

// equal tells whether two numbers are one, but for what arithmetic leaves.
func equal(a, b float64) bool { return math.Abs(a-b) <= 1e-6*math.Max(1, math.Abs(b)) }

// misplaced says what is wrong with a row's place, "" when nothing is.
func misplaced(d *Device, r *row) string {
	p := geo.Point{Lat: r.fields["lat"], Lon: r.fields["lon"]}
	_, hasLat := r.fields["lat"]
	_, hasLon := r.fields["lon"]
	near := func(a, b float64) bool { return math.Abs(a-b) <= positionTolerance }
	switch {
	case !hasLat || !hasLon:
		return "lat or lon is missing"
	case near(p.Lat, d.At.Lon) && near(p.Lon, d.At.Lat):
		return "lat and lon are swapped"
	case !near(p.Lat, d.At.Lat) || !near(p.Lon, d.At.Lon):
		return "lat and lon are of another place"
	case r.tags["comune"] != d.Comune:
		return fmt.Sprintf("comune is %q, not %q", r.tags["comune"], d.Comune)
	case d.Zone != "" && r.tags["zone"] != d.Zone:
		return fmt.Sprintf("zone is %q, not %q", r.tags["zone"], d.Zone)
	case r.tags["s2_cell_id"] == "":
		return "s2_cell_id is missing"
	}
	return ""
}

// unitHint says which unit a wrong value would be right in, "" for none known.
func unitHint(want signal.Value, got float64) string {
	for _, u := range []struct {
		name  string
		value float64
	}{
		{"10 times too much", want.Num * 10}, {"100 times too much", want.Num * 100}, {"1000 times too much", want.Num * 1000},
		{"10 times too little", want.Num / 10}, {"100 times too little", want.Num / 100}, {"1000 times too little", want.Num / 1000},
		{"kelvin, not °C", want.Num + 273.15}, {"°F, not °C", want.Num*1.8 + 32},
		{"km/h, not m/s", want.Num * 3.6}, {"m/s, not km/h", want.Num / 3.6},
		{"cut to a whole number", math.Trunc(want.Num)}, {"the sign is turned", -want.Num},
	} {
		if want.Num != 0 && equal(got, u.value) {
			return "shifted unit? " + u.name
		}
	}
	return ""
}
