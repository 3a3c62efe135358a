package api

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"rione/api/opendata"
	"rione/devices"
	"rione/geo"
)

// openRig has readings of Roma and Palermo; air quality of Roma is published
// with two hours of delay.
func openRig(t *testing.T) *rig {
	t.Helper()
	store, server := withInflux(t)
	fleet := []devices.Device{
		device("air-1", devices.Air, "058091", "Municipio I", geo.Point{Lat: 41.9, Lon: 12.49}),
		device("air-pa", devices.Air, "082053", "", geo.Point{Lat: 38.11, Lon: 13.36}),
		device("noise-1", devices.Noise, "058091", "", geo.Point{Lat: 41.9, Lon: 12.49}),
	}
	r := newRig(t, fleet, store, func(o *Options) { o.Now = func() time.Time { return noon } })
	var lines []string
	for i := range 240 {
		for _, d := range r.registry.Snapshot().All() {
			p := demoPoint(t, d, noon.Add(-time.Duration(240-i)*time.Minute))
			lines = append(lines, line(&p))
			r.latest.store(&p)
		}
	}
	write(t, server, lines)
	w := r.do(request{method: "PUT", path: "/v1/publications/rome", token: adminToken, body: `{"title":{"it":"Aria","en":"Air"},"description":{"it":"Aria","en":"Air"},
		"comuni":["058091"],"measurement":"air","form":"single","delay_h":2,"holder":{"name":"Roma Capitale","code":"c_h501"},"theme":"ENVI"}`})
	if w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if w := r.do(request{method: "POST", path: "/v1/publications/rome/publish", token: adminToken}); w.Code != 200 || !decode[opendata.Publication](t, w.Body.Bytes()).Published {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return r
}

// TestAudiences asks the standards the same as everybody and as who has a token,
// from near and far.
func TestAudiences(t *testing.T) {
	r := openRig(t)
	f := func(path, token, peer string, want, never string) {
		t.Helper()
		w := r.do(request{path: path, token: token, peer: peer})
		if body := w.Body.String(); w.Code != 200 || !strings.Contains(body, want) || never != "" && strings.Contains(body, never) {
			t.Errorf("%s by %q from %q: %d %s", path, token, peer, w.Code, body)
		}
	}
	for _, peer := range []string{"", everywhere} { // the machine itself is everybody, too
		f("/ogc/collections/devices/items", "", peer, `"numberMatched":1`, "air-pa")
		f("/ogc/collections/latest-air/items", "", peer, "2026-03-01T09:59:00Z", "2026-03-01T10:0")
		f("/ogc/collections", "", peer, "latest-air", "latest-noise")
		f("/sta/v1.1/Things?$count=true", "", peer, `"@iot.count":1`, "noise")
		f("/sta/v1.1/Observations?$count=true", "", peer, "2026-03-01T09:59:00Z", "T11:")
		f("/opendata/rome.csv", "", peer, "2026-03-01T09:59:00Z", "2026-03-01T10:0")
		f("/ogc/collections/devices/items", "read-only", peer, `"numberMatched":3`, "")
		f("/sta/v1.1/Observations?$count=true", "read-only", peer, "2026-03-01T11:59:00Z", "")
		f("/opendata/rome.csv", "read-only", peer, "2026-03-01T09:59:00Z", "2026-03-01T10:0")
	}
	for _, path := range []string{"/ogc", "/sta/v1.1", "/opendata", "/catalog.ttl"} {
		problemOf(t, r.do(request{path: path, token: "wrong"}), 401)
	}
	if w := r.do(request{path: "/ogc", peer: everywhere}); w.Header().Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("%v", w.Header())
	}
	if w := r.do(request{path: "/ogc", token: "read-only"}); w.Header().Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("%v", w.Header())
	}
	problemOf(t, r.do(request{method: "POST", path: "/sta/v1.1/Things", token: adminToken, body: "{}"}), 405)
}

// TestObservationsOfOldTimes come from the store, and end where the delay begins.
func TestObservationsOfOldTimes(t *testing.T) {
	r := openRig(t)
	var page struct {
		Value []struct {
			ID json.Number `json:"@iot.id"`
		}
	}
	w := r.do(request{path: "/sta/v1.1/Datastreams?$filter=ObservedProperty/name%20eq%20%27air.pm10_ugm3%27", peer: everywhere})
	if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil || len(page.Value) != 1 {
		t.Fatalf("%v %s", err, w.Body)
	}
	path := "/sta/v1.1/Datastreams(" + page.Value[0].ID.String() + ")/Observations?$count=true&$top=1&$orderby=phenomenonTime%20desc"
	if body := r.do(request{path: path, peer: everywhere}).Body.String(); !strings.Contains(body, `"@iot.count":120`) || !strings.Contains(body, "2026-03-01T09:59:00Z") {
		t.Errorf("everybody: %s", body)
	}
	if body := r.do(request{path: path, token: "read-only"}).Body.String(); !strings.Contains(body, `"@iot.count":240`) || !strings.Contains(body, "2026-03-01T11:59:00Z") {
		t.Errorf("a reader: %s", body)
	}
}

func TestPublications(t *testing.T) {
	r := openRig(t)
	list := get[PublicationList](r, "/v1/publications")
	if len(list.Publications) < 20 {
		t.Errorf("%d", len(list.Publications))
	}
	f := func(method, path, token, body string, want int) {
		t.Helper()
		if w := r.do(request{method: method, path: path, token: token, body: body}); w.Code != want {
			t.Errorf("%s %s by %q: %d %s, want %d", method, path, token, w.Code, w.Body, want)
		}
	}
	f("POST", "/v1/publications/rome/withdraw", "work", "", 403)
	f("POST", "/v1/publications/nothing/publish", adminToken, "", 404)
	f("PUT", "/v1/publications/rome", adminToken, `{"title":{"it":"Persone","en":""},"description":{"it":"P","en":""},"comuni":["058091"],"measurement":"people","form":"single","delay_h":2,"holder":{"name":"R","code":"c"},"theme":"SOCI"}`, 422)
	f("POST", "/v1/publications/..%2Fx/publish", adminToken, "", 422)
	f("PUT", "/v1/publications/ROME!", adminToken, `{"title":{"it":"A","en":""},"description":{"it":"P","en":""},"comuni":["058091"],"measurement":"air","form":"single","delay_h":2,"holder":{"name":"R","code":"c"},"theme":"SOCI"}`, 422)
	f("GET", "/opendata/rome.csv", "", "", 200)
	f("POST", "/v1/publications/rome/withdraw", adminToken, "", 200)
	f("GET", "/opendata/rome.csv", "", "", 404)
	if w := r.do(request{path: "/sta/v1.1/Things?$count=true", peer: everywhere}); !strings.Contains(w.Body.String(), `"@iot.count":0`) {
		t.Errorf("%s", w.Body)
	}
}

// TestPublicDoorsAreLimited counts by address.
func TestPublicDoorsAreLimited(t *testing.T) {
	r := newRig(t, nil)
	for range defaultOpenPerMinute {
		if w := r.do(request{path: "/ogc", peer: everywhere}); w.Code != 200 {
			t.Fatalf("%d", w.Code)
		}
	}
	w := r.do(request{path: "/opendata", peer: everywhere}) // one count for all doors
	problemOf(t, w, 429)
	if w.Header().Get("Retry-After") == "" {
		t.Error("it does not say when to come back")
	}
	if w := r.do(request{path: "/ogc", peer: "198.51.100.9:1000"}); w.Code != 200 {
		t.Errorf("somebody else: %d", w.Code)
	}
}
