package ogc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twpayne/go-geom"

	"rione/api/view"
	"rione/devices"
	"rione/geo"
	"rione/ingest"
	"rione/ingest/schema"
)

type fixed struct {
	city *view.City
	err  error
}

func (f fixed) City(context.Context) (*view.City, error) { return f.city, f.err }

func noon() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// square is an outline with a hole in its middle.
func square(west, south, side float64) *geom.MultiPolygon {
	ring := func(w, s, side float64) []geom.Coord {
		return []geom.Coord{{w, s}, {w + side, s}, {w + side, s + side}, {w, s + side}, {w, s}}
	}
	m := geom.NewMultiPolygon(geom.XY)
	m.MustSetCoords([][][]geom.Coord{{ring(west, south, side), ring(west+side/4, south+side/4, side/2)}})
	return m
}

func sample() *view.City {
	c := &view.City{Made: noon(), Areas: []geo.Area{
		{Code: "058091", Name: "Roma", Shape: square(12, 41.5, 1)},
		{Code: "058091", Zone: "Municipio I/A", Shape: square(12.4, 41.8, 0.1), Schematic: true},
	}}
	for i := range 25 {
		p := geo.Point{Lat: 41.8 + float64(i)/100, Lon: 12.4 + float64(i)/100}
		t := &view.Thing{ID: fmt.Sprintf("air-%02d", i), Kind: devices.Air, Comune: "058091", Zone: "Municipio I", Point: &p}
		m := schema.Lookup("air")
		t.Series = []view.Series{{Measurement: m, Tags: []ingest.Tag{{Name: "grade", Value: "reference"}}, Time: noon().Add(-time.Duration(i) * time.Minute),
			Values: []view.Value{{Field: m.Field("pm10_ugm3"), Value: float64(i)}}}}
		c.Things = append(c.Things, t)
	}
	c.Things = append(c.Things, &view.Thing{ID: "bin-1", Kind: devices.Bin, Comune: "082053"})
	c.Sort()
	return c
}

type door struct {
	*Handler
	t *testing.T
}

func newDoor(t *testing.T, city City) *door {
	t.Helper()
	h, err := New(Options{Audience: func(*http.Request) City { return city }})
	if err != nil {
		t.Fatal(err)
	}
	return &door{h, t}
}

func (d *door) get(path string) *httptest.ResponseRecorder {
	d.t.Helper()
	w := httptest.NewRecorder()
	d.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://city.example"+path, nil))
	return w
}

type collectionPage struct {
	Type     string
	Features []struct {
		ID         string
		Geometry   *struct{ Type string }
		Properties map[string]any
	}
	Links                         []link
	NumberMatched, NumberReturned int
}

func (p *collectionPage) next() string {
	for _, l := range p.Links {
		if l.Rel == "next" {
			return strings.TrimPrefix(l.Href, "http://city.example")
		}
	}
	return ""
}

func (d *door) page(path string) collectionPage {
	d.t.Helper()
	w := d.get(path)
	var p collectionPage
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != 200 || w.Header().Get("Content-Type") != geojsonType || w.Header().Get("Content-Crs") == "" {
		d.t.Fatalf("%s: %d %s", path, w.Code, w.Body)
	}
	if p.NumberReturned != len(p.Features) || p.Type != "FeatureCollection" {
		d.t.Fatalf("%s: %d features, says %d", path, len(p.Features), p.NumberReturned)
	}
	return p
}

func TestOptions(t *testing.T) {
	if _, err := New(Options{}); err == nil {
		t.Error("no audience is needed")
	}
}

func TestDocuments(t *testing.T) {
	d := newDoor(t, fixed{city: sample()})
	for path, media := range map[string]string{"/ogc": jsonType, "/ogc/": jsonType, "/ogc/conformance": jsonType, "/ogc/api": openAPIType, "/ogc/collections": jsonType,
		"/ogc/collections/devices": jsonType, "/ogc/collections/latest-air/items/air-01;grade=reference": geojsonType} {
		w := d.get(path)
		if w.Code != 200 || w.Header().Get("Content-Type") != media || !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
		}
		if w := d.get(path + "?colour=red"); w.Code != 400 {
			t.Errorf("%s with an unknown parameter: %d", path, w.Code)
		}
		if w := d.get(path + "?f=html"); w.Code != 400 {
			t.Errorf("%s as HTML: %d", path, w.Code)
		}
	}
	for _, path := range []string{"/ogc/nothing", "/ogc/collections/latest-noise", "/ogc/collections/nothing/items", "/ogc/collections/devices/items/nobody"} {
		if w := d.get(path); w.Code != 404 || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

func TestPaging(t *testing.T) {
	d := newDoor(t, fixed{city: sample()})
	for _, limit := range []int{1, 7, 26, 100, 99999} {
		var ids []string
		for path := fmt.Sprintf("/ogc/collections/devices/items?limit=%d", limit); path != ""; {
			p := d.page(path)
			if p.NumberMatched != 26 || len(p.Features) > limit {
				t.Fatalf("%s: %d of %d", path, len(p.Features), p.NumberMatched)
			}
			for _, f := range p.Features {
				ids = append(ids, f.ID)
			}
			path = p.next()
		}
		if len(ids) != 26 || !slices.IsSorted(ids) || len(slices.Compact(ids)) != 26 {
			t.Errorf("by %d: %v", limit, ids)
		}
	}
}

func TestFilters(t *testing.T) {
	d := newDoor(t, fixed{city: sample()})
	f := func(collection, query string, want int) {
		t.Helper()
		if p := d.page("/ogc/collections/" + collection + "/items?limit=100&" + query); p.NumberMatched != want {
			t.Errorf("%s %s: %d, want %d", collection, query, p.NumberMatched, want)
		}
	}
	f("devices", "", 26)
	f("devices", "bbox=12.4,41.8,12.455,41.855", 6)
	f("devices", "bbox=12.4,41.8,-10,12.455,41.855,8000", 6)
	f("devices", "bbox=12.4,41.8,12.455,41.855&bbox-crs="+url.QueryEscape(CRS84), 6)
	f("devices", "bbox=170,-80,-170,80", 0)
	f("devices", "bbox=12.6,-80,-170,80", 5)
	f("devices", "comune=082053", 1)
	f("latest-air", "datetime=2026-03-01T12:00:00Z", 1)
	f("latest-air", "datetime=2026-03-01T11:50:00Z/2026-03-01T11:55:00Z", 6)
	f("latest-air", "datetime=../2026-03-01T11:40:00Z", 5)
	f("latest-air", "datetime=/2026-03-01T11:40:00Z", 5)
	f("latest-air", "datetime=2026-03-01T12:50:00%2B01:00/..", 11)
	f("latest-air", "datetime=../..", 25)
	f("devices", "datetime=2026-03-01T12:00:00Z", 2) // what has no time is of any
	f("comuni", "bbox=12.2,41.9,12.6,42.1", 1)       // the hole, and an edge of it
	f("comuni", "bbox=12.45,41.95,12.55,42.05", 0)   // within the hole
	f("comuni", "bbox=12.1,41.6,12.15,41.65", 1)     // within the outline
	f("comuni", "bbox=13,38,13.7,38.5", 1)           // Palermo, a point
	f("comuni", "bbox=1,1,2,2", 0)
	f("zones", "", 1)
}

func TestBadFilters(t *testing.T) {
	d := newDoor(t, fixed{city: sample()})
	for _, q := range []string{"limit=0", "limit=-1", "limit=ten", "limit=", "bbox=", "bbox=1,2,3", "bbox=1,2,3,4,5", "bbox=a,b,c,d", "bbox=12,42,13,41", "bbox=12,41,NaN,42", "bbox=12,41,13,95",
		"bbox=12,41,9,13,42,1", "bbox-crs=EPSG:4326", "crs=EPSG:4326", "datetime=yesterday", "datetime=2026", "datetime=2026-03-02T00:00:00Z/2026-03-01T00:00:00Z", "datetime=a/b/c", "datetime=", "limit=1&limit=2", "kind=air"} {
		if w := d.get("/ogc/collections/devices/items?" + q); w.Code != 400 || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s", q, w.Code, w.Body)
		}
	}
}

func TestFeatures(t *testing.T) {
	d := newDoor(t, fixed{city: sample()})
	p := d.page("/ogc/collections/latest-air/items?limit=1")
	if f := p.Features[0]; f.ID != "air-00;grade=reference" || f.Properties["pm10_ugm3"] != 0.0 || f.Properties["grade"] != "reference" || f.Properties["comune_name"] != "Roma" {
		t.Errorf("%+v", f)
	}
	p = d.page("/ogc/collections/devices/items?comune=082053")
	if f := p.Features[0]; f.Geometry != nil || f.Properties["measurements"] != nil {
		t.Errorf("%+v", f)
	}
	p = d.page("/ogc/collections/zones/items")
	if f := p.Features[0]; f.ID != "058091;Municipio I_A" || f.Geometry.Type != "MultiPolygon" || f.Properties["zone"] != "Municipio I/A" {
		t.Errorf("%+v", f)
	}
	if w := d.get("/ogc/collections/zones/items/" + url.PathEscape("058091;Municipio I_A")); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestStoreDown(t *testing.T) {
	d := newDoor(t, fixed{err: errors.New("refused by 10.0.0.7")})
	for _, path := range []string{"/ogc/collections", "/ogc/collections/devices", "/ogc/collections/devices/items"} {
		if w := d.get(path); w.Code != 503 || strings.Contains(w.Body.String(), "10.0.0.7") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}

// FuzzFilter: no parameter panics or leads to a server's error.
func FuzzFilter(f *testing.F) {
	f.Add("1,2,3,4", "2026-03-01T00:00:00Z/..", "5")
	f.Add("", "/", "")
	f.Fuzz(func(t *testing.T, bbox, datetime, limit string) {
		got, err := filterOf(url.Values{"bbox": {bbox}, "datetime": {datetime}, "limit": {limit}})
		if err == nil && (got.limit < 1 || got.limit > mostItems || len(got.boxes) == 0) {
			t.Errorf("%+v", got)
		}
	})
}
