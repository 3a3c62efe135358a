package process

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"rione/devices"
	"rione/ingest"
	"rione/ingest/quantity"
	"rione/ingest/schema"
)

func TestCanonical(t *testing.T) {
	f := func(field string, v ingest.Value, want string) {
		t.Helper()
		m, name, _ := strings.Cut(field, ".")
		out, assumed, refusal := canonical(&v, schema.Lookup(m).Field(name))
		got := fmt.Sprintf("%v %v%s", out.Float, out.Int, out.Text)
		if refusal != nil {
			got = string(refusal.Reason)
			if refusal.Field != name || refusal.Detail == "" {
				t.Errorf("%s: refusal %+v does not say what is wrong", field, refusal)
			}
		}
		if assumed {
			got += " assumed"
		}
		if got != want {
			t.Errorf("%s of %+v: %s, want %s", field, v, got, want)
		}
	}
	num := func(n float64) ingest.Value { return ingest.Value{Num: n} }
	text := func(s string) ingest.Value { return ingest.Value{Kind: ingest.Text, Text: s} }
	yes, no := ingest.Value{Kind: ingest.Bool, Num: 1}, ingest.Value{Kind: ingest.Bool}
	unit := func(n float64, symbol string) ingest.Value {
		u, ok := quantity.Parse(symbol)
		if !ok {
			t.Fatalf("no unit %s", symbol)
		}
		return ingest.Value{Num: n, Unit: u}
	}

	f("air.temp_c", num(21), "21 0")
	f("air.temp_c", text(" 21.5 "), "21.5 0")
	f("air.temp_c", text("warm"), "wrong_type")
	f("air.temp_c", text(""), "wrong_type")
	f("air.temp_c", yes, "wrong_type")
	for _, s := range []string{"NaN", "nan", "Inf", "-Inf", "+Infinity", "1e999", "-1e999"} {
		f("air.temp_c", text(s), "wrong_type")
	}
	f("air.temp_c", num(math.NaN()), "wrong_type")
	f("air.temp_c", num(math.Inf(-1)), "wrong_type")

	f("wifi_ap.clients", num(20.0), "0 20")
	f("wifi_ap.clients", text("20.0"), "0 20")
	f("wifi_ap.clients", num(20.5), "wrong_type")
	f("wifi_ap.clients", yes, "wrong_type")
	f("net_if.rx_bytes", num(1<<53), "0 9007199254740992")
	f("net_if.rx_bytes", num(1e19), "wrong_type")
	f("net_if.rx_bytes", num(-1e19), "wrong_type")
	f("wifi_ap.up", yes, "0 1")
	f("wifi_ap.up", no, "0 0")
	f("wifi_ap.up", num(1), "0 1")
	f("wifi_ap.up", text("1"), "0 1")

	f("event.text", text("a lamp is out"), "0 0a lamp is out")
	f("event.text", num(3), "wrong_type")

	f("air.temp_c", unit(294.15, "K"), "21 0")
	f("air.press_hpa", unit(101325, "Pa"), "1013.25 0")
	f("air.no2_ugm3", unit(10, "ppb"), "19.120110454576974 0 assumed")
	f("air.co2_ppm", unit(415000, "ppb"), "415 0")
	f("air.temp_c", unit(3, "hPa"), "unknown_unit")
	f("air.temp_c", unit(-300, "K"), "-573.15 0") // the range has the last word
}

func TestTags(t *testing.T) {
	f := func(measurement string, tags []ingest.Tag, want string) {
		t.Helper()
		pt := &ingest.Point{Measurement: schema.Lookup(measurement)}
		got := ""
		if refusal := (interner{}).take(pt, tags); refusal != nil {
			got = string(refusal.Reason) + " " + refusal.Field
		} else {
			got = fmt.Sprint(pt.Tags)
		}
		if got != want {
			t.Errorf("%s %v: %s, want %s", measurement, tags, got, want)
		}
	}
	f("wifi_radio", []ingest.Tag{{Name: "radio", Value: "1"}, {Name: "band", Value: "5g"}}, "[{band 5g} {radio 1}]")
	f("wifi_radio", []ingest.Tag{{Name: "band", Value: "5G"}}, "bad_tag band")
	f("wifi_radio", []ingest.Tag{{Name: "colour", Value: "red"}}, "bad_tag colour")
	f("traffic", []ingest.Tag{{Name: "lane", Value: "corsia d'emergenza, 2=est"}}, "[{lane corsia d'emergenza, 2=est}]")
	f("traffic", []ingest.Tag{{Name: "lane", Value: strings.Repeat("a", maxTagLen)}}, "[{lane "+strings.Repeat("a", maxTagLen)+"}]")
	for _, bad := range []string{"", strings.Repeat("a", maxTagLen+1), "a\nb", "a\x00b", "\xff", "a\u0085b"} {
		f("traffic", []ingest.Tag{{Name: "lane", Value: bad}}, "bad_tag lane")
	}
	f("air", nil, "[]")
}

func TestInternedTagsAreCopies(t *testing.T) {
	payload := []byte("lane-1")
	in := interner{}
	kept := in.intern(string(payload))
	if again := in.intern("lane-1"); again != kept || len(in) != 1 {
		t.Error("a value is kept twice")
	}
	for i := range maxInterned + 10 {
		in.intern(fmt.Sprint(i))
	}
	if len(in) != maxInterned {
		t.Errorf("%d values are kept", len(in))
	}
}

func TestMeasurementOfAKind(t *testing.T) {
	f := func(kind devices.Kind, named string, want string, fields ...string) {
		t.Helper()
		r := ingest.Reading{Measurement: named}
		for _, name := range fields {
			r.Number(name, 1, 0)
		}
		m, refusal := measurementOf(&r, kind)
		got := ""
		if refusal != nil {
			got = string(refusal.Reason)
		} else {
			got = m.Name
		}
		if got != want {
			t.Errorf("%s %q %v: %s, want %s", kind, named, fields, got, want)
		}
	}
	f(devices.Parking, "", "parking_spot", "occupied")
	f(devices.Parking, "", "parking_area", "free", "total")
	f(devices.Parking, "", "parking_spot", "battery_pct")
	f(devices.BBProbe, "", "bb_probe", "rtt_min_ms", "loss_pct")
	f(devices.BBProbe, "", "bb_speed", "capacity_mbps", "loss_pct", "pdv_max_ms")
	f(devices.People, "", "people", "in_n", "out_n")
	f(devices.Gateway, "", "device", "battery_pct")
	f(devices.WifiAP, "net_if", "net_if", "up")
	f(devices.WifiAP, "event", "event", "state")
	for _, mine := range []string{"ledger", "suspect", "indicator", "nothing"} {
		f(devices.Air, mine, "unknown_field", "value")
	}
	for _, k := range devices.Kinds() {
		if list := measurementsOf(k); list != nil && list[0] != schema.DefaultOf(string(k)) {
			t.Errorf("the first measurement of %s is not its default", k)
		}
	}
}

// A lamp that says that it is broken says it of the whole point.
func TestFaultOfTheDevice(t *testing.T) {
	f := func(measurement string, values map[string]float64, want ingest.Quality) {
		t.Helper()
		if _, pt := corrections(t, &devices.Device{ID: "x"}, measurement, noon, values); pt.Quality != want {
			t.Errorf("%s %v: q is %d, want %d", measurement, values, pt.Quality, want)
		}
	}
	f("light", map[string]float64{"fault": 1, "power_w": 3}, ingest.DeviceFault)
	f("light", map[string]float64{"fault": 0, "power_w": 3}, 0)
	f("light", map[string]float64{"lit": 1}, 0)
	f("light", map[string]float64{"fault": 7}, 0) // is no state, and suspect
	f("wifi_ap", map[string]float64{"up": 0}, 0)  // works, and tells that it serves nobody
}

func TestUnknownFieldsAreBounded(t *testing.T) {
	u := NewUnknownFields(benchOptions(t, 1).Logger)
	u.add("air-1", []string{"pm10", strings.Repeat("x", 1000)})
	u.add("air-2", []string{"pm10"})
	u.add("air-1", []string{"pm10"})
	got := u.All()
	if want := (UnknownField{"air-1", "pm10", 2}); len(got) != 3 || got[0] != want || len(got[1].Field) > maxUnknownName {
		t.Errorf("%+v", got)
	}
	for i := range maxUnknown {
		u.add(fmt.Sprint("air-", i), []string{"y"})
	}
	if n := len(u.All()); n != maxUnknown {
		t.Errorf("%d pairs are kept", n)
	}
	u.add("air-1", []string{"pm10"})
	if u.All()[0].Count != 3 {
		t.Error("what is known is no longer counted")
	}
}

func TestNoAllocations(t *testing.T) {
	p := newPipeline(benchOptions(t, 200))
	w := newWork()
	data := [...][]byte{benchRecord(0, 500, 200), benchRecord(1, 500, 200), benchRecord(2, 500, 200), benchRecord(3, 500, 200)}
	n := 0
	allocs := testing.AllocsPerRun(len(data)-1, func() {
		w.reset()
		if err := p.record.Open(data[n%len(data)]); err != nil {
			t.Fatal(err)
		}
		n++
		if err := p.run(journalEntry, w); err != nil || len(w.points) != 500 {
			t.Fatalf("%d points, %v", len(w.points), err)
		}
	})
	if allocs > 25 { // of a record of 500 messages: its header, and slabs that still grow
		t.Errorf("%v allocations for 500 messages", allocs)
	}
}
