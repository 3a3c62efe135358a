package api

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"rione/devices"
	"rione/geo"
	"rione/ingest"
)

var rome = geo.Point{Lat: 41.9, Lon: 12.48}

// home is a device in somebody's home.
func home() devices.Device {
	d := device("bb-home-1", devices.BBNode, "058091", "Municipio I", geo.Point{Lat: 41.91234, Lon: 12.51234})
	d.Premises, d.Name, d.ExternalID = true, "ONT", "48575443aabbccdd"
	return d
}

func smallFleet() []devices.Device {
	retired := device("air-old", devices.Air, "058091", "", rome)
	retired.Retired = true
	named := device("air-1", devices.Air, "058091", "Municipio I", rome)
	named.Name = "Piazza Venezia"
	return []devices.Device{named, home(), retired,
		device("noise-1", devices.Noise, "082053", "", geo.Point{Lat: 38.12, Lon: 13.36}),
		device("wifi-1", devices.WifiAP, "058091", "Municipio II", geo.Point{Lat: 41.93, Lon: 12.5})}
}

func ids(page DevicePage) string {
	var out []string
	for _, d := range page.Devices {
		out = append(out, d.DeviceID)
	}
	return strings.Join(out, " ")
}

func TestListDevices(t *testing.T) {
	r := newRig(t, smallFleet())
	d := r.registry.Snapshot().Device("noise-1")
	r.latest.Stored([]ingest.Point{point(t, d, "noise", time.Now(), map[string]float64{"laeq_db": 60})})
	f := func(query, want string) {
		t.Helper()
		if got := ids(get[DevicePage](r, "/v1/devices"+query)); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	f("", "air-1 bb-home-1 noise-1 wifi-1")
	f("?kind=air", "air-1")
	f("?kind=air,noise", "air-1 noise-1")
	f("?comune=082053", "noise-1")
	f("?comune=082053,058091&kind=wifi_ap", "wifi-1")
	f("?zone=Municipio+I", "air-1 bb-home-1")
	f("?q=venezia", "air-1")
	f("?q=PALERMO", "noise-1")
	f("?q=municipio+ii", "wifi-1")
	f("?q=%25", "")
	f("?state=online", "noise-1")
	f("?state=silent", "air-1 bb-home-1 wifi-1")
	f("?bbox=12,41,13,42&kind=air,wifi_ap", "air-1 wifi-1")
	f("?bbox=12.49,41.92,12.51,41.94", "wifi-1")
	f("?limit=2", "air-1 bb-home-1")
}

func TestListDevicesRefuses(t *testing.T) {
	r := newRig(t, smallFleet())
	for _, query := range []string{"kind=toaster", "comune=58091", "comune=roma", "bbox=1,2,3", "bbox=a,b,c,d", "bbox=13,41,12,42",
		"bbox=0,0,200,10", "bbox=NaN,0,1,1", "cursor=%21%21", "state=happy", "limit=10001"} {
		problemOf(t, r.do(request{path: "/v1/devices?" + query}), http.StatusUnprocessableEntity)
	}
}

func TestPagesHoldEveryDeviceOnce(t *testing.T) {
	r := newRig(t, demoCity())
	var seen []string
	for cursor, pages := "", 0; pages < 100; pages++ {
		page := get[DevicePage](r, "/v1/devices?limit=37&cursor="+cursor)
		if page.Matched != 326 {
			t.Fatalf("matched %d", page.Matched)
		}
		for _, d := range page.Devices {
			seen = append(seen, d.DeviceID)
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if len(seen) != 326 || !slices.IsSorted(seen) || len(slices.Compact(seen)) != 326 {
		t.Errorf("%d devices, sorted %v", len(seen), slices.IsSorted(seen))
	}
}

// TestHomesAreShownByTheirComune asks for a device in a home in every way that
// could tell where it stands.
func TestHomesAreShownByTheirComune(t *testing.T) {
	r := newRig(t, smallFleet())
	d := r.registry.Snapshot().Device("bb-home-1")
	r.latest.Stored([]ingest.Point{point(t, d, "bb_link", time.Now(), map[string]float64{"up": 1})})
	secret := []string{"41.91", "12.51", d.Current().Cell, "48575443"}
	for _, path := range []string{"/v1/devices", "/v1/devices/bb-home-1", "/v1/readings/latest", "/v1/readings/latest?format=geojson"} {
		body := r.do(request{path: path}).Body.String()
		if !strings.Contains(body, "bb-home-1") {
			t.Errorf("%s does not show it at all", path)
		}
		for _, s := range secret {
			if strings.Contains(body, s) {
				t.Errorf("%s tells %s", path, s)
			}
		}
	}
	centre, _ := geo.ComuneByCode("058091")
	near := func(p geo.Point) string {
		return fmt.Sprintf("/v1/devices?kind=bb_node&bbox=%f,%f,%f,%f", p.Lon-0.001, p.Lat-0.001, p.Lon+0.001, p.Lat+0.001)
	}
	if got := ids(get[DevicePage](r, near(d.Current().Point))); got != "" {
		t.Errorf("a box around the home finds %s", got)
	}
	if got := ids(get[DevicePage](r, near(centre.Point))); got != "bb-home-1" {
		t.Errorf("a box around the comune's point finds %q", got)
	}
}

func TestWindows(t *testing.T) {
	f := func(text string, want time.Duration) {
		t.Helper()
		got, err := parseWindow(text)
		if (err == nil) != (want > 0) || got != want {
			t.Errorf("%q: %v %v, want %v", text, got, err, want)
		}
	}
	f("30s", 30*time.Second)
	f("5m", 5*time.Minute)
	f("1h30m", 90*time.Minute)
	f("7d", 7*24*time.Hour)
	f("366d", 366*24*time.Hour)
	f("367d", 0)
	f("99999999999999999999d", 0)
	f("-1d", 0)
	f("0s", 0)
	f("1500ms", 0)
	f("5", 0)
	f("d", 0)
	f("", 0)
}

func FuzzParseBBox(f *testing.F) {
	f.Add("12.2,41.6,12.9,42.1")
	f.Add("1,2,3,")
	f.Add("Inf,-Inf,NaN,0")
	f.Fuzz(func(t *testing.T, text string) {
		box, err := parseBBox(text)
		if err == nil && !(box.MinLat <= box.MaxLat && box.MinLon <= box.MaxLon && box.MinLat >= -90 && box.MaxLon <= 180) {
			t.Errorf("%q is %v", text, box)
		}
	})
}
