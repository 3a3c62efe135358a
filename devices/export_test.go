package devices_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"rione/devices"
)

// checkExport wants that an export changes nothing in its own registry and
// rebuilds it in an empty one.
func checkExport(t *testing.T, s *devices.Snapshot) {
	t.Helper()
	var csv, geojson bytes.Buffer
	if err := errors.Join(devices.WriteCSV(&csv, s.All()), devices.WriteGeoJSON(&geojson, s.All())); err != nil {
		t.Fatal(err)
	}
	fromCSV, err := devices.ReadCSV(bytes.NewReader(csv.Bytes()), devices.Unchecked(gazetteer{}))
	if err != nil {
		t.Fatalf("%v\n%s", err, csv.String())
	}
	fromGeoJSON, err := devices.ReadGeoJSON(bytes.NewReader(geojson.Bytes()), devices.Unchecked(gazetteer{}))
	if err != nil {
		t.Fatalf("%v\n%s", err, geojson.String())
	}
	for _, in := range []*devices.Import{fromCSV, fromGeoJSON} {
		if c, sum := devices.Plan(s, in); len(c.Put) != 0 || sum.Unchanged != s.Len() {
			t.Fatalf("own export changes the registry: %+v\n%s", sum, csv.String())
		}
		c, _ := devices.Plan(&devices.Snapshot{}, in)
		rebuilt, err := (&devices.Snapshot{}).With(1, c)
		if err != nil {
			t.Fatal(err)
		}
		var again bytes.Buffer
		if err := devices.WriteCSV(&again, rebuilt.All()); err != nil {
			t.Fatal(err)
		}
		if again.String() != csv.String() {
			t.Fatalf("rebuilt:\n%s\nwas:\n%s", again.String(), csv.String())
		}
	}
}

func TestExport(t *testing.T) {
	moved, home := device(t, "air-1"), device(t, "home-1")
	moved.Name, moved.ExternalID, moved.SecretHash = "Piazza; \"Venezia\", 1", "serial-1", "the hash"
	moved.Interval, moved.Format = 1500e6, "tasmota"
	away := place(t, point(41.95, 12.51))
	away.ValidFrom = day(5)
	moved.Placements = append(moved.Placements, away)
	home.Premises, home.Placements[0] = true, place(t, nil)
	s := snapshot(t, moved, home)
	checkExport(t, s)

	var out bytes.Buffer
	if err := devices.WriteCSV(&out, s.All()); err != nil {
		t.Fatal(err)
	}
	const want = `device_id,kind,comune,zone,name,lat,lon,interval_s,format,external_id,premises,valid_from
air-1,air,058091,Municipio I,"Piazza; ""Venezia"", 1",41.89,12.49,1.5,tasmota,serial-1,false,1970-01-01T00:00:00Z
air-1,air,058091,Municipio II,"Piazza; ""Venezia"", 1",41.95,12.51,1.5,tasmota,serial-1,false,2025-11-05T00:00:00Z
home-1,air,058091,,,,,,,,true,
`
	if out.String() != want {
		t.Errorf("export is\n%s", out.String())
	}
	out.Reset()
	if err := devices.WriteGeoJSON(&out, nil); err != nil || !strings.Contains(out.String(), `"features":[]`) {
		t.Errorf("empty export is %s, %v", out.String(), err)
	}
	if err := devices.WriteCSV(brokenWriter{}, s.All()); !errors.Is(err, errFull) {
		t.Errorf("a full disk became %v", err)
	}
	if err := devices.WriteGeoJSON(brokenWriter{}, s.All()); !errors.Is(err, errFull) {
		t.Errorf("a full disk became %v", err)
	}
}

type brokenWriter struct{}

var errFull = errors.New("disk is full")

func (brokenWriter) Write([]byte) (int, error) { return 0, errFull }

func TestReadGeoJSONRefuses(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		if _, err := devices.ReadGeoJSON(strings.NewReader(text), gazetteer{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v does not say %q", text, err, want)
		}
	}
	of := func(feature string) string { return `{"type":"FeatureCollection","features":[` + feature + `]}` }
	f("", "not JSON")
	f(`{"type":"Feature"}`, "must be a FeatureCollection")
	f(of(`7`), "feature 1: ")
	f(of(`{"geometry":{"type":"Polygon","coordinates":[]}}`), "no position")
	f(of(`{"geometry":{"type":"Point","coordinates":[12.5]}}`), "no position")
	f(of(`{"properties":{"colour":"red"}}`), `property "colour" is not known`)
	f(of(`{"properties":{"lat":41.9}}`), `property "lat" is not known`)
	f(of(`{"properties":{"name":["a"]}}`), "must be a text")
	f(of(`{"properties":{"device_id":"air-1","kind":"air","comune":58091}}`), "feature 1, comune: ")
}

func FuzzReadGeoJSON(f *testing.F) {
	f.Add(`{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"Point","coordinates":[12.5,41.9]},"properties":{"device_id":"air-1","kind":"air","comune":"058091","interval_s":60,"premises":true}}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		in, err := devices.ReadGeoJSON(strings.NewReader(text), gazetteer{})
		if err != nil {
			return
		}
		c, _ := devices.Plan(&devices.Snapshot{}, in)
		c.Author = "fuzz"
		if err := c.Validate(); err != nil {
			t.Fatal(err)
		}
	})
}
