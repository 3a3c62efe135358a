package presence

import (
	"strings"
	"testing"
	"time"

	"rione/devices"
	"rione/devices/event"
)

func fleet(n int) []devices.Device { return comune("058091", n, 5*time.Minute) }

func TestOurStopIsNobodysSilence(t *testing.T) {
	f := func(stop time.Duration, want ...string) {
		t.Helper()
		w := newTown(t, Options{}, fleet(30)...)
		w.run(time.Hour)
		w.stopped = true
		w.run(stop)
		w.stopped = false
		w.run(time.Hour)
		w.expect(want...)
	}
	f(90 * time.Second)
	f(10*time.Minute, "own_fault  closed 0")
	f(24*time.Hour, "own_fault  closed 0")
}

func TestFaultsOfOurOwn(t *testing.T) {
	w := newTown(t, Options{}, fleet(30)...)
	w.run(time.Hour)
	w.in.Faults = []string{"InfluxDB takes nothing"}
	w.off = func(*devices.Device) bool { return true } // nothing is stored, so nothing is heard
	w.run(time.Minute)
	w.expect() // short ones are not told
	w.run(2 * time.Hour)
	w.expect("own_fault  open 0")
	if e := w.changes[0]; e.Severity != event.Critical || !strings.Contains(e.Text, "InfluxDB takes nothing") {
		t.Errorf("told %+v", e)
	}
	w.in.Faults = []string{"the MQTT door does not listen"}
	w.run(2 * time.Minute)
	if e := w.changes[len(w.changes)-1]; e.Step != event.Updated || !strings.Contains(e.Text, "MQTT door") {
		t.Errorf("told %+v", e)
	}
	w.in.Faults, w.off = nil, nil
	w.run(time.Hour)
	w.expect("own_fault  closed 0")
}

func TestFaultThatComesAndGoesIsOne(t *testing.T) {
	w := newTown(t, Options{}, fleet(3)...)
	w.run(time.Hour)
	for range 10 {
		w.in.Faults = []string{"processing is behind"}
		w.run(3 * time.Minute)
		w.in.Faults = nil
		w.run(time.Minute)
	}
	w.expect("own_fault  open 0")
	w.run(5 * time.Minute)
	w.expect("own_fault  closed 0")
}

// While a backlog drains, rione is behind; what comes out of it counts as of
// when it was received.
func TestBacklogThatDrains(t *testing.T) {
	w := newTown(t, Options{}, fleet(10)...)
	w.run(time.Hour)
	fell := w.now
	w.off, w.in.Faults = func(*devices.Device) bool { return true }, []string{"the journal holds messages of 1h"}
	w.run(time.Hour)
	heard := map[string]Word{}
	for _, id := range w.order[1:] {
		heard[id] = Word{Received: fell.Add(59 * time.Minute), Said: fell}
	}
	heard[w.order[0]] = Word{Received: fell.Add(time.Minute), Said: fell} // was silent for most of it
	w.now = w.now.Add(tick)
	w.step(heard)
	w.off, w.in.Faults = nil, nil
	w.mute[w.order[0]] = true
	w.run(time.Hour)
	w.expect("own_fault  closed 0", "silent air-058091-000 open 1")
}

func TestLateWordDoesNotClear(t *testing.T) {
	w := newTown(t, Options{}, fleet(3)...)
	w.run(time.Hour)
	w.mute["air-058091-000"] = true
	old := w.now.Add(-30 * time.Minute)
	w.run(time.Hour)
	w.now = w.now.Add(tick)
	w.step(map[string]Word{"air-058091-000": {Received: old, Said: old}}) // out of quarantine
	w.run(20 * time.Minute)
	w.expect("silent air-058091-000 open 1")
}

// Devices come back one by one after a stop, some only minutes later.
func TestReconnectingTakesItsTime(t *testing.T) {
	w := newTown(t, Options{}, comune("058091", 40, time.Minute)...)
	w.run(time.Hour)
	w.stopped = true
	w.run(time.Minute)
	w.stopped = false
	back := w.now
	w.off = func(d *devices.Device) bool {
		return w.now.Sub(back) < time.Duration(d.ID[len(d.ID)-1]-'0')*15*time.Second
	}
	w.run(time.Hour)
	w.expect()
}

func TestMaintenance(t *testing.T) {
	list := append(cell("gw-a", "058091", 5, time.Minute), sensor("air-1", "082053", time.Minute), sensor("air-2", "082053", time.Minute))
	list[len(list)-1].Group = "lotto 7"
	w := newTown(t, Options{}, list...)
	w.run(time.Hour)
	from, until := w.now, w.now.Add(4*time.Hour)
	w.in.Windows = []event.Window{
		{ID: "1", Device: "gw-a", From: from, Until: until}, {ID: "2", Group: "lotto 7", From: from, Until: until},
	}
	w.off = func(*devices.Device) bool { return true }
	w.run(3 * time.Hour)
	w.expect("silent air-1 open 1") // which no window covers
	w.off = func(d *devices.Device) bool { return d.ID != "gw-a" && d.Via != "gw-a" }
	w.run(time.Hour + 2*time.Minute) // the windows are over, air-2 has a moment more
	w.expect("silent air-1 open 1")
	w.run(10 * time.Minute)
	w.expect("silent air-1 open 1", "silent air-2 open 1")
}

func TestMaintenanceOfAComune(t *testing.T) {
	w := newTown(t, Options{}, append(fleet(20), comune("082053", 5, 5*time.Minute)...)...)
	w.run(time.Hour)
	w.in.Windows = []event.Window{{ID: "1", Comune: "058091", From: w.now, Until: w.now.Add(time.Hour)}}
	w.off = func(*devices.Device) bool { return true }
	w.run(55 * time.Minute)
	w.expect("comune_wide 082053 open 5")
}
