package opendata

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"rione/api/view"
	"rione/devices"
	"rione/geo"
	"rione/ingest/schema"
)

// cells names rows of a table by what tells them apart.
func rowsOf(table []map[string]string) map[string]string {
	out := make(map[string]string)
	for _, row := range table {
		key := row["time"] + " " + row["device_id"] + row["s2_cell_id"]
		out[key] = fmt.Sprint(row)
	}
	return out
}

func TestNothingIsPublicByItself(t *testing.T) {
	r := newRig(t, device("air-1", devices.Air, offset(0)))
	r.say("air-1", "air", noon().Add(-48*time.Hour), "pm10_ugm3=20")
	r.say("air-1", "air", noon().Add(-time.Hour), "pm10_ugm3=20")
	prepared, unknown := r.get("/opendata/roma-air.csv"), r.get("/opendata/nothing-here.csv")
	if prepared.Code != 404 || prepared.Body.String() != unknown.Body.String() {
		t.Errorf("a prepared data set: %d %s, an unknown one: %s", prepared.Code, prepared.Body, unknown.Body)
	}
	city, err := r.City(t.Context())
	if err != nil || len(city.Things) != 0 || len(city.Areas) != 0 {
		t.Errorf("%v: %d things, %d areas", err, len(city.Things), len(city.Areas))
	}
	for _, path := range []string{"/opendata", "/catalog.ttl"} {
		if w := r.get(path); w.Code != 200 || strings.Contains(w.Body.String(), "roma-air") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}

// TestSinglesStayWithinTheirRules publishes air quality of Roma, three hours
// late: everything else that is near it must stay inside.
func TestSinglesStayWithinTheirRules(t *testing.T) {
	r := newRig(t,
		device("air-1", devices.Air, offset(0)), device("air-home", devices.Air, offset(1), home),
		device("air-pa", devices.Air, geo.Point{Lat: 38.11, Lon: 13.36}, in(palermo)),
		device("air-new", devices.Air, offset(2), func(d *devices.Device) { d.Pending = true }),
		device("air-somewhere", devices.Air, offset(3), func(d *devices.Device) { d.Placements[0].Uncertain = true }))
	r.publish("air", "air", Single, 3)
	for _, id := range []string{"air-1", "air-home", "air-pa", "air-new", "air-somewhere"} {
		for hour := range 6 {
			r.say(id, "air", noon().Add(-time.Duration(hour)*time.Hour), fmt.Sprintf("pm10_ugm3=%d", 10+hour), "grade=reference")
		}
	}
	r.write(fmt.Sprintf("air,comune=%s,device_id=air-gone,s2_cell_id=132f61 pm10_ugm3=3,q=0i %d", rome, noon().Add(-4*time.Hour).UnixNano()))
	rows := r.table("/opendata/air.csv")
	if len(rows) != 4 {
		t.Fatalf("%d rows, want hours 4 and 5 of air-1 and air-somewhere: %v", len(rows), rows)
	}
	for _, row := range rows {
		if row["device_id"] != "air-1" && row["device_id"] != "air-somewhere" || row["pm10_ugm3"] != "14" && row["pm10_ugm3"] != "15" {
			t.Errorf("%v", row)
		}
		at, _ := geo.CellCentre(offset(0).Cell(geo.LevelFixed))
		if want := map[string]string{"air-1": fmt.Sprint(at.Lat), "air-somewhere": ""}[row["device_id"]]; row["lat"] != want {
			t.Errorf("%s stands at %s, want %s", row["device_id"], row["lat"], want)
		}
	}
	for _, text := range []string{"41.9,", "Via dei Nomi", "air-home", "air-gone", "air-new", "air-pa"} {
		if body := r.get("/opendata/air.csv").Body.String(); strings.Contains(body, text) {
			t.Errorf("%q is in %s", text, body)
		}
	}
}

// TestDelayEdges asks for what is just too new in every way.
func TestDelayEdges(t *testing.T) {
	r := newRig(t, device("air-1", devices.Air, offset(0)))
	r.publish("air", "air", Single, 3)
	edge := noon().Add(-3 * time.Hour)
	r.say("air-1", "air", edge.Add(-1), "pm10_ugm3=1")
	r.say("air-1", "air", edge, "pm10_ugm3=2")
	r.say("air-1", "air", edge.Add(time.Minute), "pm10_ugm3=3")
	f := func(query string, want ...string) {
		t.Helper()
		var got []string
		for _, row := range r.table("/opendata/air.csv" + query) {
			got = append(got, row["pm10_ugm3"])
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
	f("", "1")
	f("?end=2026-03-01T12:00:00Z", "1")
	f("?end=2026-03-20T12:00:00Z")
	f("?start=2026-03-01T09:00:00Z&end=2026-03-01T09:30:00Z")
	f("?start=2026-03-01T10:00:00%2B01:00&end=2026-03-01T10:30:00%2B01:00")
	f("?start=2026-03-01T08:59:59.999999999Z&end=2026-03-02T00:00:00Z", "1")
	r.now = noon().Add(59 * time.Second) // the minute is not over
	f("", "1")
	r.now = noon().Add(time.Minute)
	f("", "1", "2")
}

// TestAWithdrawnSetIsGone from every door at once.
func TestAWithdrawnSetIsGone(t *testing.T) {
	r := newRig(t, device("air-1", devices.Air, offset(0)))
	r.publish("air", "air", Single, 0)
	r.say("air-1", "air", noon().Add(-time.Hour), "pm10_ugm3=1")
	city, err := r.City(t.Context())
	if err != nil || len(city.Things) != 1 || len(city.Things[0].Series) != 1 {
		t.Fatalf("%v %+v", err, city)
	}
	span := view.Span{Thing: city.Things[0], Measurement: schema.Lookup("air"), Field: schema.Lookup("air").Field("pm10_ugm3"), Limit: 10}
	if got, err := r.Readings(t.Context(), &span); err != nil || len(got) != 1 {
		t.Fatalf("%v %v", err, got)
	}
	if _, err := r.o.Publications.SetPublished(t.Context(), "test", "air", false, r.now); err != nil {
		t.Fatal(err)
	}
	if got, err := r.Readings(t.Context(), &span); err != nil || len(got) != 0 {
		t.Errorf("%v %v", err, got)
	}
	if n, err := r.Count(t.Context(), &span); err != nil || n != 0 {
		t.Errorf("%v %d", err, n)
	}
	if city, err := r.City(t.Context()); err != nil || len(city.Things) != 0 {
		t.Errorf("%v %+v", err, city)
	}
	if w := r.get("/opendata/air.csv"); w.Code != 404 {
		t.Errorf("%d", w.Code)
	}
}

// TestASpanCannotAskForMore: who builds a span by hand gets what is published.
func TestASpanCannotAskForMore(t *testing.T) {
	r := newRig(t, device("ap-1", devices.WifiAP, offset(0)), device("ap-home", devices.WifiAP, offset(0), home), device("air-pa", devices.Air, offset(0), in(palermo)))
	r.publish("wifi", "wifi_ap", Single, 1)
	r.publish("wifi-use", "wifi_ap", Groups, 1)
	for _, id := range []string{"ap-1", "ap-home"} {
		r.say(id, "wifi_ap", noon().Add(-2*time.Hour), "up=1i,clients=3i,portal_auth=2i")
		r.say(id, "wifi_ap", noon().Add(-time.Minute), "up=0i,clients=4i,portal_auth=2i")
		r.say(id, "wifi_radio", noon().Add(-2*time.Hour), "clients=3i,channel=6i", "band=2g")
	}
	r.say("air-pa", "air", noon().Add(-2*time.Hour), "pm10_ugm3=20")
	f := func(id, measurement, field string, want int) {
		t.Helper()
		m := schema.Lookup(measurement)
		s := view.Span{Thing: &view.Thing{ID: id}, Measurement: m, Field: m.Field(field), Limit: 100}
		got, err := r.Readings(t.Context(), &s)
		if err != nil || len(got) != want {
			t.Errorf("%s %s.%s: %v %v, want %d", id, measurement, field, err, got, want)
		}
		if n, err := r.Count(t.Context(), &s); err != nil || n != want {
			t.Errorf("%s %s.%s: %v count %d, want %d", id, measurement, field, err, n, want)
		}
	}
	f("ap-1", "wifi_ap", "up", 1)
	f("ap-1", "wifi_ap", "clients", 0)
	f("ap-1", "wifi_ap", "portal_auth", 0)
	f("ap-1", "wifi_radio", "clients", 0)
	f("ap-1", "wifi_radio", "channel", 0) // no publication of it
	f("ap-home", "wifi_ap", "up", 0)
	f("air-pa", "air", "pm10_ugm3", 0)
	f("nobody", "air", "pm10_ugm3", 0)
	city, err := r.City(t.Context())
	if err != nil || len(city.Things) != 1 || city.Things[0].ID != "ap-1" {
		t.Fatalf("%v %+v", err, city)
	}
	for _, v := range city.Things[0].Series[0].Values {
		if v.Field.Name != "up" || v.Value != int64(1) {
			t.Errorf("%s = %v", v.Field.Name, v.Value)
		}
	}
}

// TestMovedDevice shows a device in the published comune only.
func TestMovedDevice(t *testing.T) {
	moved := noon().Add(-24 * time.Hour)
	d := device("air-1", devices.Air, geo.Point{Lat: 38.11, Lon: 13.36}, in(palermo))
	d.Placements = append(d.Placements, devices.Placement{ValidFrom: moved, Comune: rome, Point: offset(0), Cell: offset(0).Cell(geo.LevelFixed)})
	r := newRig(t, d)
	r.publish("air", "air", Single, 0)
	r.say("air-1", "air", moved.Add(-time.Hour), "pm10_ugm3=1")
	r.say("air-1", "air", moved.Add(time.Hour), "pm10_ugm3=2")
	if rows := r.table("/opendata/air.csv"); len(rows) != 1 || rows[0]["pm10_ugm3"] != "2" {
		t.Errorf("%v", rows)
	}
	m := schema.Lookup("air")
	got, err := r.Readings(t.Context(), &view.Span{Thing: &view.Thing{ID: "air-1"}, Measurement: m, Field: m.Field("pm10_ugm3"), Limit: 9})
	if err != nil || len(got) != 1 || got[0].Value != 2.0 {
		t.Errorf("%v %v", err, got)
	}
}

// crowd is five homes, four homes and two access points in three cells.
func crowd() []devices.Device {
	fleet := []devices.Device{device("ap-1", devices.WifiAP, offset(0)), device("ap-2", devices.WifiAP, offset(0.1)), device("ap-far", devices.WifiAP, offset(60))}
	for i := range 5 {
		fleet = append(fleet, device(fmt.Sprintf("home-%d", i), devices.BBNode, offset(float64(i)/100), home))
	}
	for i := range 4 {
		fleet = append(fleet, device(fmt.Sprintf("few-%d", i), devices.BBNode, offset(60+float64(i)/100), home))
	}
	return append(fleet, device("cabinet-1", devices.BBNode, offset(60)))
}

func (r *rig) crowdSpeaks(at time.Time) {
	r.t.Helper()
	for i := range 5 {
		r.say(fmt.Sprintf("home-%d", i), "bb_link", at, fmt.Sprintf("up=1i,sync_down_kbps=%d,rx_power_dbm=-20", 100_000+i*1000), "tech=ftth")
	}
	for i := range 4 {
		r.say(fmt.Sprintf("few-%d", i), "bb_link", at, "up=0i,sync_down_kbps=7000", "tech=ftth")
	}
	r.say("cabinet-1", "bb_link", at, "up=1i,sync_down_kbps=900000", "tech=ftth")
	r.say("ap-1", "wifi_ap", at, "up=1i,clients=3i")
	r.say("ap-2", "wifi_ap", at, "up=1i,clients=4i")
	r.say("ap-far", "wifi_ap", at, "up=1i,clients=4i")
}

func TestGroupsOfFive(t *testing.T) {
	r := newRig(t, crowd()...)
	r.publish("homes", "bb_link", Groups, 1)
	r.publish("links", "bb_link", Single, 1)
	r.publish("wifi-use", "wifi_ap", Groups, 1)
	r.crowdSpeaks(noon().Add(-150 * time.Minute))
	homes := r.table("/opendata/homes.csv")
	if len(homes) != 1 || homes[0]["sync_down_kbps"] != "102000" || homes[0]["up"] != "1" || homes[0]["tech"] != "ftth" || homes[0]["time"] != "2026-03-01T09:00:00Z" || homes[0]["s2_cell_id"] != offset(0).Cell(geo.LevelFixed) {
		t.Errorf("homes %v", homes)
	}
	if _, there := homes[0]["rx_power_dbm"]; there {
		t.Error("a field of homes that is not for groups")
	}
	if links := r.table("/opendata/links.csv"); len(links) != 1 || links[0]["device_id"] != "cabinet-1" {
		t.Errorf("links %v", links)
	}
	use := r.table("/opendata/wifi-use.csv")
	if len(use) != 1 || use[0]["clients"] != "7" {
		t.Errorf("use %v", use)
	}
	r.setFleet(append(crowd(), device("ap-home", devices.WifiAP, offset(60), home))...)
	r.say("ap-home", "wifi_ap", noon().Add(-150*time.Minute), "clients=40i")
	if use := r.table("/opendata/wifi-use.csv?end=2026-03-01T11:00:00Z"); len(use) != 1 {
		t.Errorf("clients at home count: %v", use)
	}
}

// TestGroupsAreWholeHours: no choice of a window cuts an hour into a smaller
// group, and the hour that is not over is not there.
func TestGroupsAreWholeHours(t *testing.T) {
	r := newRig(t, crowd()...)
	r.publish("wifi-use", "wifi_ap", Groups, 1)
	for minute := range 6 * 60 / 5 {
		at := noon().Add(-6 * time.Hour).Add(time.Duration(minute) * 5 * time.Minute)
		r.say("ap-1", "wifi_ap", at, fmt.Sprintf("clients=%di", 10+minute))
	}
	whole := rowsOf(r.table("/opendata/wifi-use.csv?start=2026-03-01T00:00:00Z&end=2026-03-01T12:00:00Z"))
	if len(whole) != 5 {
		t.Fatalf("%d hours, want 06 to 10: %v", len(whole), whole)
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 60 {
		start := noon().Add(-time.Duration(rnd.Int64N(int64(8 * time.Hour))))
		end := start.Add(time.Duration(1 + rnd.Int64N(int64(9*time.Hour))))
		query := fmt.Sprintf("?start=%s&end=%s", start.Format(time.RFC3339Nano), end.Format(time.RFC3339Nano))
		for key, row := range rowsOf(r.table("/opendata/wifi-use.csv" + query)) {
			if whole[key] != row {
				t.Fatalf("%s: %s, in the whole it is %s", query, row, whole[key])
			}
		}
	}
	r.now = noon().Add(59 * time.Minute)
	if later := rowsOf(r.table("/opendata/wifi-use.csv?start=2026-03-01T00:00:00Z&end=2026-03-01T13:00:00Z")); len(later) != 5 {
		t.Errorf("at 12:59 with an hour's delay: %d hours", len(later))
	}
}

// TestComplementaryBoxes: rows of a box and of what is around it are the rows of
// the whole, so their difference says nothing.
func TestComplementaryBoxes(t *testing.T) {
	fleet := crowd()
	for i := range 40 {
		fleet = append(fleet, device(fmt.Sprintf("ap-x%d", i), devices.WifiAP, offset(float64(i)*3)))
	}
	r := newRig(t, fleet...)
	r.publish("wifi-use", "wifi_ap", Groups, 1)
	r.publish("wifi", "wifi_ap", Single, 1)
	at := noon().Add(-150 * time.Minute)
	r.crowdSpeaks(at)
	for i := range 40 {
		r.say(fmt.Sprintf("ap-x%d", i), "wifi_ap", at, fmt.Sprintf("up=1i,clients=%di", i%9))
	}
	rnd := rand.New(rand.NewPCG(3, 4))
	for _, id := range []string{"wifi-use", "wifi"} {
		whole := rowsOf(r.table("/opendata/" + id + ".csv"))
		for range 20 {
			lon := 12.4 + rnd.Float64()*0.25
			west := rowsOf(r.table(fmt.Sprintf("/opendata/%s.csv?bbox=10,40,%v,44", id, lon)))
			east := rowsOf(r.table(fmt.Sprintf("/opendata/%s.csv?bbox=%v,40,16,44", id, lon)))
			if len(west)+len(east) != len(whole) {
				t.Fatalf("%s at %v: %d and %d rows of %d", id, lon, len(west), len(east), len(whole))
			}
			for key, row := range whole {
				if west[key] != row && east[key] != row {
					t.Fatalf("%s at %v: %s is in neither half as it is in the whole", id, lon, row)
				}
			}
		}
	}
}

// TestNoBoxFindsAPlace: a box around the true position but not the cell's centre
// finds nothing, so halving boxes leads to the centre.
func TestNoBoxFindsAPlace(t *testing.T) {
	r := newRig(t, device("air-1", devices.Air, offset(0)))
	r.publish("air", "air", Single, 0)
	r.say("air-1", "air", noon().Add(-time.Hour), "pm10_ugm3=1")
	true1 := offset(0)
	box := fmt.Sprintf("?bbox=%v,%v,%v,%v", true1.Lon-1e-4, true1.Lat-1e-4, true1.Lon+1e-4, true1.Lat+1e-4)
	if rows := r.table("/opendata/air.csv" + box); len(rows) != 0 {
		t.Errorf("%v", rows)
	}
	r.publish("air", "air", Single, 0, func(p *Publication) { p.Exact = true })
	if rows := r.table("/opendata/air.csv" + box); len(rows) != 1 {
		t.Errorf("exact: %v", rows)
	}
}

// TestRepeatedQuestions: what came late does not change what is out, so two
// answers about one hour do not differ by what one home said.
func TestRepeatedQuestions(t *testing.T) {
	fleet := append(crowd(), device("home-9", devices.BBNode, offset(0.09), home))
	r := newRig(t, fleet...)
	r.publish("homes", "bb_link", Groups, 1)
	at := noon().Add(-150 * time.Minute)
	r.crowdSpeaks(at)
	first := r.get("/opendata/homes.csv").Body.String()
	r.say("home-9", "bb_link", at.Add(time.Minute), "up=0i,sync_down_kbps=1,q=16i", "tech=ftth") // a backlog, hours later
	r.now = noon().Add(2 * time.Minute)
	if again := r.get("/opendata/homes.csv").Body.String(); again != first {
		t.Errorf("the hour changed from %s to %s", first, again)
	}
	// A device that is retired later stays in the hours that it was in.
	fleet[3].Retired = true
	r.setFleet(fleet...)
	r.now = noon().Add(4 * time.Minute)
	if again := r.get("/opendata/homes.csv").Body.String(); again != first {
		t.Errorf("the hour changed from %s to %s", first, again)
	}
}

// TestNoParameterOpensMore tries names that other doors have.
func TestNoParameterOpensMore(t *testing.T) {
	r := newRig(t, crowd()...)
	r.publish("wifi-use", "wifi_ap", Groups, 1)
	for _, q := range []string{"fields=clients", "device=ap-1", "measurement=people", "window=1m", "k=1", "comune=082053", "group=1", "level=30", "delay_h=0", "start=2026-01-01T00:00:00Z&start=2026-03-01T00:00:00Z",
		"start=", "end=", "bbox=", "start=1969-01-01T00:00:00Z", "start=2025-01-01T00:00:00Z", "end=now", "bbox=1,2,3", "bbox=12,41,NaN,42", "start=2026-03-02T00:00:00Z&end=2026-03-01T00:00:00Z"} {
		if w := r.get("/opendata/wifi-use.csv?" + q); w.Code != 400 {
			t.Errorf("%s: %d %s", q, w.Code, w.Body)
		}
	}
}
