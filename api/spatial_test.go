package api

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"

	"rione/devices"
	"rione/geo"
)

func TestSpatialQueries(t *testing.T) {
	r := newRig(t, smallFleet())
	f := func(query, want string) {
		t.Helper()
		if got := ids(get[DevicePage](r, "/v1/devices?"+query)); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	f("near=41.9,12.48&radius=100", "air-1")
	f("near=41.9,12.48&radius=4000&kind=air,wifi_ap", "air-1 wifi-1")
	f("near=41.93,12.5&nearest=1&kind=air,wifi_ap", "wifi-1")
	f("near=41.93,12.5&nearest=2&kind=air,wifi_ap", "wifi-1 air-1") // the nearest first
	f("near=41.93,12.5&nearest=9&kind=air,wifi_ap&radius=1", "wifi-1")
	f("near=38.1,13.3&nearest=1", "noise-1")
	f("polygon=12.4,41.85,12.49,41.85,12.49,41.95,12.4,41.95&kind=air,wifi_ap", "air-1")
	f("cell="+rome.Cell(geo.LevelFixed)+"&kind=air", "air-1")
	f("cell="+rome.Cell(6)+"&kind=air,wifi_ap,noise", "air-1 wifi-1")
	page := get[DevicePage](r, "/v1/devices?near=41.93,12.5&nearest=2&kind=air,wifi_ap")
	if d := page.Devices[1].DistanceM; page.Matched != 2 || d == nil || *d < 3000 || *d > 4500 {
		t.Errorf("page is %+v", page)
	}
	if got := decode[LatestPage](t, r.do(request{path: "/v1/readings/latest?near=41.9,12.48&radius=100"}).Body.Bytes()); len(got.Devices) != 1 {
		t.Errorf("latest near by: %+v", got)
	}
	for _, query := range []string{"near=41.9,12.5", "radius=10", "nearest=3", "near=a,b&radius=1", "near=41.9,12.5&radius=-1", "near=41.9,12.5&radius=NaN",
		"near=91,12.5&radius=1", "polygon=1,2,3", "cell=zz", "near=41.9,12.5&nearest=10001"} {
		problemOf(t, r.do(request{path: "/v1/devices?" + query}), http.StatusUnprocessableEntity)
	}
}

// No way of asking by place finds a home.
func TestSpatialQueriesDoNotFindHomes(t *testing.T) {
	r := newRig(t, smallFleet())
	at := r.registry.Snapshot().Device("bb-home-1").Current().Point
	for _, query := range []string{
		fmt.Sprintf("near=%f,%f&radius=500", at.Lat, at.Lon), "cell=" + at.Cell(geo.LevelFixed),
		fmt.Sprintf("polygon=%[1]f,%[2]f,%[3]f,%[2]f,%[3]f,%[4]f", at.Lon-0.004, at.Lat-0.004, at.Lon+0.004, at.Lat+0.004),
	} {
		if got := ids(get[DevicePage](r, "/v1/devices?kind=bb_node&"+query)); got != "" {
			t.Errorf("%s finds %s", query, got)
		}
	}
	page := get[DevicePage](r, fmt.Sprintf("/v1/devices?kind=bb_node&nearest=1&near=%f,%f", at.Lat, at.Lon))
	if d := page.Devices[0].DistanceM; d == nil || *d < 500 {
		t.Errorf("its distance is that of the home: %v", d)
	}
}

// The answers agree with looking at every device.
func TestSpatialQueriesAgreeWithBruteForce(t *testing.T) {
	r := newRig(t, demoCity())
	all := r.registry.Snapshot().All()
	rnd := rand.New(rand.NewPCG(7, 7))
	for range 50 {
		p := geo.Point{Lat: 41.8 + 0.2*rnd.Float64(), Lon: 12.3 + 0.4*rnd.Float64()}
		metres, k := 10_000*rnd.Float64(), 1+rnd.IntN(20)
		var within []string
		near := slices.Clone(all)
		for _, d := range all {
			if geo.Haversine(p, d.Current().Point) <= metres {
				within = append(within, d.ID)
			}
		}
		slices.SortStableFunc(near, func(a, b *devices.Device) int {
			return cmp.Compare(geo.Haversine(p, a.Current().Point), geo.Haversine(p, b.Current().Point))
		})
		var nearest []string
		for _, d := range near[:k] {
			nearest = append(nearest, d.ID)
		}
		at := fmt.Sprintf("/v1/devices?limit=1000&near=%v,%v", p.Lat, p.Lon)
		if got := ids(get[DevicePage](r, fmt.Sprintf("%s&radius=%v", at, metres))); got != strings.Join(within, " ") {
			t.Errorf("within %v of %v: %s", metres, p, got)
		}
		if got := ids(get[DevicePage](r, fmt.Sprintf("%s&nearest=%d", at, k))); got != strings.Join(nearest, " ") {
			t.Errorf("%d nearest to %v: %s", k, p, got)
		}
	}
}

func TestMovingDevices(t *testing.T) {
	r := newRig(t, smallFleet())
	if code, answer := r.patch("wifi-1", "*", `{"moving":true}`); code != 200 || !strings.Contains(answer, `"moving":true`) {
		t.Errorf("%d %s", code, answer)
	}
	if !r.registry.Snapshot().Device("wifi-1").Moving {
		t.Error("the registry does not know")
	}
	if code, answer := r.patch("wifi-1", "*", `{"moving":false}`); code != 200 || strings.Contains(answer, `"moving"`) {
		t.Errorf("%d %s", code, answer)
	}
}

// The index answers as looking at every device does, for every revision, and
// shows a home at the point of its comune only.
func TestIndexOfShownDevices(t *testing.T) {
	r := newRig(t, append(demoCity(), smallFleet()...))
	queries := []string{"?bbox=12.4,41.8,12.5,41.95&limit=1000", "?bbox=-10,30,20,50&limit=1000&kind=wifi_ap", "?near=41.9,12.5&radius=5000&limit=1000", "?bbox=12.4,41.8,12.6,42&near=41.9,12.5&radius=3000&limit=7", "?bbox=1,1,2,2"}
	f := func() {
		t.Helper()
		for _, q := range queries {
			r.mapped.asked, r.mapped.of = nil, nil
			scanned := ids(get[DevicePage](r, "/v1/devices"+q))
			get[DevicePage](r, "/v1/devices"+q) // makes the index
			if r.mapped.index == nil {
				t.Fatal("nothing was indexed")
			}
			if indexed := ids(get[DevicePage](r, "/v1/devices"+q)); indexed != scanned {
				t.Errorf("%s: indexed %s, looked at each: %s", q, indexed, scanned)
			}
		}
	}
	f()
	r.install("/v1/devices/air-1/move", "*", `{"lat":41.85,"lon":12.45}`)
	if page := ids(get[DevicePage](r, "/v1/devices?bbox=12.4499,41.8499,12.4501,41.8501")); page != "air-1" {
		t.Errorf("after a move: %q", page)
	}
	f()
}
