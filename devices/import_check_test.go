package devices_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"rione/devices"
)

// Every line that claims what is another device's is told, not only the first.
func TestImportCheck(t *testing.T) {
	one, two, gateway := device(t, "air-1"), device(t, "air-2"), device(t, "gw-1")
	one.ExternalID, two.ExternalID = "serial-1", "serial-2"
	gateway.Kind, gateway.Speaks = devices.Gateway, []string{"a84041"}
	s := snapshot(t, one, two, gateway)
	f := func(name, lines string, named func(*devices.Device) bool, want ...string) {
		t.Helper()
		in := readCSV(t, "device_id,kind,comune,external_id\n"+lines)
		c, _ := devices.Plan(s, in)
		err := in.Check(s, c, named)
		if len(want) == 0 {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			return
		}
		var bad *devices.ImportError
		if !errors.As(err, &bad) || len(bad.Lines) != len(want) {
			t.Fatalf("%s: %v, want %d lines", name, err, len(want))
		}
		for i, line := range bad.Lines {
			if !strings.HasPrefix(line.Error(), want[i]) {
				t.Errorf("%s: %q, want %q", name, line.Error(), want[i])
			}
		}
	}
	f("new ones", "air-3,air,058091,serial-3\nair-4,air,058091,\n", nil)
	f("swapped", "air-1,air,058091,serial-2\nair-2,air,058091,serial-1\n", nil)
	f("two at once", "air-3,air,058091,serial-1\nair-1,air,058091,\nair-4,air,058091,serial-2\nair-5,air,058091,air-1\n", nil,
		`line 2, external_id: device "air-3": identity "serial-1" is already device "air-1"'s`,
		`line 4, external_id: device "air-4": identity "serial-2" is already device "air-2"'s`,
		`line 5, external_id: device "air-5": identity "air-1" is already device "air-1"'s`)
	f("an id that is another's identity", "air-3,air,058091,\nserial-2,air,058091,\n", nil, `line 3, external_id: device "serial-2"`)
	f("a holder that is not named", "air-3,air,058091,serial-1\nair-4,air,058091,serial-2\n", func(d *devices.Device) bool { return d.ID == "air-2" },
		"line 2, external_id: device air-3: its identity is a device's of another comune",
		`line 3, external_id: device "air-4": identity "serial-2" is already device "air-2"'s`)
	f("no gateway any more", "gw-1,air,058091,\n", nil, "line 2: speaks: only a gateway speaks for others")
}

// What a file changes of times before now leaves stored points as they were, and
// the import says of which devices and since when.
func TestBackdated(t *testing.T) {
	was := corrected(t) // at one place since ever, at another since the 5th
	s := snapshot(t, was)
	now := day(20)
	f := func(name string, change func(*devices.Device), want string) {
		t.Helper()
		d := corrected(t)
		change(&d)
		ids, since := devices.Backdated(s, devices.ChangeSet{Time: now, Put: []devices.Device{d}})
		got := ""
		if len(ids) > 0 {
			got = fmt.Sprint(ids, " ", since.Format(time.DateOnly))
		}
		if got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	later := place(t, point(41.99, 12.51))
	f("nothing", func(*devices.Device) {}, "")
	f("a name", func(d *devices.Device) { d.Name = "Largo" }, "")
	f("a move from now on", func(d *devices.Device) { later.ValidFrom = now; d.Placements = append(d.Placements, later) }, "")
	f("a move to come", func(d *devices.Device) { later.ValidFrom = day(25); d.Placements = append(d.Placements, later) }, "")
	f("a move that was", func(d *devices.Device) { later.ValidFrom = day(9); d.Placements = append(d.Placements, later) }, "[air-1] 2025-11-09")
	f("a place that was wrong", func(d *devices.Device) { d.Placements[0].Zone = "Municipio II" }, "[air-1] 0001-01-01")
	f("an earlier date of a move", func(d *devices.Device) { d.Placements[1].ValidFrom = day(4) }, "[air-1] 2025-11-04")
	f("a calibration", func(d *devices.Device) { d.Calibrations[1].Gain = 2 }, "[air-1] 2025-11-03")
	f("a calibration's note", func(d *devices.Device) { d.Calibrations[1].Note = "page 4" }, "")
	f("a calibration to come", func(d *devices.Device) {
		d.Calibrations = append(d.Calibrations, devices.Calibration{From: day(22), Field: "temp_c", Gain: 2})
	}, "")
	f("a period more", func(d *devices.Device) {
		d.Invalid = d.Invalidated(devices.Invalid{From: day(11), Until: day(12), Why: "x"})
	}, "[air-1] 2025-11-11")
	f("a period's reason", func(d *devices.Device) { d.Invalid[0].Why = "x" }, "")
	f("no period", func(d *devices.Device) { d.Invalid = nil }, "[air-1] 2025-11-01")
	fresh := corrected(t)
	fresh.ID = "air-2"
	if ids, _ := devices.Backdated(s, devices.ChangeSet{Time: now, Put: []devices.Device{fresh}}); len(ids) != 0 {
		t.Errorf("a new device, of which nothing is stored: %v", ids)
	}
}
