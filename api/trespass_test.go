package api

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	credential "rione/devices/access"
)

// A token of some comuni that is refused is told of, wherever it is refused; a token
// of the whole city, and nobody at all, are not.
func TestTrespassersAreTold(t *testing.T) {
	var told []string
	r := newScopeRig(t, func(o *Options) {
		o.Trespassed = func(who string, comuni []string, route string) {
			told = append(told, fmt.Sprintf("%s of %v: %s", who, comuni, route))
		}
	})
	operator, administrator := r.token(credential.Operator, palermo), r.token(credential.Administrator, palermo)
	f := func(token, method, path, body string, status int, want ...string) {
		t.Helper()
		told = nil
		if w := r.do(request{method: method, path: path, token: token, body: body}); w.Code != status {
			t.Fatalf("%s %s answers %d, want %d: %s", method, path, w.Code, status, w.Body)
		}
		if !slices.Equal(told, want) {
			t.Errorf("%s %s: told %q, want %q", method, path, told, want)
		}
	}
	f(operator, http.MethodGet, "/v1/devices", "", http.StatusOK)
	f(administrator, http.MethodGet, "/v1/audit", "", http.StatusForbidden, "administrator [082053] of [082053]: GET /v1/audit")
	f(administrator, http.MethodPost, "/v1/tokens", `{"name":"mine","role":"reader","comuni":["`+roma+`"]}`, http.StatusForbidden,
		"administrator [082053] of [082053]: POST /v1/tokens")
	f(r.token(credential.Reader), http.MethodPost, "/v1/tokens", `{}`, http.StatusForbidden)
	f("no such token", http.MethodGet, "/v1/audit", "", http.StatusUnauthorized)
}
