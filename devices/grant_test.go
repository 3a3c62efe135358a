package devices_test

import (
	"testing"

	"rione/devices"
)

func TestMaySpeakFor(t *testing.T) {
	gateway := func(id, comune string, speaks ...string) devices.Device {
		d := device(t, id)
		d.Kind, d.Speaks, d.Placements[0].Comune = devices.Gateway, speaks, comune
		return d
	}
	carried := func(id, comune, via, external string) devices.Device {
		d := device(t, id)
		d.Via, d.ExternalID, d.Placements[0].Comune = via, external, comune
		return d
	}
	gone, waits := gateway("gw-gone", "058091"), gateway("gw-waits", "058091")
	gone.Retired, waits.Pending = true, true
	s := snapshot(t,
		gateway("gw-roma", "058091"), gateway("gw-lot", "015146", "lot-", "a84041"), gone, waits,
		carried("air-1", "058091", "", ""), carried("air-2", "015146", "", "a84041000001"), carried("air-3", "058091", "gw-lot", ""),
		carried("lot-1", "058091", "", ""))
	f := func(publisher, id string, want bool) {
		t.Helper()
		if got := s.MaySpeakFor(publisher, s.Device(id)); got != want {
			t.Errorf("%s for %s: %v", publisher, id, got)
		}
	}
	f("air-1", "air-1", true)
	f("air-1", "lot-1", false)
	f("stranger", "air-1", false)
	f("", "air-1", false)
	f("gw-roma", "gw-roma", true)
	f("gw-roma", "air-1", true)  // of its comune
	f("gw-roma", "air-2", false) // of another
	f("gw-roma", "air-3", false) // granted to another
	f("gw-roma", "lot-1", true)
	f("gw-lot", "lot-1", true)
	f("gw-lot", "air-2", true) // by external identity
	f("gw-lot", "air-3", true) // by via
	f("gw-lot", "air-1", false)
	f("gw-gone", "air-1", false)
	f("gw-waits", "air-1", false)
	f("gw-waits", "gw-waits", false)
}

func TestGrantsThatAreRefused(t *testing.T) {
	f := func(want bool, kind devices.Kind, via string, speaks ...string) {
		t.Helper()
		d := device(t, "air-1")
		d.Kind, d.Via, d.Speaks = kind, via, speaks
		if got := d.Validate() == nil; got != want {
			t.Errorf("%s via %q speaks %q: %v", kind, via, speaks, d.Validate())
		}
	}
	f(true, devices.Air, "gw-1")
	f(false, devices.Air, "air-1")
	f(false, devices.Air, "GW")
	f(false, devices.Air, "", "lot-")
	f(true, devices.Gateway, "gw-2", "lot-", "a84041")
	f(false, devices.Gateway, "", "")
	f(false, devices.Gateway, "", "a8")
	f(false, devices.Gateway, "", "LOT-")
	f(false, devices.Gateway, "", make([]string, 200)...)
}

// The columns beyond the promised ones come back from an export, and are not in
// the export of a registry that does without.
func TestGrantsInFiles(t *testing.T) {
	in := readCSV(t, "device_id,kind,comune,via,model,group,state,speaks\n"+
		"gw-1,gateway,058091,,RAK7289,lotto 1,,lot- A84041\n"+
		"air-1,air,058091,gw-1,LSN50,,pending,\n")
	c, _ := devices.Plan(&devices.Snapshot{}, in)
	s, err := (&devices.Snapshot{}).With(1, c)
	if err != nil {
		t.Fatal(err)
	}
	gw, air := s.Device("gw-1"), s.Device("air-1")
	if gw.Model != "RAK7289" || gw.Group != "lotto 1" || len(gw.Speaks) != 2 || gw.Speaks[1] != "a84041" || gw.State() != devices.Approved {
		t.Errorf("gateway is %+v", gw)
	}
	if air.Via != "gw-1" || air.State() != devices.Pending || s.Resolve("air-1") != nil {
		t.Errorf("device is %+v", air)
	}
	checkExport(t, s)
	again := readCSV(t, "device_id,kind,comune\ngw-1,gateway,058091\nair-1,air,058091\n")
	c, sum := devices.Plan(s, again)
	if sum.Changed != 1 || sum.Unchanged != 1 || c.Put[0].Pending || c.Put[0].Via != "gw-1" {
		t.Errorf("import of a pending device: %+v %+v", sum, c.Put)
	}
}
