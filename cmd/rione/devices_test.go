package main

import (
	"encoding/json"
	"strings"
	"testing"

	"rione/api"
)

// A device is registered, moved, given new hardware and retired from the command
// line; its history tells all of it, and the audit log too.
func TestDevicesOneByOne(t *testing.T) {
	r := newRig(t)
	if _, errs, code := r.run("", "devices", "add", "air-1", "--kind", "air", "--comune", "058091"); code != 1 || !strings.Contains(errs, "not running") {
		t.Errorf("without rione: exit %d, %s", code, errs)
	}
	for _, args := range [][]string{{"add", "air-1", "--kind", "air"}, {"move", "air-1"}, {"move", "air-1", "--at", "north"}, {"move", "air-1", "--at", "41.9,12.5", "--since", "today"}} {
		if _, errs, code := r.run("", append([]string{"devices"}, args...)...); code != 2 {
			t.Errorf("%v: exit %d, %s", args, code, errs)
		}
	}
	r.up()
	out := r.must("", "devices", "add", "air-1", "--kind", "air", "--comune", "058091", "--at", "41.9,12.5", "--interval", "1m", "--serial", "AB12", "--secret")
	id, secret, _ := strings.Cut(strings.TrimSpace(out), " ")
	if id != "air-1" || len(secret) < 20 {
		t.Errorf("added: %s", out)
	}
	if _, errs, code := r.run("", "devices", "add", "air-1", "--kind", "air", "--comune", "058091"); code != 1 || !strings.Contains(errs, "registered already") {
		t.Errorf("added again: exit %d, %s", code, errs)
	}
	r.must("", "devices", "move", "air-1", "--at", "41.95,12.55", "--since", "2026-01-01", "--note", "to the park")
	r.must("", "devices", "replace", "air-1", "--serial", "cd34", "--model", "Sniffer 2")
	r.must("", "devices", "retire", "air-1")
	if _, errs, code := r.run("", "devices", "move", "air-1", "--at", "41.9,12.5"); code != 1 || !strings.Contains(errs, "rione devices change air-1 --retired=false") {
		t.Errorf("a retired device moved: exit %d, %s", code, errs)
	}
	if out := r.must("", "devices", "list", "--retired"); !strings.Contains(out, "air-1") || strings.Contains(r.must("", "devices", "list"), "air-1") {
		t.Errorf("retired devices: %s", out)
	}
	if _, errs, code := r.run("", "devices", "change", "air-1"); code != 2 || !strings.Contains(errs, "say what changes") {
		t.Errorf("a change of nothing: exit %d, %s", code, errs)
	}
	var back api.DeviceView
	if err := json.Unmarshal([]byte(r.must("", "devices", "change", "air-1", "--retired=false", "--name", "Parco", "--interval", "2m", "--note", "found again", "--json")), &back); err != nil || back.Retired || back.Name != "Parco" || back.IntervalS != 120 || back.Model != "Sniffer 2" {
		t.Errorf("brought back: %v %+v", err, back)
	}
	var h []api.DeviceChange
	if err := json.Unmarshal([]byte(r.must("", "devices", "history", "air-1", "--json")), &h); err != nil || len(h) != 5 {
		t.Fatalf("%v %+v", err, h)
	}
	if h[0].Author != "admin" || h[1].Note != "to the park" || h[3].Differences[0].After != "retired" || h[4].Note != "found again" {
		t.Errorf("%+v", h)
	}
	if text := r.must("", "devices", "history", "air-1"); !strings.Contains(text, "to the park") || strings.Contains(text, "cd34") {
		t.Errorf("history: %s", text)
	}
	var trail api.AuditPage
	r.get("/v1/audit", &trail)
	var actions []string
	for _, e := range trail.Entries {
		actions = append(actions, e.Action)
	}
	if got := strings.Join(actions, " "); got != "devices.register devices.move devices.rotate devices.retire devices.revive" {
		t.Errorf("audit log is %s", got)
	}
	if strings.Contains(r.log(), secret) {
		t.Error("the secret is in the log")
	}
}
