package process

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"rione/devices"
	"rione/ingest"
	"rione/ingest/schema"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// corrections runs the values of one reading through normalization.
func corrections(t *testing.T, d *devices.Device, measurement string, at time.Time, values map[string]float64) (p *pipeline, pt *ingest.Point) {
	t.Helper()
	p = newPipeline(Options{Metrics: NewMetrics(nil), Clock: UseServerTime})
	p.msg = current{Message: &ingest.Message{}, device: d, track: p.tracks.of(0, 1)}
	p.look = &look{trace: &Trace{}}
	r := ingest.Reading{Measurement: measurement}
	for name, v := range values {
		r.Values = append(r.Values, ingest.Value{Field: name, Num: v})
	}
	pt = &ingest.Point{Measurement: schema.Lookup(measurement), Device: d, Time: at}
	p.normalize(&r, pt)
	return p, pt
}

func TestCalibrate(t *testing.T) {
	d := &devices.Device{ID: "x", Calibrations: []devices.Calibration{
		{From: noon, Field: "pm25_ugm3", Gain: 0.5, Offset: 1, Who: "anna", Note: "certificate 7"},
		{From: noon, Field: "clients", Gain: 1.1},
		{From: noon, Field: "up", Gain: 5},
		{From: noon, Field: "rh_pct", Gain: 1e6},
		{From: noon, Field: "rx_bytes", Gain: 1e6},
		{From: noon, Field: "bias_ma", Gain: 1e6},
	}}
	f := func(field string, at time.Time, value float64, want string) {
		t.Helper()
		m, name, _ := strings.Cut(field, ".")
		p, pt := corrections(t, d, m, at, map[string]float64{name: value})
		got := ""
		for _, v := range pt.Fields {
			got = fieldText(&v)
		}
		for _, s := range p.suspects {
			got = fmt.Sprintf("suspect %g %d", s.value, s.bits)
		}
		for _, r := range p.msg.refused {
			got = string(r.Reason)
		}
		if got != want {
			t.Errorf("%s %g at %s: %s, want %s", field, value, at, got, want)
		}
	}
	f("air.pm25_ugm3", noon.Add(-1), 20, "20 ug/m3")
	f("air.pm25_ugm3", noon, 20, "11 ug/m3")
	f("air.pm10_ugm3", noon, 20, "20 ug/m3")
	f("wifi_ap.clients", noon, 24, "26") // 26.4, and a number of people is whole
	f("wifi_ap.up", noon, 1, "1")        // a state is not calibrated
	f("air.rh_pct", noon, 50, "suspect 5e+07 2")
	f("net_if.rx_bytes", noon, 1e15, "wrong_type")
	f("bb_link.bias_ma", noon, math.MaxFloat64, "wrong_type")

	p, _ := corrections(t, d, "air", noon, map[string]float64{"pm25_ugm3": 20})
	want := Note{NoteCalibrated, "air.pm25_ugm3", "20 ug/m3", "11 ug/m3", "calibration: times 0.5 plus 1, from 2026-03-01T12:00:00Z on, by anna: certificate 7"}
	if notes := p.look.trace.Notes; len(notes) != 1 || notes[0] != want {
		t.Errorf("%+v, want %+v", notes, want)
	}
}

func TestDeclaredInvalid(t *testing.T) {
	d := &devices.Device{ID: "x", Invalid: []devices.Invalid{{From: noon, Until: noon.Add(time.Hour), Who: "anna", When: noon.AddDate(0, 0, 1), Why: "fell off its pole"}}}
	f := func(measurement string, at time.Time, fields, suspects int) *pipeline {
		t.Helper()
		values := map[string]float64{"temp_c": 21, "rh_pct": 50}
		if measurement == "device" {
			values = map[string]float64{"battery_v": 3, "rssi_dbm": -80}
		}
		p, pt := corrections(t, d, measurement, at, values)
		if len(pt.Fields) != fields || len(p.suspects) != suspects {
			t.Errorf("%s at %s: %d fields and %d suspects, want %d and %d", measurement, at, len(pt.Fields), len(p.suspects), fields, suspects)
		}
		for _, s := range p.suspects {
			if s.bits != ingest.Invalidated {
				t.Errorf("bits %d", s.bits)
			}
		}
		return p
	}
	f("air", noon.Add(-1), 2, 0)
	p := f("air", noon, 0, 2)
	f("air", noon.Add(time.Hour), 2, 0)
	f("device", noon, 2, 0)
	for _, n := range p.look.trace.Notes {
		if n.What != NoteInvalid || !strings.Contains(n.Why, "on 2026-03-02, by anna: fell off its pole") {
			t.Errorf("%+v", n)
		}
	}
	d.Invalid[0].Fields = []string{"air.temp_c"}
	f("air", noon, 1, 1)
	f("weather", noon, 2, 0)
}

// Devices without corrections pay nothing, and those with them allocate nothing.
func TestCorrectionsAllocateNothing(t *testing.T) {
	p := newPipeline(Options{Metrics: NewMetrics(nil), Clock: UseServerTime})
	d := &devices.Device{ID: "x", Calibrations: []devices.Calibration{{Field: "temp_c", Gain: 2}}, Invalid: []devices.Invalid{{From: noon, Until: noon.Add(1), Why: "x"}}}
	m := schema.Lookup("air")
	p.msg.track = p.tracks.of(0, 1)
	pt := ingest.Point{Measurement: m, Device: d, Time: noon.Add(1)}
	r := ingest.Reading{}
	v := ingest.FieldValue{Field: m.Field("temp_c"), Float: 1}
	if n := testing.AllocsPerRun(100, func() {
		v.Float = 1
		if p.calibrate(&pt, &v) != nil || p.doubt(&r, &pt, &v) != 0 || v.Float != 2 {
			t.Fatal(v)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
