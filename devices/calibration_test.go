package devices

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

// day is noon of a day of March 2026.
func day(n int) time.Time { return time.Date(2026, 3, n, 12, 0, 0, 0, time.UTC) }

func TestCalibrationAt(t *testing.T) {
	d := Device{}
	for _, c := range []Calibration{
		{From: day(10), Field: "temp_c", Gain: 1, Offset: 10},
		{Field: "temp_c", Gain: 1, Offset: 1}, // since ever
		{From: day(5), Field: "temp_c", Gain: 1, Offset: 4},
		{From: day(5), Field: "temp_c", Gain: 1, Offset: 5}, // in place of the one before
		{From: day(7), Measurement: "air", Field: "temp_c", Gain: 1, Offset: 7},
		{From: day(5), Field: "rh_pct", Gain: 2},
	} {
		d.Calibrations = d.Calibrated(c)
	}
	if err := d.checkCorrections(); err != nil || len(d.Calibrations) != 5 {
		t.Fatalf("%v, %+v", err, d.Calibrations)
	}
	f := func(measurement, field string, at time.Time, want float64) {
		t.Helper()
		c := d.Calibration(measurement, field, at)
		if got := 0.0; c != nil {
			if got = c.Apply(20); got != want {
				t.Errorf("%s.%s at %s: %v, want %v", measurement, field, at, got, want)
			}
		} else if want != 20 {
			t.Errorf("%s.%s at %s has none", measurement, field, at)
		}
	}
	f("air", "temp_c", day(1), 21)
	f("air", "temp_c", day(5).Add(-1), 21)
	f("air", "temp_c", day(5), 25)
	f("air", "temp_c", day(8), 27)
	f("air", "temp_c", day(20), 27) // the measurement's own goes before one of any
	f("weather", "temp_c", day(8), 25)
	f("weather", "temp_c", day(10), 30)
	f("air", "rh_pct", day(4), 20)
	f("air", "rh_pct", day(6), 40)
	f("air", "pm1_ugm3", day(6), 20)
}

func TestCalibrationValidate(t *testing.T) {
	good := Calibration{From: day(1), Field: "temp_c", Gain: 1}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	f := func(change func(*Calibration), want string) {
		t.Helper()
		c := good
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", c, err, want)
		}
	}
	f(func(c *Calibration) { c.Field = "" }, "field")
	f(func(c *Calibration) { c.Field = "temp\nc" }, "control")
	f(func(c *Calibration) { c.Measurement = strings.Repeat("x", 65) }, "longer")
	for _, gain := range []float64{0, 1e-7, -1e7, math.NaN(), math.Inf(1)} {
		f(func(c *Calibration) { c.Gain = gain }, "gain")
	}
	for _, offset := range []float64{math.NaN(), math.Inf(-1), 1e13} {
		f(func(c *Calibration) { c.Offset = offset }, "offset")
	}
	f(func(c *Calibration) { c.From = time.Date(26, 3, 1, 0, 0, 0, 0, time.UTC) }, "year 26")
	d := Device{Calibrations: []Calibration{good, good}}
	if err := d.checkCorrections(); err == nil || !strings.Contains(err.Error(), "calibration 2") {
		t.Errorf("twice the same: %v", err)
	}
	for i := range maxCalibrations + 1 {
		d.Calibrations = append(d.Calibrations[:i:i], Calibration{From: day(1).Add(time.Duration(i)), Field: "x", Gain: 1})
	}
	if err := d.checkCorrections(); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("too many: %v", err)
	}
}

func TestInvalidAt(t *testing.T) {
	d := Device{}
	for _, p := range []Invalid{
		{From: day(10), Until: day(12), Why: "all"},
		{From: day(3), Until: day(5), Fields: []string{"temp_c", "weather.rh_pct"}, Why: "some"},
		{From: day(10), Until: day(12), Why: "all, again"},
		{From: day(10), Until: day(11), Fields: []string{"device.battery_v"}, Why: "battery"},
	} {
		d.Invalid = d.Invalidated(p)
	}
	if len(d.Invalid) != 3 || !d.Invalid[0].From.Equal(day(3)) {
		t.Fatalf("%+v", d.Invalid)
	}
	f := func(field string, at time.Time, want string) {
		t.Helper()
		m, name, _ := strings.Cut(field, ".")
		got := ""
		if p := d.InvalidAt(m, name, at); p != nil {
			got = p.Why
		}
		if got != want {
			t.Errorf("%s at %s: %q, want %q", field, at, got, want)
		}
	}
	f("air.temp_c", day(3).Add(-1), "")
	f("air.temp_c", day(3), "some")
	f("weather.temp_c", day(4), "some")
	f("weather.rh_pct", day(4), "some")
	f("air.rh_pct", day(4), "")
	f("air.temp_c", day(5), "") // the end is not in it
	f("air.temp_c", day(11), "all, again")
	f("device.rssi_dbm", day(11), "") // what it tells of itself stays
	f("device.battery_v", day(10), "battery")
	f("event.severity", day(11), "")

	left, undone := d.Revalidated(day(10))
	if len(left) != 1 || len(undone) != 2 {
		t.Errorf("left %+v, undone %+v", left, undone)
	}
	if left, undone = d.Revalidated(day(4)); len(left) != 3 || undone != nil {
		t.Errorf("of another time: left %+v, undone %+v", left, undone)
	}
}

func TestInvalidValidate(t *testing.T) {
	f := func(p Invalid, want string) {
		t.Helper()
		d := Device{Invalid: []Invalid{p}}
		if err := d.checkCorrections(); want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%+v: %v, want %q", p, err, want)
		}
	}
	f(Invalid{From: day(1), Until: day(2), Who: "anna", Why: "fell off"}, "")
	f(Invalid{From: day(1), Until: day(1), Why: "x"}, "not after")
	f(Invalid{Until: day(1), Why: "x"}, "two ends")
	f(Invalid{From: day(1), Why: "x"}, "two ends")
	f(Invalid{From: day(1), Until: day(2), Why: " "}, "why is missing")
	f(Invalid{From: day(1), Until: day(2), Why: "x", Fields: make([]string, maxInvalidFields+1)}, "more than")
	f(Invalid{From: day(1), Until: day(2), Why: strings.Repeat("x", maxNote+1)}, "longer")
	d := Device{Invalid: make([]Invalid, maxInvalid+1)}
	if err := d.checkCorrections(); err == nil || !strings.Contains(err.Error(), fmt.Sprint("more than ", maxInvalid)) {
		t.Error(err)
	}
}

// A snapshot shares corrections with nobody.
func TestSnapshotKeepsCorrections(t *testing.T) {
	d := Device{ID: "air-1", Placements: []Placement{{Comune: "058091"}}}
	d.Calibrations = []Calibration{{Field: "temp_c", Gain: 1}}
	d.Invalid = []Invalid{{From: day(1), Until: day(2), Why: "x"}}
	s, err := (&Snapshot{}).With(1, ChangeSet{Put: []Device{d}})
	if err != nil {
		t.Fatal(err)
	}
	d.Calibrations[0].Gain, d.Invalid[0].Why = 2, "y"
	if got := s.Device("air-1"); got.Calibrations[0].Gain != 1 || got.Invalid[0].Why != "x" {
		t.Errorf("%+v", got)
	}
}

func TestHistoryTellsOfCorrections(t *testing.T) {
	before := Device{ID: "air-1"}
	after := before
	after.Calibrations = []Calibration{{Field: "temp_c", Gain: 1, Offset: -0.5}, {From: day(1), Measurement: "air", Field: "rh_pct", Gain: 2}}
	after.Invalid = []Invalid{{From: day(2), Until: day(3), Why: "fell off"}}
	c := Change{Before: &before, After: &after}
	got := fmt.Sprint(c.Differences())
	want := "[{calibrations  temp_c since ever: times 1 plus -0.5\nair.rh_pct from 2026-03-01T12:00:00Z: times 2 plus 0} " +
		"{invalid  all fields from 2026-03-02T12:00:00Z to 2026-03-03T12:00:00Z: fell off}]"
	if got != want {
		t.Errorf("%s, want\n%s", got, want)
	}
}
