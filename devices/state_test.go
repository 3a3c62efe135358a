package devices_test

import (
	"errors"
	"strings"
	"testing"

	"rione/devices"
)

func TestEnrol(t *testing.T) {
	s := snapshot(t, device(t, "air-1"))
	c, err := devices.Enrol(s, gazetteer{}, devices.Enrolment{ID: "bin-7", Kind: devices.Bin, Comune: "058091", Model: "B1", SecretHash: "hash"})
	if err != nil {
		t.Fatal(err)
	}
	if s, err = s.With(2, c); err != nil {
		t.Fatal(err)
	}
	d := s.Device("bin-7")
	if d.State() != devices.Pending || !d.Current().Uncertain || d.Model != "B1" || d.SecretHash != "hash" {
		t.Errorf("enrolled as %+v", d)
	}
	if s.Resolve("bin-7") != nil {
		t.Error("a pending device's readings would be stored")
	}
	f := func(e devices.Enrolment, want string) {
		t.Helper()
		if _, err := devices.Enrol(s, gazetteer{}, e); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v", e, err)
		}
	}
	f(devices.Enrolment{ID: "B", Kind: devices.Bin, Comune: "058091"}, "device_id")
	f(devices.Enrolment{ID: "bin-8", Kind: "toaster", Comune: "058091"}, "kind")
	f(devices.Enrolment{ID: "bin-8", Kind: devices.Bin, Comune: "roma"}, "comune")
	f(devices.Enrolment{ID: "bin-8", Kind: devices.Bin, Comune: "999999"}, "no known position")
	if _, err := devices.Enrol(s, gazetteer{}, devices.Enrolment{ID: "air-1", Kind: devices.Air, Comune: "058091"}); !errors.Is(err, devices.ErrKnown) {
		t.Errorf("enrolled over a registered device: %v", err)
	}
}

func TestApprove(t *testing.T) {
	pending := func(id, model, via string) devices.Device {
		d := device(t, id)
		d.Pending, d.Model, d.Via = true, model, via
		return d
	}
	gw := device(t, "gw-1")
	gw.Kind, gw.Speaks = devices.Gateway, []string{"nothing"}
	gone := pending("air-9", "a", "")
	gone.Retired = true
	s := snapshot(t, gw, device(t, "air-0"), pending("air-1", "a", ""), pending("air-2", "b", "gw-1"), pending("bin-1", "b", ""), gone)
	f := func(r devices.Rule, want string) {
		t.Helper()
		c, err := devices.Approve(s, r)
		if err != nil {
			t.Fatalf("%+v: %v", r, err)
		}
		var ids []string
		for _, d := range c.Put {
			ids = append(ids, d.ID)
			if d.State() != devices.Approved || d.Group != r.Group {
				t.Errorf("%s is %s", d.ID, d.State())
			}
		}
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("%+v approves %q, want %q", r, got, want)
		}
	}
	f(devices.Rule{IDs: []string{"bin-1", "air-1"}, Group: "lotto 1"}, "bin-1 air-1")
	f(devices.Rule{Prefix: "air-"}, "air-1 air-2")
	f(devices.Rule{Model: "b"}, "air-2 bin-1")
	f(devices.Rule{Model: "b", Prefix: "bin"}, "bin-1")
	f(devices.Rule{Via: "gw-1"}, "air-2")
	f(devices.Rule{Comune: "058091"}, "air-1 air-2 bin-1")
	f(devices.Rule{Comune: "015146"}, "")
	for _, r := range []devices.Rule{{}, {Group: "g"}, {IDs: []string{"air-0"}}, {IDs: []string{"air-9"}}, {IDs: []string{"stranger"}}} {
		if _, err := devices.Approve(s, r); err == nil {
			t.Errorf("%+v: approved", r)
		}
	}
	if s.Device("air-1").State() != devices.Pending {
		t.Error("the snapshot changed")
	}
	if page, _ := s.List(devices.Filter{State: devices.Retired}); len(page) != 1 || page[0].ID != "air-9" {
		t.Errorf("retired ones are %v", page)
	}
}
