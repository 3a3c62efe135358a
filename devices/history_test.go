package devices_test

import (
	"strings"
	"testing"
	"time"

	"rione/devices"
)

func TestDifferences(t *testing.T) {
	base := device(t, "air-1")
	base.ExternalID = "serial-1"
	f := func(edit func(*devices.Device), want string) {
		t.Helper()
		after := base
		edit(&after)
		var text []string
		for _, d := range (&devices.Change{Before: &base, After: &after}).Differences() {
			text = append(text, d.Field+": "+d.Before+" > "+d.After)
		}
		if got := strings.Join(text, "; "); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	f(func(*devices.Device) {}, "")
	f(func(d *devices.Device) { d.Name = "Porta Pia" }, "name:  > Porta Pia")
	f(func(d *devices.Device) { d.Interval = 90 * time.Second }, "interval_s:  > 90")
	f(func(d *devices.Device) { d.Retired = true }, "state: approved > retired")
	f(func(d *devices.Device) { d.ExternalID = "serial-2" }, "external_id:  > changed")
	f(func(d *devices.Device) { d.SecretHash = "hash" }, "secret:  > changed")
	f(func(d *devices.Device) { d.CertsFrom = day(3) }, "certificates:  > changed")
	f(func(d *devices.Device) { d.Revision, d.Updated = 9, day(9) }, "") // no fields of anybody's
	f(func(d *devices.Device) {
		away := place(t, point(41.95, 12.6))
		away.ValidFrom = day(5)
		d.Placements = append(d.Placements[:1:1], away)
	}, "placements: since ever: 058091 Municipio I 41.89,12.49 > since ever: 058091 Municipio I 41.89,12.49\nfrom 2025-11-05T00:00:00Z: 058091 Municipio II 41.95,12.6")
}

// Where a home is, is told neither by the change that made it one nor by others.
func TestDifferencesOfAHome(t *testing.T) {
	before, after := device(t, "bb-1"), device(t, "bb-1")
	after.Premises = true
	after.Placements = append(after.Placements, place(t, point(41.95, 12.6)))
	for _, c := range []devices.Change{{After: &after}, {Before: &before, After: &after}, {Before: &after, After: &before}} {
		for _, d := range c.Differences() {
			if strings.Contains(d.Before+d.After, "41.") {
				t.Errorf("%+v", d)
			}
		}
	}
}

func TestDifferencesOfANewDevice(t *testing.T) {
	d := device(t, "air-1")
	list := (&devices.Change{After: &d}).Differences()
	if len(list) != 3 || list[0].Field != "state" || list[0].After != "approved" || list[1].After != "air" || list[2].Field != "placements" {
		t.Errorf("%+v", list)
	}
}
