package sensorthings

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"rione/api/view"
	"rione/devices"
	"rione/geo"
	"rione/ingest"
	"rione/ingest/schema"
)

func noon() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// hundred is a source of which every series has a hundred readings, a minute
// apart up to noon, numbered from 0 at noon.
type hundred struct {
	city  *view.City
	err   error
	asked int
	rows  int
}

func (h *hundred) City(context.Context) (*view.City, error) { return h.city, h.err }

func (h *hundred) all(s *view.Span) []view.Reading {
	h.asked++
	var list []view.Reading
	for i := range h.rows {
		n := h.rows - 1 - i
		at := noon().Add(-time.Duration(n) * time.Minute)
		if at.Before(s.From) || !s.Until.IsZero() && !at.Before(s.Until) {
			continue
		}
		list = append(list, view.Reading{Time: at, Value: float64(n)})
	}
	if s.Newest {
		for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
			list[i], list[j] = list[j], list[i]
		}
	}
	return list
}

func (h *hundred) Readings(_ context.Context, s *view.Span) ([]view.Reading, error) {
	list := h.all(s)
	list = list[min(s.Skip, len(list)):]
	return list[:min(s.Limit, len(list))], h.err
}

func (h *hundred) Count(_ context.Context, s *view.Span) (int, error) { return len(h.all(s)), h.err }

// sample is twelve air stations with two fields each, on a line from Roma
// north-east, and a counter that stands nowhere.
func sample() *view.City {
	c := &view.City{Made: noon()}
	air := schema.Lookup("air")
	for i := range 12 {
		p := geo.Point{Lat: 41.9 + float64(i)/100, Lon: 12.5 + float64(i)/100}
		t := &view.Thing{ID: fmt.Sprintf("air-%02d", i), Kind: devices.Air, Comune: "058091", Zone: "Municipio I", Point: &p}
		t.Series = []view.Series{{Measurement: air, Tags: []ingest.Tag{{Name: "grade", Value: "reference"}}, Time: noon(), Values: []view.Value{
			{Field: air.Field("pm10_ugm3"), Value: float64(i), Time: noon()}, {Field: air.Field("temp_c"), Value: 20 + float64(i)/2, Time: noon()}}}}
		c.Things = append(c.Things, t)
	}
	traffic := schema.Lookup("traffic")
	c.Things = append(c.Things, &view.Thing{ID: "traffic-1", Name: "Varco d'Ingresso", Kind: devices.Traffic, Comune: "082053",
		Series: []view.Series{{Measurement: traffic, Time: noon(), Values: []view.Value{{Field: traffic.Field("count"), Value: int64(7), Time: noon()}}}}})
	c.Sort()
	return c
}

type door struct {
	*Handler
	t      testing.TB
	source *hundred
}

func newDoor(t testing.TB) *door {
	t.Helper()
	d := &door{t: t, source: &hundred{city: sample(), rows: 100}}
	var err error
	if d.Handler, err = New(Options{Audience: func(*http.Request) view.Source { return d.source }}); err != nil {
		t.Fatal(err)
	}
	return d
}

// get asks for a path with query options, which it escapes.
func (d *door) get(path string, options ...string) *httptest.ResponseRecorder {
	d.t.Helper()
	q := make(url.Values)
	for _, o := range options {
		name, value, _ := strings.Cut(o, "=")
		q.Add(name, value)
	}
	target := "http://city.example" + Prefix + path
	if len(q) > 0 {
		target += "?" + q.Encode()
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
	return w
}

type object = map[string]any

func (d *door) read(path string, options ...string) object {
	d.t.Helper()
	w := d.get(path, options...)
	var out object
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil || w.Code != http.StatusOK {
		d.t.Fatalf("%s %v: %d %s", path, options, w.Code, w.Body)
	}
	return out
}

func (d *door) list(path string, options ...string) []object {
	d.t.Helper()
	var out []object
	for _, v := range d.read(path, options...)["value"].([]any) {
		out = append(out, v.(object))
	}
	return out
}

// local returns the part of a link that get takes.
func local(link any) string {
	text, _ := url.PathUnescape(strings.TrimPrefix(link.(string), "http://city.example"+Prefix))
	return text
}
