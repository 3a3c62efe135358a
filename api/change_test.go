package api

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"rione/devices"
)

// A gateway's grant is given and taken back by an operator, and told to nobody.
func TestChangeOfGrants(t *testing.T) {
	fleet := smallFleet()
	fleet[0].Kind = devices.Gateway
	r := newRig(t, fleet)
	f := func(speaks string, status int, want ...string) {
		t.Helper()
		code, body := r.patch(fleet[0].ID, "*", `{"speaks":"`+speaks+`"}`)
		d := r.registry.Snapshot().Device(fleet[0].ID)
		if code != status || !slices.Equal(d.Speaks, want) {
			t.Errorf("%q: %d %s; it speaks for %v, want %v", speaks, code, body, d.Speaks, want)
		}
		if code == http.StatusOK && strings.Contains(body, "a84041") {
			t.Errorf("identities are shown: %s", body)
		}
	}
	f("A84041  lot-", 200, "a84041", "lot-")
	f("ab", 422, "a84041", "lot-") // too short a beginning
	f("", 200)
	if code, body := r.patch("noise-1", "*", `{"speaks":"lot-"}`); code != 422 || !strings.Contains(body, "only a gateway") {
		t.Errorf("of what is no gateway: %d %s", code, body)
	}
}

func TestListOfRetiredDevices(t *testing.T) {
	fleet := smallFleet()
	fleet[3].Pending = true
	r := newRig(t, fleet)
	f := func(query, want string) {
		t.Helper()
		if got := ids(get[DevicePage](r, "/v1/devices"+query)); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	f("?retired=true", "air-old")
	f("?retired=true&kind=bin", "")
	f("?pending=true", "noise-1")
	f("?retired=false&kind=air", "air-1")
	problemOf(t, r.do(request{path: "/v1/devices?retired=true&pending=true", token: adminToken}), 422)
	r = newRig(t, fleet)
	if code, body := r.patch("air-old", "*", `{"retired":false}`); code != 200 {
		t.Fatalf("%d %s", code, body)
	}
	f("?retired=true", "")
	f("?kind=air", "air-1 air-old")
}
