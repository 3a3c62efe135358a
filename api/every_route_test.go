package api

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rione/geo"
)

// noFacts are the facts of a city that has none.
type noFacts struct{}

func (noFacts) ListFacts(context.Context) ([]Fact, error)      { return []Fact{}, nil }
func (noFacts) PutFacts(context.Context, string, []Fact) error { return nil }
func (noFacts) RemoveFact(context.Context, string, Fact) error { return ErrNotFound }

// completeRig is a server with every partner, so that no route answers 501.
func completeRig(t *testing.T) *scopeRig {
	t.Helper()
	r := newScopeRig(t, scopeStore(t))
	replays := &memoryReplays{}
	if _, err := replays.Start(t.Context(), ReplayRequest{}, "anna"); err != nil {
		t.Fatal(err)
	}
	o := &r.Server.o
	o.Replays, o.Routes, o.Facts, o.Initiatives = replays, &memoryRoutes{}, noFacts{}, twoInitiatives()
	o.Unknown = func() []UnknownField { return nil }
	o.Rollups = func(context.Context) (RollupStatus, error) { return RollupStatus{Until: scopeTime}, nil }
	o.Locate = func(geo.Point) geo.Place { return geo.Place{Comune: roma} }
	return r
}

// reads are addresses by which each reading route of the description answers
// 200; those that need no parameters are not among them. Streams are left out.
func reads(r *scopeRig) map[string]string {
	day := "start=2026-03-01T00:00:00Z&end=2026-03-02T00:00:00Z"
	known := map[string]string{
		"/v1/devices/{id}": "/v1/devices/bin-roma", "/v1/devices/{id}/commands": "/v1/devices/bin-roma/commands",
		"/v1/devices/{id}/history": "/v1/devices/bin-roma/history", "/v1/events/{id}": "/v1/events/ev-roma",
		"/v1/initiatives/{id}": "/v1/initiatives/roma", "/v1/quarantine/{id}": "/v1/quarantine/e-roma",
		"/v1/quota/{subject}": "/v1/quota/comune:" + roma, "/v1/replays/{id}": "/v1/replays/1",
		"/v1/geo/locate": "/v1/geo/locate?lat=41.9&lon=12.5", "/v1/routes/test": "/v1/routes/test?topic=a/b",
		"/v1/readings": "/v1/readings?device=bin-roma&" + day, "/v1/readings/export": "/v1/readings/export?device=bin-roma&" + day,
		"/v1/ledger": "/v1/ledger?" + day, "/opendata/{file}": "/opendata/aperti-roma.json",
	}
	all := map[string]string{}
	for path, item := range r.api.OpenAPI().Paths {
		if item.Get == nil || path == "/v1/live" || path == "/v1/devices/{id}/tail" {
			continue
		}
		all[path] = path
		if address, ok := known[path]; ok {
			all[path] = address
		}
	}
	return all
}

// and adds a query parameter to an address.
func and(address, parameter string) string {
	if strings.Contains(address, "?") {
		return address + "&" + parameter
	}
	return address + "?" + parameter
}

// TestEveryReadingRoute holds what every reading route promises, whoever wrote
// it: the routes are those of the description.
func TestEveryReadingRoute(t *testing.T) {
	r := completeRig(t)
	list := reads(r)
	if len(list) < 35 {
		t.Fatalf("only %d routes are described", len(list))
	}
	for _, path := range slices.Sorted(maps.Keys(list)) {
		t.Run(strings.TrimPrefix(path, "/"), func(t *testing.T) {
			r := &rig{Server: r.Server, t: t, registry: r.registry, latest: r.latest}
			first := r.do(request{path: list[path], token: adminToken})
			if first.Code != http.StatusOK {
				t.Fatalf("%s: %d %s", list[path], first.Code, first.Body)
			}
			if path == "/status" {
				problemOf(t, r.do(request{path: "/status?mood=good"}), http.StatusBadRequest)
				return // it is asked to learn how things are now, and never counted
			}
			checkCounted(t, r, list[path])
			checkConditional(t, r, path, list[path])
			checkRefused(t, r, list[path], r.api.OpenAPI().Paths[path].Get)
		})
	}
}

// checkCounted holds that an answer says what is left to the client.
func checkCounted(t *testing.T, r *rig, address string) {
	t.Helper()
	h := r.do(request{path: address, token: adminToken}).Header()
	for _, name := range []string{"X-Ratelimit-Limit", "X-Ratelimit-Remaining", "X-Ratelimit-Reset", "X-Request-Id"} {
		if h.Get(name) == "" {
			t.Errorf("%s: no %s", address, name)
		}
	}
}

// checkConditional holds that who has the answer is not sent it again. An export
// is not kept to be hashed: it has no ETag.
func checkConditional(t *testing.T, r *rig, path, address string) {
	t.Helper()
	etag := r.do(request{path: address, token: adminToken}).Header().Get("ETag")
	if path == "/v1/readings/export" {
		if etag != "" {
			t.Errorf("%s: a stream has the ETag %s", address, etag)
		}
		return
	}
	w := r.do(request{path: address, token: adminToken, header: map[string]string{"If-None-Match": etag}})
	if etag == "" || w.Code != http.StatusNotModified || w.Body.Len() != 0 {
		t.Errorf("%s with ETag %q: %d %.100s", address, etag, w.Code, w.Body)
	}
}

// checkRefused holds that a query which the description does not allow is
// refused with a problem that names what is wrong.
func checkRefused(t *testing.T, r *rig, address string, op *huma.Operation) {
	t.Helper()
	f := func(parameter string, status int, names string) {
		t.Helper()
		if got := problemOf(t, r.do(request{path: and(address, parameter), token: adminToken}), status); !strings.Contains(got, names) {
			t.Errorf("%s: it does not say %q: %s", parameter, names, got)
		}
	}
	f("mood=good", http.StatusBadRequest, "mood")
	if !strings.HasPrefix(op.Path, "/v1/") {
		return // the doors of open data have tests of their own for what follows
	}
	f("bad=%zz", http.StatusBadRequest, "the query cannot be read")
	for _, p := range op.Parameters {
		if p.In != "query" || strings.Contains(address, p.Name+"=") {
			continue
		}
		value := "1"
		if p.Schema.Type == huma.TypeArray {
			value = fmt.Sprint(p.Schema.Items.Enum[0])
		}
		f(p.Name+"="+value+"&"+p.Name+"="+value, http.StatusBadRequest, p.Name)
		if !mayBeEmpty(p.Schema) {
			f(p.Name+"=", http.StatusBadRequest, p.Name+" is empty")
		}
		switch {
		case p.Schema.Maximum != nil:
			f(p.Name+"=1000000000", http.StatusUnprocessableEntity, p.Name)
			f(p.Name+"=many", http.StatusUnprocessableEntity, p.Name)
		case p.Schema.Type == huma.TypeArray || len(p.Schema.Enum) > 0:
			f(p.Name+"=nonsense", http.StatusUnprocessableEntity, p.Name)
		case p.Schema.Format == "date-time":
			f(p.Name+"=yesterday", http.StatusUnprocessableEntity, p.Name)
		case p.Name == "cursor":
			f(p.Name+"=%25", http.StatusUnprocessableEntity, p.Name)
		}
	}
}

// TestEveryListIsShaped holds that each list of the description can be cut to any
// one of its members and sorted, by sort or by an order of its own.
func TestEveryListIsShaped(t *testing.T) {
	r := completeRig(t)
	addresses, shaped := reads(r), 0
	for path, address := range addresses {
		l := r.lists["GET "+path]
		if l == nil {
			continue
		}
		shaped++
		for _, member := range l.fields {
			w := r.do(request{path: and(address, "fields="+member), token: adminToken})
			if w.Code != http.StatusOK {
				t.Errorf("%s by %s: %d %s", path, member, w.Code, w.Body)
			}
			if !l.whole {
				continue
			}
			for _, sign := range []string{"", "-"} {
				if w := r.do(request{path: and(address, "sort="+sign+member), token: adminToken}); w.Code != http.StatusOK {
					t.Errorf("%s sorted by %s%s: %d %s", path, sign, member, w.Code, w.Body)
				}
			}
		}
	}
	if shaped < 18 {
		t.Errorf("only %d lists can be cut", shaped)
	}
}

// TestStreamsAreCounted holds that streams, which set their own deadlines, count
// against the client's rate too.
func TestStreamsAreCounted(t *testing.T) {
	now := time.Now()
	r := newRig(t, demoCity()[:1], func(o *Options) { o.PerMinute, o.Now = 2, func() time.Time { return now } })
	for _, path := range []string{"/v1/live?mood=good", "/v1/readings/export?mood=good"} {
		if w := r.do(request{path: path}); w.Code != http.StatusBadRequest || w.Header().Get("X-Ratelimit-Remaining") == "" {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
		}
	}
	if got := problemOf(t, r.do(request{path: "/v1/live"}), http.StatusTooManyRequests); !strings.Contains(got, "Retry-After") {
		t.Errorf("a client beyond its rate: %s", got)
	}
}

// TestStandardsAreConditional holds that the standards' doors do not send again
// what the client has, for as long as what is published stays the same.
func TestStandardsAreConditional(t *testing.T) {
	r := openRig(t)
	for _, path := range []string{"/ogc", "/ogc/collections", "/ogc/collections/devices/items?limit=1", "/ogc/collections/latest-air/items", "/sta/v1.1", "/sta/v1.1/Things?$count=true",
		"/sta/v1.1/Observations", "/opendata", "/catalog.ttl", "/opendata/rome.csv", "/opendata/rome.json", "/openapi.json"} {
		first := r.do(request{path: path, peer: everywhere})
		again := r.do(request{path: path, peer: everywhere, header: map[string]string{"If-None-Match": first.Header().Get("ETag")}})
		if first.Code != http.StatusOK || first.Header().Get("ETag") == "" || again.Code != http.StatusNotModified || again.Body.Len() > 0 {
			t.Errorf("%s: %d with ETag %q, then %d", path, first.Code, first.Header().Get("ETag"), again.Code)
		}
		if path != "/openapi.json" && first.Header().Get("X-Ratelimit-Remaining") == "" {
			t.Errorf("%s does not say what is left", path)
		}
	}
	before := r.do(request{path: "/ogc/collections/devices/items", peer: everywhere}).Header().Get("ETag")
	if w := r.do(request{method: "POST", path: "/v1/publications/rome/withdraw", token: adminToken}); w.Code != http.StatusOK {
		t.Fatal(w.Body)
	}
	if w := r.do(request{path: "/ogc/collections/devices/items", peer: everywhere, header: map[string]string{"If-None-Match": before}}); w.Code != http.StatusOK {
		t.Errorf("after a change: %d", w.Code)
	}
}
