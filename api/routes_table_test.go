package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"rione/ingest"
)

// memoryRoutes is a table of routes in memory.
type memoryRoutes struct{ list []ingest.Route }

func (m *memoryRoutes) Current() *ingest.Routes {
	rs, _ := ingest.NewRoutes(append(append([]ingest.Route{}, m.list...), ingest.DefaultRoutes()...))
	return rs
}

func (m *memoryRoutes) Own(name string) bool {
	for _, r := range m.list {
		if r.Name == name {
			return true
		}
	}
	return false
}

func (m *memoryRoutes) Set(_ context.Context, r ingest.Route) error {
	if err := r.Validate(); err != nil {
		return &RouteError{Detail: err.Error()}
	}
	m.list = append(m.list, r)
	return nil
}

func (m *memoryRoutes) Remove(_ context.Context, name string) error {
	if !m.Own(name) {
		return fmt.Errorf("memory: %w", ErrNotFound)
	}
	m.list = nil
	return nil
}

func TestRoutesTable(t *testing.T) {
	r := newRig(t, demoCity()[:1])
	r.Server.o.Routes = &memoryRoutes{}
	call := func(method, path, body string, status int, out any) {
		t.Helper()
		w := r.do(request{method: method, path: path, body: body, token: adminToken})
		if w.Code != status {
			t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
		}
		if out != nil {
			if err := json.Unmarshal(w.Body.Bytes(), out); err != nil {
				t.Fatal(err)
			}
		}
	}
	var set Route
	call("PUT", "/v1/routes/bins", `{"filter": "bins/+/#", "format": "native", "device": "topic:1", "clock": "server"}`, 200, &set)
	if set.Name != "bins" || !set.Own || set.Device != "topic:1" || set.Clock != "server" {
		t.Errorf("set: %+v", set)
	}
	set = Route{}
	call("PUT", "/v1/routes/spots", `{"filter": "spots/+", "format": "mapping", "mapping": "{\"readings\": []}"}`, 200, &set)
	if set.Format != "mapping" || set.Mapping != `{"readings": []}` {
		t.Errorf("with a mapping: %+v", set)
	}
	call("PUT", "/v1/routes/spots", `{"filter": "spots/+", "format": "native", "mapping": "{}"}`, 422, nil)
	call("DELETE", "/v1/routes/spots", "", 204, nil)
	call("PUT", "/v1/routes/bins", `{"filter": "bins/+/#", "format": "native", "device": "topic:1", "clock": "server"}`, 200, &set)
	var list RouteList
	call("GET", "/v1/routes", "", 200, &list)
	if len(list.Routes) != 1+len(ingest.DefaultRoutes()) || !list.Routes[0].Own || list.Routes[1].Own {
		t.Errorf("list: %+v", list)
	}
	var answer RouteAnswer
	call("GET", "/v1/routes/test?topic=bins/b-7/up", "", 200, &answer)
	if answer.Route == nil || answer.Route.Name != "bins" || answer.Device != "b-7" || answer.Nearest != nil {
		t.Errorf("test: %+v", answer)
	}
	answer = RouteAnswer{}
	call("GET", "/v1/routes/test?topic=sc/v1/058091/air", "", 200, &answer)
	if answer.Route != nil || answer.Nearest == nil || answer.Nearest.Name != "native" {
		t.Errorf("nearest: %+v", answer)
	}
	w := r.do(request{method: "PUT", path: "/v1/routes/bad", body: `{"filter": "a/#/b", "format": "native"}`, token: adminToken})
	if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "at the end") {
		t.Errorf("a bad route: %d %s", w.Code, w.Body)
	}
	call("DELETE", "/v1/routes/bins", "", 204, nil)
	call("DELETE", "/v1/routes/bins", "", 404, nil)
	r.Server.o.Routes = nil
	for _, method := range []string{"GET", "DELETE"} {
		call(method, map[string]string{"GET": "/v1/routes", "DELETE": "/v1/routes/x"}[method], "", 501, nil)
	}
}
