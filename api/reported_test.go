package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"rione/devices"
	"rione/devices/reported"
	"rione/geo"
)

// saidBy are the positions of one device that said where it is.
func saidBy(id string, at geo.Point) *reported.Positions {
	p := reported.New()
	p.Note(id, at, noon)
	return p
}

// reportedRig is a city of devices that say they are elsewhere.
func reportedRig(t *testing.T) (*rig, *reported.Positions) {
	t.Helper()
	there := geo.Point{Lat: 41.9, Lon: 12.5}
	var fleet []devices.Device
	for _, id := range []string{"air-far", "air-home", "air-moving", "air-near", "air-nowhere", "air-old", "air-silent"} {
		fleet = append(fleet, device(id, devices.Air, "058091", "", there))
	}
	fleet[1].Premises, fleet[2].Moving, fleet[4].Placements[0].Uncertain, fleet[5].Retired = true, true, true, true
	p := reported.New()
	for i := range fleet[:6] {
		p.Note(fleet[i].ID, geo.Point{Lat: 41.91, Lon: 12.5}, noon)
	}
	p.Note("air-near", geo.Point{Lat: 41.9001, Lon: 12.5}, noon)
	return newRig(t, fleet, func(o *Options) { o.Reported = p }), p
}

func TestReportedPositionIsShown(t *testing.T) {
	r, _ := reportedRig(t)
	f := func(id, want string) {
		t.Helper()
		w := r.do(request{path: "/v1/devices/" + id, token: adminToken})
		d := decode[DeviceView](t, w.Body.Bytes())
		got := "nothing"
		if d.Reported != nil {
			got = fmt.Sprintf("%g,%g", d.Reported.Position.Lat, d.Reported.Position.Lon)
			if d.Reported.DistanceM != nil {
				got += fmt.Sprintf(" %.0f m", *d.Reported.DistanceM)
			}
			if !d.Reported.Time.Equal(noon) {
				t.Errorf("%s said it at %v", id, d.Reported.Time)
			}
		}
		if w.Code != 200 || got != want {
			t.Errorf("%s: %d, %s; want %s", id, w.Code, got, want)
		}
		if id != "air-home" && *d.Position != (geo.Point{Lat: 41.9, Lon: 12.5}) && !d.Uncertain {
			t.Errorf("%s stands at %v: what it says was applied", id, d.Position)
		}
	}
	f("air-far", "41.91,12.5 1112 m")
	f("air-near", "41.9001,12.5 11 m")
	f("air-nowhere", "41.91,12.5") // registered without a position
	f("air-home", "nothing")       // of a home nobody is told where it is
	f("air-moving", "nothing")     // each reading says it
	f("air-silent", "nothing")
	none := newRig(t, smallFleet())
	if w := none.do(request{path: "/v1/devices/air-1", token: adminToken}); w.Code != 200 || strings.Contains(w.Body.String(), "reported") {
		t.Errorf("where nobody listens: %d %s", w.Code, w.Body)
	}
}

func TestDevicesThatSayTheyAreElsewhere(t *testing.T) {
	r, _ := reportedRig(t)
	f := func(query, want string) {
		t.Helper()
		w := r.do(request{path: "/v1/devices?" + query, token: adminToken})
		page := decode[DevicePage](t, w.Body.Bytes())
		var ids []string
		for _, d := range page.Devices {
			ids = append(ids, d.DeviceID)
		}
		if got := strings.Join(ids, " "); w.Code != 200 || got != want || page.Matched != len(ids) {
			t.Errorf("%s: %d, %s of %d; want %s", query, w.Code, got, page.Matched, want)
		}
	}
	f("reported_away=300", "air-far air-nowhere")
	f("reported_away=5", "air-far air-near air-nowhere")
	f("reported_away=5000", "air-nowhere")
	f("reported_away=300&comune=015146", "")
	f("reported_away=0", "air-far air-home air-moving air-near air-nowhere air-silent")
	problemOf(t, r.do(request{path: "/v1/devices?reported_away=-1", token: adminToken}), 422)
}

func TestApplyPosition(t *testing.T) {
	r, said := reportedRig(t)
	f := func(id, match, body string, status int, want string) {
		t.Helper()
		header := map[string]string{}
		if match != "" {
			header["If-Match"] = match
		}
		w := r.do(request{method: http.MethodPost, path: "/v1/devices/" + id + "/apply-position", token: adminToken, body: body, header: header})
		if w.Code != status || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s with %s: %d %s; want %d and %q", id, body, w.Code, w.Body, status, want)
		}
	}
	f("air-far", "", `{}`, 428, "If-Match")
	f("air-far", `"3"`, `{}`, 412, "")
	f("air-silent", "*", `{}`, 409, "has not said where it is")
	f("air-home", "*", `{}`, 409, "has not said where it is")
	f("air-old", "*", `{}`, 409, "retired")
	f("nobody", "*", `{}`, 404, "")
	f("air-far", "*", `{"time":"2026-03-01T11:00:00Z"}`, 409, "something else since")
	said.Note("air-near", geo.Point{Lat: 45.4, Lon: 9.2}, noon) // Milano
	f("air-near", "*", `{}`, 422, "")
	if got := r.registry.Snapshot().Revision; got != 7 {
		t.Fatalf("what was refused changed the registry: revision %d", got)
	}

	f("air-far", `"7"`, `{"time":"2026-03-01T12:00:00Z","note":"checked on the map"}`, 200, `"lat":41.91`)
	d := r.registry.Snapshot().Device("air-far")
	if at := d.Current(); len(d.Placements) != 2 || at.Point.Lat != 41.91 || at.Comune != "058091" || at.Cell != at.Point.Cell(geo.LevelFixed) {
		t.Errorf("it stands at %+v", d.Placements)
	}
	if sets := r.registry.sets; sets[len(sets)-1].Note != "as the device reported: checked on the map" || sets[len(sets)-1].Author != "admin" {
		t.Errorf("%+v", sets[len(sets)-1])
	}
	f("air-nowhere", "*", `{"valid_from":"1970-01-01T00:00:00Z"}`, 200, `"lat":41.91`)
	if d := r.registry.Snapshot().Device("air-nowhere"); len(d.Placements) != 1 || d.Current().Uncertain {
		t.Errorf("a device without a position stands at %+v", d.Placements)
	}
	f("air-near", "*", `{"force":true}`, 200, `"lat":45.4`)
	if page := decode[DevicePage](t, r.do(request{path: "/v1/devices?reported_away=5", token: adminToken}).Body.Bytes()); page.Matched != 0 {
		t.Errorf("%d devices are still elsewhere", page.Matched)
	}
}
