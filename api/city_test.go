package api

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"rione/geo"
	"rione/ingest"
	"rione/ingest/schema"
)

func TestOverview(t *testing.T) {
	r := newRig(t, smallFleet(), func(o *Options) {
		o.Now = func() time.Time { return noon }
		o.Quarantine = &memoryQuarantine{entries: demoEntries(noon)}
	})
	air := r.registry.Snapshot().Device("air-1")
	r.latest.Stored([]ingest.Point{point(t, air, "air", noon, map[string]float64{"temp_c": 20})})
	got := get[Overview](r, "/v1/overview")
	if got.Devices != 4 || got.Online != 1 || got.Silent != 3 || got.Points != 1 || got.Quarantined != 13 || got.Revision != 7 || got.Status.Title != "ready" {
		t.Errorf("%+v", got)
	}
}

func TestComuni(t *testing.T) {
	r := newRig(t, smallFleet())
	got := get[ComuneList](r, "/v1/comuni")
	if len(got.Comuni) != 2 || got.Comuni[0].Name != "Roma" || got.Comuni[0].Devices != 3 || len(got.Comuni[0].Zones) != 2 ||
		got.Comuni[1].Name != "Palermo" || got.Comuni[1].Point == nil {
		t.Errorf("%+v", got)
	}
}

func TestAreas(t *testing.T) {
	areas := romeAreas(t)
	r := newRig(t, smallFleet(), func(o *Options) { o.Areas = func() []geo.Area { return areas } })
	f := func(query string, want int) {
		t.Helper()
		w := r.do(request{path: "/v1/geo/areas" + query})
		var c struct{ Features []json.RawMessage }
		if err := json.Unmarshal(w.Body.Bytes(), &c); err != nil || len(c.Features) != want || w.Header().Get("Content-Type") != geojsonType {
			t.Errorf("%s: %v, %d features, want %d", query, err, len(c.Features), want)
		}
	}
	f("", 1)                      // Roma has devices
	f("?comune=058039,058091", 2) // Frascati has none
	f("?comune=082053", 0)
	none := newRig(t, nil)
	if w := none.do(request{path: "/v1/geo/areas"}); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestBoundaries(t *testing.T) {
	r := newRig(t, nil)
	file, err := os.ReadFile("testdata/comuni-roma-subset.geojson")
	if err != nil {
		t.Fatal(err)
	}
	f := func(path, mediaType, body string, want int) {
		t.Helper()
		w := r.do(request{method: http.MethodPost, path: "/v1/geo/boundaries" + path, token: adminToken, body: body, header: map[string]string{"Content-Type": mediaType}})
		if w.Code != want {
			t.Errorf("%s %.30s: %d, want %d: %s", path, body, w.Code, want, w.Body)
		}
	}
	f("?name=roma", geojsonType, string(file), 204)
	f("?name=roma", "application/json", string(file), 204)
	f("", geojsonType, string(file), 422)
	f("?name=../roma", geojsonType, string(file), 422)
	f("?name=roma", "text/csv", string(file), 415)
	f("?name=empty", geojsonType, `{"type":"FeatureCollection","features":[]}`, 422)
	f("?name=nonsense", geojsonType, `{"type":`, 422)
	if len(r.registry.boundaries) != 1 || string(r.registry.boundaries["roma"]) != string(file) {
		t.Errorf("%d files kept", len(r.registry.boundaries))
	}
	if list := get[BoundaryList](r, "/v1/geo/boundaries"); len(list.Files) != 1 || list.Files[0].Name != "roma" || list.Files[0].Bytes != len(file) || r.registry.author != "admin" {
		t.Errorf("%+v by %s", list, r.registry.author)
	}
	for _, want := range []int{204, 404} {
		if w := r.do(request{method: http.MethodDelete, path: "/v1/geo/boundaries/roma", token: adminToken}); w.Code != want {
			t.Errorf("removed: %d %s, want %d", w.Code, w.Body, want)
		}
	}
	if list := get[BoundaryList](r, "/v1/geo/boundaries"); len(list.Files) != 0 || list.Files == nil {
		t.Errorf("after that: %+v", list)
	}
}

func TestSchema(t *testing.T) {
	got := get[SchemaView](newRig(t, nil), "/v1/schema")
	if len(got.Measurements) != len(schema.All()) || len(got.CommonTags) != 4 {
		t.Fatalf("%d measurements", len(got.Measurements))
	}
	for i, m := range schema.All() {
		view := got.Measurements[i]
		if view.Name != m.Name || len(view.Fields) != len(m.Fields) || len(view.Tags) != len(m.Tags) {
			t.Errorf("%s: %+v", m.Name, view)
		}
	}
	if f := got.Measurements[0].Fields[0]; f.Name != "up" || f.Type != "integer" || f.Role != "state" || *f.Max != 1 {
		t.Errorf("%+v", f)
	}
}

func TestQuarantine(t *testing.T) {
	q := &memoryQuarantine{entries: demoEntries(noon)}
	r := newRig(t, nil, func(o *Options) { o.Quarantine = q })
	var all []string
	for cursor := ""; ; {
		page := get[EntryPage](r, "/v1/quarantine?limit=5&cursor="+cursor)
		for _, e := range page.Entries {
			if e.Payload != "" {
				t.Errorf("the list has the body of %s", e.ID)
			}
			all = append(all, e.ID)
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if len(all) != 13 || all[0] != "100" || all[12] != "90" {
		t.Errorf("%v", all)
	}
	if got := get[EntryPage](r, "/v1/quarantine?reason=wrong_type"); len(got.Entries) != 1 {
		t.Errorf("%+v", got)
	}
	if got := get[GroupList](r, "/v1/quarantine/groups"); len(got.Groups) != 2 || got.Groups[0].Count != 12 {
		t.Errorf("%+v", got)
	}
	if got := get[Entry](r, "/v1/quarantine/90"); got.Payload != `{"clients":3.5}` {
		t.Errorf("%+v", got)
	}
	problemOf(t, r.do(request{path: "/v1/quarantine/91"}), 404)
	act := func(what, body string, want int, affected string) {
		t.Helper()
		w := r.do(request{method: http.MethodPost, path: "/v1/quarantine/" + what, token: "work", body: body})
		if w.Code != want || !strings.Contains(w.Body.String(), affected) {
			t.Errorf("%s %s: %d, want %d: %s", what, body, w.Code, want, w.Body)
		}
	}
	act("drop", `{}`, 422, "choose")
	act("drop", `{"all":true,"reason":"wrong_type"}`, 422, "choose")
	act("drop", `{"reason":"wrong_type"}`, 200, `"entries":1`)
	act("replay", `{"ids":["100","101"]}`, 200, `"entries":2`)
	act("replay", `{"device":"air-fontana-7"}`, 200, `"entries":10`)
	act("drop", `{"all":true}`, 200, `"entries":0`)
	if len(q.replayed) != 12 {
		t.Errorf("replayed %v", q.replayed)
	}
}

func TestWithoutQuarantine(t *testing.T) {
	r := newRig(t, nil)
	for _, path := range []string{"/v1/quarantine", "/v1/quarantine/groups", "/v1/quarantine/1"} {
		problemOf(t, r.do(request{path: path}), 501)
	}
	problemOf(t, r.do(request{method: http.MethodPost, path: "/v1/quarantine/drop", body: `{"all":true}`, token: adminToken}), 501)
}

// TestDescription checks what tools rely on.
func TestDescription(t *testing.T) {
	r := newRig(t, nil)
	w := r.do(request{path: "/openapi.json", peer: everywhere})
	var doc struct {
		OpenAPI string
		Paths   map[string]map[string]struct {
			OperationID string
			Responses   map[string]struct {
				Content map[string]struct{ Schema json.RawMessage }
			}
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil || !strings.HasPrefix(doc.OpenAPI, "3.1") {
		t.Fatalf("%v %s", err, doc.OpenAPI)
	}
	ids := make(map[string]bool)
	for path, methods := range doc.Paths {
		for method, op := range methods {
			if op.OperationID == "" || ids[op.OperationID] {
				t.Errorf("%s %s: operation %q", method, path, op.OperationID)
			}
			ids[op.OperationID] = true
			for code, answer := range op.Responses {
				if code >= "400" && (len(answer.Content) != 1 || answer.Content[problemType].Schema == nil) {
					t.Errorf("%s %s %s: %+v", method, path, code, answer)
				}
			}
			if op.Responses["401"].Content == nil && path != "/status" {
				t.Errorf("%s %s does not describe 401", method, path)
			}
		}
	}
	if len(ids) < 20 {
		t.Errorf("%d operations", len(ids))
	}
}
