package devices_test

import (
	"errors"
	"strings"
	"testing"
	"testing/iotest"

	"rione/devices"
)

func TestReadNDJSON(t *testing.T) {
	in, err := devices.ReadNDJSON(strings.NewReader(
		`{"device_id":"air-1","kind":"air","comune":"058091","lat":41.89,"lon":"12.49","interval_s":60,"premises":true,"zone":null}`+"\r\n\n"+
			` {"device_id":"bin-1","kind":"bin","comune":"058091"} `), gazetteer{})
	if err != nil || len(in.Rows) != 2 || in.Of != "line" {
		t.Fatalf("%v: %+v", err, in)
	}
	d := in.Rows[0].Device
	if p := d.Placements[0]; p.Point != *point(41.89, 12.49) || d.Interval.Seconds() != 60 || !*in.Rows[0].Premises || p.Zone != "Municipio I" {
		t.Errorf("row is %+v", in.Rows[0])
	}
	if in.Rows[1].Line != 3 {
		t.Errorf("the third line is told as %d", in.Rows[1].Line)
	}
	if in, err := devices.ReadNDJSON(strings.NewReader(""), gazetteer{}); err != nil || len(in.Rows) != 0 {
		t.Errorf("no line: %v %+v", err, in)
	}
	broken := errors.New("disk is gone")
	if _, err := devices.ReadNDJSON(iotest.ErrReader(broken), gazetteer{}); !errors.Is(err, broken) {
		t.Errorf("a file that breaks off: %v", err)
	}
}

func TestReadNDJSONRefuses(t *testing.T) {
	const good = `{"device_id":"air-1","kind":"air","comune":"058091"}`
	f := func(text string, want ...string) {
		t.Helper()
		_, err := devices.ReadNDJSON(strings.NewReader(text), gazetteer{})
		var bad *devices.ImportError
		if !errors.As(err, &bad) || len(bad.Lines) != len(want) {
			t.Fatalf("%.80q: %v, want %d mistakes", text, err, len(want))
		}
		for i, line := range bad.Lines {
			if !strings.HasPrefix(line.Error(), want[i]) {
				t.Errorf("%.80q: %q, want %q", text, line.Error(), want[i])
			}
		}
	}
	f("air-1,air,058091", "line 1: it is not a JSON object")
	f("[1]", "line 1: it is not a JSON object")
	f("{", "line 1: it is not a JSON object")
	f(good+good, "line 1: something follows the object")
	f(good+"\n"+good, "line 2, device_id: air-1 is line 1 already")
	f(`{"device_id":"air-1","kind":"air","comune":"058091","colour":"red"}`, `line 1: property "colour" is not known`)
	f(`{"device_id":"air-1","kind":"air","comune":["058091"]}`, "line 1: property comune must be a text")
	f(`{"device_id":"A","kind":"air","comune":58091}`, "line 1, device_id", "line 1, comune")
	f(good+"\n"+strings.Repeat("x", 5<<20)+"\n"+good, "line 2: it is longer than")
}

func FuzzReadNDJSON(f *testing.F) {
	f.Add(`{"device_id":"air-1","kind":"air","comune":"058091","lat":41.9,"lon":12.5,"state":"pending"}`)
	f.Add(`{"device_id":"air-1","kind":"air","comune":"058091","calibrations":"[{\"field\":\"temp_c\",\"gain\":1,\"from\":\"2025-11-03T00:00:00Z\"}]","invalid":"[{\"from\":\"2025-11-03T00:00:00Z\",\"until\":\"2025-11-04T00:00:00Z\",\"why\":\"x\"}]"}`)
	f.Fuzz(func(t *testing.T, text string) {
		in, err := devices.ReadNDJSON(strings.NewReader(text), gazetteer{})
		if err != nil {
			return
		}
		c, _ := devices.Plan(&devices.Snapshot{}, in)
		c.Author = "fuzz"
		if err := c.Validate(); err != nil {
			t.Fatal(err)
		}
		if len(c.Put) == 0 {
			return
		}
		s, err := (&devices.Snapshot{}).With(1, c)
		if err != nil {
			return // identities that are taken
		}
		checkExport(t, s)
	})
}
