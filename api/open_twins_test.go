package api

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"rione/devices"
	"rione/geo"
	"rione/ingest"
)

// twin is one of two cities that everybody must not be able to tell apart: what
// they differ in is nobody's business.
type twin struct {
	shift   float64 // degrees, of where an access point truly stands within its cell
	homes   int     // in a cell of their own, fewer than five
	clients float64 // of an access point that stands alone, fewer than five
	newest  float64 // what is too new to be published
	secret  string  // begins the names of what is not published at all
}

// twinRig serves a city whose air, Wi-Fi and broadband are published, the people
// of the latter two in groups.
func twinRig(t *testing.T, own twin) *rig {
	t.Helper()
	store, server := withInflux(t)
	at := func(lat, lon float64) geo.Point { return geo.Point{Lat: 41.9 + lat, Lon: 12.49 + lon} }
	fleet := []devices.Device{
		device("air-1", devices.Air, roma, "Municipio I", at(0, 0)), device("air-2", devices.Air, roma, "Municipio II", at(0.05, 0.05)),
		device("ap-crowd", devices.WifiAP, roma, "", at(own.shift, 0)), device("ap-alone", devices.WifiAP, roma, "", at(0.2, 0.2)),
		device("cabinet-1", devices.BBNode, roma, "", at(0.1, 0.1)),
	}
	hidden := func(id string, kind devices.Kind, comune string, p geo.Point, premises bool) {
		d := device(id, kind, comune, "", p)
		d.Premises = premises
		fleet = append(fleet, d)
	}
	for i := range 5 {
		hidden(fmt.Sprintf("group-%d", i), devices.BBNode, roma, at(float64(i)/10_000, 0), true)
	}
	for i := range own.homes {
		hidden(fmt.Sprintf("%s-home-%d", own.secret, i), devices.BBNode, roma, at(0.15, 0.15), true)
	}
	hidden(own.secret+"-palermo", devices.Air, palermo, geo.Point{Lat: 38.11, Lon: 13.36}, false)
	hidden(own.secret+"-noise", devices.Noise, roma, at(0, 0), false)
	hidden(own.secret+"-air-at-home", devices.Air, roma, at(0, 0), true)
	r := newRig(t, fleet, store, func(o *Options) { o.Now = func() time.Time { return noon } })
	var lines []string
	for _, d := range r.registry.Snapshot().All() {
		for i := range 8 {
			p := own.says(t, d, noon.Add(-time.Duration(8-i)*30*time.Minute), i >= 5)
			lines = append(lines, line(&p))
		}
	}
	write(t, server, lines)
	r.publishes("air", "air", "single")
	r.publishes("wifi", "wifi_ap", "single")
	r.publishes("wifi-use", "wifi_ap", "groups")
	r.publishes("links", "bb_link", "single")
	r.publishes("homes", "bb_link", "groups")
	return r
}

// says is what a device of the city reads; tooNew is within the delay.
func (own twin) says(t *testing.T, d *devices.Device, at time.Time, tooNew bool) ingest.Point {
	t.Helper()
	value := 20.0
	if tooNew || strings.HasPrefix(d.ID, own.secret) {
		value = own.newest
	}
	switch d.Kind {
	case devices.WifiAP:
		clients := map[string]float64{"ap-crowd": 12, "ap-alone": own.clients}[d.ID]
		if tooNew {
			clients = own.newest
		}
		return point(t, d, "wifi_ap", at, map[string]float64{"up": 1, "clients": clients})
	case devices.BBNode:
		return point(t, d, "bb_link", at, map[string]float64{"up": 1, "sync_down_kbps": 1000 * value}, ingest.Tag{Name: "tech", Value: "ftth"})
	case devices.Air:
		return point(t, d, "air", at, map[string]float64{"pm10_ugm3": value, "temp_c": value / 2}, ingest.Tag{Name: "grade", Value: "reference"})
	}
	return point(t, d, "noise", at, map[string]float64{"laeq_db": value})
}

func (r *rig) publishes(id, measurement, form string) {
	r.t.Helper()
	body := fmt.Sprintf(`{"title":{"it":%q,"en":%[1]q},"description":{"it":%[1]q,"en":%[1]q},"comuni":[%[2]q],"measurement":%[3]q,"form":%[4]q,"delay_h":2,
		"holder":{"name":"Roma Capitale","code":"c_h501"},"theme":"ENVI"}`, id, roma, measurement, form)
	for _, in := range []request{{method: "PUT", path: "/v1/publications/" + id, body: body}, {method: "POST", path: "/v1/publications/" + id + "/publish"}} {
		in.token = adminToken
		if w := r.do(in); w.Code != 200 {
			r.t.Fatalf("%s: %d %s", in.path, w.Code, w.Body)
		}
	}
}

// publicQuestions are what everybody can ask, by every parameter that there is:
// boxes that overlap, halve and touch, spans and instants, open and shut, filters
// on what is hidden, orders, counts and pages.
func publicQuestions() []string {
	var all []string
	ask := func(path string, queries ...string) {
		all = append(all, path)
		for _, q := range queries {
			all = append(all, path+"?"+q)
		}
	}
	var boxes, spans []string
	for _, b := range []string{"12,41,13,43", "12.49,41.9,12.49,41.9", "12.4899,41.8999,12.4901,41.9001", "12,41,12.64,43", "12.64,41,13,43", "12.6,42,12.7,42.2", "12.639,42.049,12.641,42.051", "13,38,14,39"} {
		boxes = append(boxes, "bbox="+b)
	}
	for _, d := range []string{"2026-03-01T08:00:00Z/2026-03-01T09:00:00Z", "2026-03-01T08:30:00Z/2026-03-01T10:00:00Z", "2026-03-01T09:59:59Z/..", "../2026-03-01T09:00:00Z", "2026-03-01T09:30:00Z", "2026-03-01T11:00:00Z/.."} {
		spans = append(spans, "datetime="+url.QueryEscape(d))
	}
	for _, set := range []string{"air", "wifi", "wifi-use", "links", "homes"} {
		for _, ending := range []string{"csv", "ndjson", "geojson", "json"} {
			ask("/opendata/" + set + "." + ending)
		}
		ask("/opendata/"+set+".csv", append(boxes, "start=2026-03-01T08:00:00Z&end=2026-03-01T09:00:00Z", "start=2026-03-01T08:00:00Z&end=2026-03-01T10:00:00Z",
			"start=2026-03-01T08:10:00Z&end=2026-03-01T09:50:00Z", "start=2026-03-01T09:00:00Z&end=2026-03-01T12:00:00Z", "end=2026-03-01T09:30:00Z&"+boxes[0])...)
	}
	ask("/catalog.ttl")
	ask("/opendata?lang=en")
	ask("/ogc/collections")
	for _, c := range []string{"devices", "comuni", "zones", "latest-air", "latest-wifi_ap", "latest-bb_link"} {
		ask("/ogc/collections/"+c+"/items", append(append(append([]string{"limit=1", "limit=2"}, boxes...), spans...), boxes[0]+"&"+spans[0])...)
	}
	filters := []string{
		"geo.distance(location, geography'POINT (12.49 41.9)') lt 0.002", "geo.distance(location, geography'POINT (12.64 42.05)') lt 0.02",
		"st_within(location, geography'POLYGON((12.48 41.89,12.5 41.89,12.5 41.91,12.48 41.91,12.48 41.89))')",
	}
	for _, f := range filters {
		ask("/sta/v1.1/Locations", "$count=true&$filter="+url.QueryEscape(f))
	}
	for _, f := range []string{"properties/premises eq true", "properties/kind eq 'bb_node'", "startswith(name,'group')", "Datastreams/Observations/result gt 0", "length(name) gt 0"} {
		ask("/sta/v1.1/Things", "$count=true&$filter="+url.QueryEscape(f))
	}
	for _, f := range []string{"result gt 3", "result lt 5", "phenomenonTime gt 2026-03-01T09:00:00Z", "phenomenonTime gt 2026-03-01T10:00:00Z and result gt 0", "Datastream/ObservedProperty/name eq 'wifi_ap.clients'"} {
		ask("/sta/v1.1/Observations", "$count=true&$filter="+url.QueryEscape(f))
	}
	for _, set := range []string{"Things", "Locations", "Datastreams", "ObservedProperties", "Sensors", "FeaturesOfInterest", "Observations", "HistoricalLocations"} {
		ask("/sta/v1.1/"+set, "$count=true", "$top=1&$skip=1", "$orderby="+url.QueryEscape("id desc")+"&$top=3")
	}
	ask("/sta/v1.1/Things", "$expand=Locations,Datastreams($expand=Observations($top=2),ObservedProperty)", "$select=name&$expand=Datastreams($filter="+url.QueryEscape("phenomenonTime lt 2026-03-01T10:00:00Z")+")")
	return all
}

// TestNobodyCanTellTwinsApart asks two cities everything. Where all answers are
// the same, no two of them and no difference between two says what is hidden.
func TestNobodyCanTellTwinsApart(t *testing.T) {
	one := twinRig(t, twin{homes: 1, clients: 1, newest: 31, secret: "uno"})
	other := twinRig(t, twin{shift: 0.0004, homes: 4, clients: 4, newest: 77, secret: "due"})
	if a, b := one.registry.Snapshot().Device("ap-crowd").Current(), other.registry.Snapshot().Device("ap-crowd").Current(); a.Cell != b.Cell || a.Point == b.Point {
		t.Fatalf("%+v and %+v must be two places in one cell", a, b)
	}
	answered := 0
	for i, q := range publicQuestions() {
		in := request{path: q, peer: fmt.Sprintf("192.0.2.%d:4000", i%200)}
		first, second := one.do(in), other.do(in)
		if first.Code != second.Code || first.Body.String() != second.Body.String() {
			t.Errorf("%s: %d %.900s\nand\n%d %.900s", q, first.Code, first.Body, second.Code, second.Body)
		}
		if first.Code == 200 && first.Body.Len() > 0 {
			answered++
		}
		if first.Code >= 500 {
			t.Errorf("%s: %d %s", q, first.Code, first.Body)
		}
		for _, name := range []string{"uno-", "due-", "group-0", `"clients"`} {
			if strings.Contains(first.Body.String()+second.Body.String(), name) && !strings.Contains(q, "wifi-use") {
				t.Errorf("%s names %s", q, name)
			}
		}
	}
	if answered < 150 {
		t.Errorf("only %d questions were answered", answered)
	}
	use, homes := one.do(request{path: "/opendata/wifi-use.csv", peer: everywhere}), one.do(request{path: "/opendata/homes.ndjson", peer: everywhere})
	if strings.Count(use.Body.String(), "\n") < 3 || !json.Valid([]byte(strings.SplitN(homes.Body.String(), "\n", 2)[0])) {
		t.Errorf("nothing is published, so nothing is proved: %s %s", use.Body, homes.Body)
	}
	a, b := one.do(request{path: "/ogc/collections/devices/items?limit=100", token: "read-only"}), other.do(request{path: "/ogc/collections/devices/items?limit=100", token: "read-only"})
	if a.Body.String() == b.Body.String() {
		t.Error("to a reader the cities are the same, so nothing is proved")
	}
}
