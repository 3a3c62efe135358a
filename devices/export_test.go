package devices_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"rione/devices"
)

// checkExport wants that an export changes nothing in its own registry and
// rebuilds it in an empty one.
func checkExport(t *testing.T, s *devices.Snapshot) {
	t.Helper()
	for _, f := range devices.FileFormats() {
		var file, again bytes.Buffer
		if err := f.Write(&file, s.All()); err != nil {
			t.Fatal(err)
		}
		in, err := f.Read(bytes.NewReader(file.Bytes()), devices.Unchecked(gazetteer{}))
		if err != nil {
			t.Fatalf("%v\n%s", err, file.String())
		}
		if c, sum := devices.Plan(s, in); len(c.Put) != 0 || sum.Unchanged != s.Len() {
			t.Fatalf("own export changes the registry: %+v\n%s", sum, file.String())
		}
		c, _ := devices.Plan(&devices.Snapshot{}, in)
		rebuilt, err := (&devices.Snapshot{}).With(1, c)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Write(&again, rebuilt.All()); err != nil {
			t.Fatal(err)
		}
		if again.String() != file.String() {
			t.Fatalf("rebuilt:\n%s\nwas:\n%s", again.String(), file.String())
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
	if err := devices.WriteGeoJSON(&out, nil); err != nil || !strings.Contains(out.String(), `"features":[]}`) {
		t.Errorf("empty export is %s, %v", out.String(), err)
	}
	for _, f := range devices.FileFormats() {
		for _, list := range [][]*devices.Device{s.All(), {}} {
			if err := f.Write(brokenWriter{}, list); !errors.Is(err, errFull) && (len(list) > 0 || f.Name != "ndjson") {
				t.Errorf("%s of %d devices: a full disk became %v", f.Name, len(list), err)
			}
		}
	}
}

// The three formats say the same of every placement, and none says a secret.
func TestExportFormatsAgree(t *testing.T) {
	moved := device(t, "air-1")
	moved.Name, moved.SecretHash = "Largo \n Argentina", "$argon2id$never-to-be-seen"
	away := place(t, point(41.95, 12.51))
	away.ValidFrom = day(5)
	moved.Placements = append(moved.Placements, away)
	list := snapshot(t, moved, device(t, "air-2")).All()
	text := map[string]string{}
	for _, f := range devices.FileFormats() {
		var out bytes.Buffer
		if err := f.Write(&out, list); err != nil {
			t.Fatal(err)
		}
		if text[f.Name] = out.String(); strings.Contains(out.String(), "never-to-be-seen") {
			t.Errorf("%s shows the hash of a secret", f.Name)
		}
		if known, ok := devices.FileFormatOf(f.Name); !ok || known.Media != f.Media {
			t.Errorf("%s is not found by its name", f.Name)
		}
	}
	if _, ok := devices.FileFormatOf("xlsx"); ok {
		t.Error("xlsx is a format")
	}
	rows, err := csv.NewReader(strings.NewReader(text["csv"])).ReadAll()
	if err != nil || len(rows) != 4 {
		t.Fatalf("%v: %d rows of CSV", err, len(rows))
	}
	var collection struct {
		Features []struct {
			Geometry   struct{ Coordinates []float64 }
			Properties map[string]string
		}
	}
	if err := json.Unmarshal([]byte(text["geojson"]), &collection); err != nil || len(collection.Features) != 3 {
		t.Fatalf("%v: %d features", err, len(collection.Features))
	}
	lines := strings.Split(strings.TrimSpace(text["ndjson"]), "\n")
	if len(lines) != 3 {
		t.Fatalf("%d lines of NDJSON", len(lines))
	}
	for i, line := range lines {
		want, got := map[string]string{}, map[string]string{}
		for k, column := range rows[0] {
			if rows[i+1][k] != "" {
				want[column] = rows[i+1][k]
			}
		}
		if err := json.Unmarshal([]byte(line), &got); err != nil || !maps.Equal(got, want) {
			t.Errorf("%v: line %d is %v, not %v", err, i+1, got, want)
		}
		f := collection.Features[i]
		lat, lon := want["lat"], want["lon"]
		delete(want, "lat")
		delete(want, "lon")
		if !maps.Equal(f.Properties, want) || fmt.Sprint(f.Geometry.Coordinates) != "["+lon+" "+lat+"]" {
			t.Errorf("feature %d is %+v, not %v at %s,%s", i+1, f, want, lat, lon)
		}
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
