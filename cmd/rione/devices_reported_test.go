package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"rione/api"
)

// A device says in its birth certificate that it is elsewhere: that is shown, its
// readings stay where it is registered, and an operator applies it.
func TestReportedPosition(t *testing.T) {
	r := newRig(t)
	ids, file := fleet(1)
	r.must(file, "devices", "import", "-")
	r.up()
	id := ids[0]
	show := func() (d api.DeviceView) {
		t.Helper()
		if err := json.Unmarshal([]byte(r.must("", "devices", "show", id)), &d); err != nil {
			t.Fatal(err)
		}
		return d
	}
	if _, errs, code := r.run("", "devices", "apply-position", id); code != 1 || !strings.Contains(errs, "has not said where it is") {
		t.Errorf("before it said anything: exit %d, %s", code, errs)
	}
	c, _ := r.client(id)
	defer c.Disconnect(0)
	base := time.Now().Add(-time.Minute).Truncate(time.Second)
	r.publish(c, "sc/v1/058091/air/"+id+"/meta", `{"model":"Sniffer 2","location":{"type":"Point","coordinates":[12.5,41.9]}}`)
	r.publish(c, "sc/v1/058091/air/"+id+"/up", `{"ts":`+base.Format("\"2006-01-02T15:04:05Z07:00\"")+`,"temp_c":20}`)
	r.await("the reported position", 30*time.Second, func() bool { return show().Reported != nil })
	d := show()
	if d.Position.Lat != 41.89 || d.Reported.Position.Lat != 41.9 || d.Reported.DistanceM == nil || *d.Reported.DistanceM < 1300 || *d.Reported.DistanceM > 1500 {
		t.Errorf("it stands at %v and says it is at %+v", d.Position, d.Reported)
	}
	r.await("the event that it is elsewhere", 30*time.Second, func() bool {
		list := r.events("--type", "misplaced")
		return len(list) == 1 && list[0].Device == id
	})
	r.await("the reading, where the device is registered", 30*time.Second, func() bool {
		s := r.query(`SELECT lat, temp_c FROM air WHERE device_id = '` + id + `'`)
		return len(s) == 1 && len(s[0].Values) == 1 && s[0].Values[0][1] == 41.89
	})
	if out := r.must("", "devices", "apply-position", id, "--since", "2026-01-01", "--note", "seen on the roof"); !strings.Contains(out, "41.9") {
		t.Errorf("applied: %s", out)
	}
	if d := show(); d.Position.Lat != 41.9 || *d.Reported.DistanceM != 0 || len(d.Placements) != 2 {
		t.Errorf("it stands at %v, %+v, of %d placements", d.Position, d.Reported, len(d.Placements))
	}
	if history := r.must("", "devices", "history", id); !strings.Contains(history, "as the device reported: seen on the roof") {
		t.Errorf("history: %s", history)
	}
	if _, errs, code := r.run("", "devices", "apply-position"); code != 2 {
		t.Errorf("without a device: exit %d, %s", code, errs)
	}
}
