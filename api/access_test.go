package api

import (
	"net/http"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"rione/devices"
)

// everywhere is a peer that is not the machine itself.
const everywhere = "192.0.2.7:40000"

// TestAccessTable asks every route with every role, from elsewhere.
func TestAccessTable(t *testing.T) {
	r := newRig(t, demoCity()[:3])
	tokens := map[Role]string{Public: "", Reader: "read-only", Operator: "work", Administrator: adminToken}
	for pattern, need := range access {
		if pattern == "/ingest/" || pattern == openWISP || pattern == "/mqtt" || pattern == "GET /metrics" || pattern == "GET /v1/live" {
			continue // not mounted here; the live feed does not end
		}
		method, path, _ := strings.Cut(pattern, " ")
		path = strings.NewReplacer("{$}", "", "{id}", "air-058091-001").Replace(path)
		for has, token := range tokens {
			w := r.do(request{method: method, path: path, token: token, peer: everywhere})
			refused := w.Code == http.StatusUnauthorized || w.Code == http.StatusForbidden
			if refused != (has < need.role) {
				t.Errorf("%s as %s: %d, the route is for %s", pattern, has, w.Code, need.role)
			}
			if refused && (w.Code == http.StatusUnauthorized) != (has == Public) {
				t.Errorf("%s as %s: %d", pattern, has, w.Code)
			}
		}
	}
}

// TestEveryRouteIsInTheTable compares the table with the API's description.
func TestEveryRouteIsInTheTable(t *testing.T) {
	r := newRig(t, nil)
	for path, item := range r.api.OpenAPI().Paths {
		for method, op := range map[string]*huma.Operation{"GET": item.Get, "POST": item.Post, "PATCH": item.Patch, "DELETE": item.Delete, "PUT": item.Put} {
			if op == nil {
				continue
			}
			if !isListed(method + " " + path) {
				t.Errorf("%s %s is not in the table", method, path)
			}
		}
	}
}

// isListed tells whether the table has a pattern, or the folder that it stands in
// where a door routes by itself.
func isListed(pattern string) bool {
	_, listed := access[pattern]
	_, folder := access[pattern[:strings.LastIndex(pattern, "/")+1]]
	return listed || folder
}

func TestOwnMachine(t *testing.T) {
	r := newRig(t, demoCity()[:3])
	f := func(what string, in request, want int) {
		t.Helper()
		if in.path == "" {
			in.path = "/v1/devices"
		}
		if w := r.do(in); w.Code != want {
			t.Errorf("%s: %d, want %d: %s", what, w.Code, want, w.Body)
		}
	}
	f("reading on the machine itself", request{}, 200)
	f("reading over IPv6 loopback", request{peer: "[::1]:4000"}, 200)
	f("reading from elsewhere", request{peer: everywhere}, 401)
	f("reading through a proxy", request{header: map[string]string{"X-Forwarded-For": "198.51.100.4"}}, 401)
	f("reading through a standard proxy", request{header: map[string]string{"Forwarded": "for=198.51.100.4"}}, 401)
	f("a page of another site", request{header: map[string]string{"Sec-Fetch-Site": "cross-site"}}, 401)
	f("the console itself", request{header: map[string]string{"Sec-Fetch-Site": "same-origin"}}, 200)
	f("a wrong token is not ignored", request{token: "guess"}, 401)
	f("another scheme", request{header: map[string]string{"Authorization": "Basic Zm9vOmJhcg=="}}, 401)
	f("writing without a token", request{method: "DELETE", path: "/v1/devices/air-058091-001"}, 401)
	f("writing as a reader", request{method: "DELETE", path: "/v1/devices/air-058091-001", token: "read-only"}, 403)
	f("a scheme in lower case", request{header: map[string]string{"Authorization": "bearer read-only"}, peer: everywhere}, 200)
}

func TestOpenListenerTrustsNobody(t *testing.T) {
	for _, listen := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:80"} {
		r := newRig(t, demoCity()[:3], func(o *Options) { o.Listen = listen })
		if w := r.do(request{path: "/v1/devices"}); w.Code != http.StatusUnauthorized {
			t.Errorf("listening on %s: %d", listen, w.Code)
		}
		if w := r.do(request{path: "/status", header: map[string]string{"Host": "city.example"}}); w.Code != http.StatusOK {
			t.Errorf("listening on %s: status %d under a name of its own", listen, w.Code)
		}
	}
}

func TestHostNames(t *testing.T) {
	r := newRig(t, nil)
	f := func(host string, want int) {
		t.Helper()
		if w := r.do(request{path: "/status", header: map[string]string{"Host": host}}); w.Code != want {
			t.Errorf("Host %q: %d, want %d", host, w.Code, want)
		}
	}
	f("localhost", 200)
	f("LOCALHOST:8080", 200)
	f("localhost.:8080", 200)
	f("127.0.0.1:8080", 200)
	f("[::1]:8080", 200)
	f("[::1]", 200)
	f("evil.example:8080", http.StatusMisdirectedRequest)
	f("127.0.0.1.evil.example", http.StatusMisdirectedRequest)
	f("10.0.0.1:8080", http.StatusMisdirectedRequest)
}

func TestNoTokenMeansNobodyWrites(t *testing.T) {
	r := newRig(t, demoCity()[:1], func(o *Options) { o.AdminToken, o.Tokens = "", nil })
	w := r.do(request{method: "DELETE", path: "/v1/devices/" + r.registry.Snapshot().All()[0].ID,
		header: map[string]string{"Authorization": "Bearer ", "If-Match": "*"}})
	problemOf(t, w, http.StatusUnauthorized)
}

func TestAuthorIsTheTokensName(t *testing.T) {
	r := newRig(t, []devices.Device{demoCity()[0]})
	id := r.registry.Snapshot().All()[0].ID
	w := r.do(request{method: "PATCH", path: "/v1/devices/" + id, token: "work", body: `{"name":"Altro"}`, header: map[string]string{"If-Match": "*"}})
	if w.Code != 200 || r.registry.author != "hands" {
		t.Fatalf("%d by %q: %s", w.Code, r.registry.author, w.Body)
	}
}
