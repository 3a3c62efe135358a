package api

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	credential "rione/devices/access"
)

// wholeRig is a server with everything that can be mounted.
func wholeRig(t *testing.T) *rig {
	t.Helper()
	doors := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	return newRig(t, smallFleet(), func(o *Options) {
		o.Metrics, o.Ingest, o.MQTT, o.Publications = prometheus.NewRegistry(), doors, doors, publicationsOfTwo(t)
	})
}

// What needs no token of the API is this, by hand: whoever opens another route has
// to say so here too.
func TestOpenRoutes(t *testing.T) {
	want := []string{
		"/api/v1/monitoring/device/", "/ingest/", "/mqtt", // doors, which have credentials of their own
		"GET /assets/", "GET /claim", "GET /docs", "GET /openapi.json", "GET /status", "GET /{$}",
		"GET /catalog", "GET /catalog.jsonld", "GET /catalog.rdf", "GET /catalog.ttl",
		"GET /ogc", "GET /ogc/", "GET /opendata", "GET /opendata/", "GET /sta/v1.1", "GET /sta/v1.1/",
		"POST /v1/claim", // the code is the credential
	}
	slices.Sort(want)
	var got []string
	for _, pattern := range wholeRig(t).mux.patterns {
		if need, listed := access[pattern]; listed && need.role == Public {
			got = append(got, pattern)
		}
	}
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("open without a token are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// Every route is in the table, and the table has none that is not there: a line of
// another spelling would leave its route to administrators only, unnoticed.
func TestAccessTableIsOfTheRoutes(t *testing.T) {
	r := wholeRig(t)
	there := map[string]bool{}
	for _, pattern := range r.mux.patterns {
		if there[pattern] = true; !contains(access, pattern) {
			t.Errorf("%s is not in the table of access", pattern)
		}
	}
	for pattern := range access {
		if !there[pattern] {
			t.Errorf("%s is in the table of access and no route", pattern)
		}
	}
	if len(there) < 80 {
		t.Errorf("only %d routes", len(there))
	}
}

func contains(table map[string]rule, pattern string) bool {
	_, there := table[pattern]
	return there
}

// Without a token, from elsewhere, nothing but the open routes answers; on the
// machine itself reading does, and changing does not.
func TestEveryRouteWithoutToken(t *testing.T) {
	r := wholeRig(t)
	for _, pattern := range r.mux.patterns {
		if access[pattern].role == Public && contains(access, pattern) {
			continue
		}
		method, path, _ := strings.Cut(strings.NewReplacer("{id}", "air-1", "{subject}", "device", "{name}", "x").Replace(pattern), " ")
		for _, token := range []string{"", "not-a-token"} {
			if w := r.do(request{method: method, path: path, token: token, peer: everywhere}); w.Code != http.StatusUnauthorized || w.Header().Get("WWW-Authenticate") == "" {
				t.Errorf("%s from elsewhere with token %q: %d", pattern, token, w.Code)
			}
		}
		if method == http.MethodGet {
			continue
		}
		if w := r.do(request{method: method, path: path}); w.Code != http.StatusUnauthorized {
			t.Errorf("%s on the machine itself without a token: %d", pattern, w.Code)
		}
	}
}

// A route that is not in the table is for administrators of the whole city.
func TestForgottenRoute(t *testing.T) {
	r := newScopeRig(t, func(*Options) {})
	r.mux.HandleFunc("GET /v1/forgotten", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	f := func(token string, want int) {
		t.Helper()
		if w := r.do(request{path: "/v1/forgotten", token: token, peer: everywhere}); w.Code != want {
			t.Errorf("%d, want %d", w.Code, want)
		}
	}
	f("", http.StatusUnauthorized)
	for _, role := range credential.Roles() {
		want := http.StatusForbidden
		if role == credential.Administrator {
			want = http.StatusTeapot
		}
		f(r.token(role, roma), http.StatusForbidden)
		if role != credential.Enroller {
			f(r.token(role), want)
		}
	}
	if list := everyRoute(r); !slices.Contains(list, "GET /v1/forgotten") {
		t.Error("the tests of scopes would overlook it")
	}
}
