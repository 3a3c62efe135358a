package api

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"rione/geo"
)

// Many points are located by one request, in their order; a wrong one is named.
func TestLocateMany(t *testing.T) {
	r := newRig(t, nil, func(o *Options) {
		o.Locate = func(p geo.Point) geo.Place {
			if p.Lat < 41 {
				return geo.Place{}
			}
			return geo.Place{Comune: "058091", Zone: fmt.Sprint("Municipio ", int(p.Lon))}
		}
	})
	post := func(body string) (int, string) {
		t.Helper()
		w := r.do(request{method: http.MethodPost, path: "/v1/geo/locate", token: adminToken, body: body})
		return w.Code, w.Body.String()
	}
	code, answer := post(`{"points":[{"lat":41.9,"lon":12.5},{"lat":0,"lon":0},{"lat":42,"lon":13}]}`)
	if code != http.StatusOK {
		t.Fatalf("%d %s", code, answer)
	}
	want := []Location{{"058091", "Municipio 12"}, {}, {"058091", "Municipio 13"}}
	if got := decode[Locations](t, []byte(answer)).Places; !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
	many := func(n int) string {
		return `{"points":[` + strings.TrimSuffix(strings.Repeat(`{"lat":41.9,"lon":12.5},`, n), ",") + `]}`
	}
	if code, answer = post(many(MaxPoints)); code != http.StatusOK || len(decode[Locations](t, []byte(answer)).Places) != MaxPoints {
		t.Errorf("%d points: %d", MaxPoints, code)
	}
	f := func(body, want string) {
		t.Helper()
		if code, answer := post(body); code != http.StatusUnprocessableEntity || !strings.Contains(answer, want) {
			t.Errorf("%.60s: %d %s, want %q", body, code, answer, want)
		}
	}
	f(many(MaxPoints+1), "1000")
	f(`{"points":[]}`, "points")
	f(`{}`, "points")
	f(`{"points":[{"lat":41.9,"lon":12.5},{"lat":91,"lon":12.5}]}`, "points[1]: latitude must be within ±90")
	f(`{"points":[{"lat":41.9}]}`, "lon")
	f(`{"points":[{"lat":"north","lon":12.5}]}`, "lat")

	if w := r.do(request{method: http.MethodPost, path: "/v1/geo/locate", body: many(1)}); w.Code != http.StatusUnauthorized {
		t.Errorf("without a token: %d", w.Code)
	}
	if w := r.do(request{method: http.MethodPost, path: "/v1/geo/locate", token: "read-only", body: many(1)}); w.Code != http.StatusOK {
		t.Errorf("a reader: %d %s", w.Code, w.Body)
	}
	none := newRig(t, nil, func(o *Options) { o.Locate = nil })
	if w := none.do(request{method: http.MethodPost, path: "/v1/geo/locate", token: adminToken, body: many(1)}); w.Code != http.StatusNotImplemented {
		t.Errorf("without boundaries: %d", w.Code)
	}
}
