package presence

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"rione/devices"
	"rione/devices/event"
)

// restart goes on with a new engine that has what the old one left behind:
// its checkpoint, and the events as they were told.
func (w *town) restart(state []byte) error {
	w.t.Helper()
	e, err := New(w.e.o)
	if err != nil {
		w.t.Fatal(err)
	}
	var open []event.Event
	for _, c := range w.last {
		if !c.Ended() {
			open = append(open, c)
		}
	}
	slices.SortFunc(open, func(a, b event.Event) int { return a.Raised.Compare(b.Raised) })
	err = e.Restore(state, open, w.snap)
	w.e = e
	return err
}

func TestRestartRaisesNothingAndForgetsNothing(t *testing.T) {
	list := append(fleet(30), cell("gw-a", "082053", 20, time.Minute)...)
	w := newTown(t, Options{}, list...)
	w.run(time.Hour)
	w.mute["air-058091-003"] = true
	w.off = func(d *devices.Device) bool { return d.ID == "gw-a" || d.Via == "gw-a" }
	w.run(40 * time.Minute)
	want := []string{"gateway_down gw-a open 21", "silent air-058091-003 open 1"}
	w.expect(want...)
	for range 3 {
		state := w.e.State()
		w.run(30 * time.Second) // is lost
		w.stopped = true
		w.run(30 * time.Second)
		w.stopped = false
		if err := w.restart(state); err != nil {
			t.Fatal(err)
		}
		w.run(5 * time.Minute)
	}
	w.run(2 * time.Hour)
	w.expect("gateway_down gw-a open 21", "silent air-058091-003 open 1")
	w.off, w.mute = nil, map[string]bool{}
	if err := w.restart(w.e.State()); err != nil {
		t.Fatal(err)
	}
	w.run(2 * time.Hour)
	w.expect("gateway_down gw-a closed 21", "silent air-058091-003 closed 1")
}

func TestRestartInTheMiddleOfAFault(t *testing.T) {
	w := newTown(t, Options{}, fleet(3)...)
	w.run(time.Hour)
	w.in.Faults = []string{"InfluxDB takes nothing"}
	w.run(10 * time.Minute)
	if err := w.restart(w.e.State()); err != nil {
		t.Fatal(err)
	}
	w.run(10 * time.Minute)
	w.in.Faults = nil
	w.run(10 * time.Minute)
	w.expect("own_fault  closed 0")
}

// More devices than an event can name fell silent before a restart: it goes on with
// all of them, and is over when they speak.
func TestRestartInTheMiddleOfMoreThanAnEventNames(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: forty thousand devices, in -short")
	}
	const n = 2*event.MaxDevices + 200
	w := newTown(t, Options{}, comune("058091", n, 5*time.Minute)...)
	w.tick = time.Minute
	w.run(30 * time.Minute)
	w.off = func(*devices.Device) bool { return true }
	w.run(40 * time.Minute)
	if got := w.raised(); len(got) != 1 || w.changes[0].Type != event.ComuneWide {
		t.Fatalf("%q", got)
	}
	if err := w.restart(w.e.State()); err != nil {
		t.Fatal(err)
	}
	w.run(30 * time.Minute)
	w.expect(fmt.Sprintf("comune_wide 058091 open %d", n))
	w.off = nil
	w.run(30 * time.Minute)
	w.expect(fmt.Sprintf("comune_wide 058091 closed %d", n))
}

func TestLostCheckpoint(t *testing.T) {
	w := newTown(t, Options{}, fleet(30)...)
	w.run(time.Hour)
	w.mute["air-058091-003"], w.mute["air-058091-004"] = true, true
	w.run(time.Hour)
	if err := w.restart(nil); err != nil {
		t.Fatal(err)
	}
	w.run(time.Hour)
	w.expect("silent air-058091-003 open 1", "silent air-058091-004 open 1")
	w.mute["air-058091-003"] = false
	w.run(time.Hour)
	w.expect("silent air-058091-003 closed 1", "silent air-058091-004 open 1")
}

func TestStateIsWhole(t *testing.T) {
	w := newTown(t, Options{}, append(fleet(30), sensor("air-x", "058091", 0))...)
	w.says["air-x"] = func(now time.Time) bool { return now.Sub(noon())%(3*time.Minute) < tick }
	w.session("air-058091-001", false, false)
	w.run(time.Hour)
	w.stopped = true
	w.run(5 * time.Minute)
	w.stopped = false
	w.run(time.Minute)
	before := w.e.State()
	status, _ := w.e.Status("air-x")
	if err := w.restart(before); err != nil {
		t.Fatal(err)
	}
	if after := w.e.State(); !slices.Equal(before, after) {
		t.Error("a checkpoint of a restored engine is another one")
	}
	if got, _ := w.e.Status("air-x"); got != status || got.Interval != 3*time.Minute {
		t.Errorf("status %+v, was %+v", got, status)
	}
}

func TestDamagedState(t *testing.T) {
	w := newTown(t, Options{}, fleet(30)...)
	w.run(time.Hour)
	good := w.e.State()
	f := func(name string, bad []byte) {
		t.Helper()
		if err := w.restart(bad); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
		if watched, _ := w.e.Count(); watched != 0 {
			t.Errorf("%s: %d devices known", name, watched)
		}
	}
	f("cut", good[:len(good)/2])
	f("of another version", append([]byte{99}, good[1:]...))
	f("longer", append(slices.Clone(good), 0))
}

func FuzzRestore(f *testing.F) {
	w := newTown(f, Options{}, fleet(3)...)
	w.run(10 * time.Minute)
	f.Add(w.e.State())
	f.Add([]byte{stateVersion})
	f.Fuzz(func(t *testing.T, state []byte) {
		e, err := New(Options{})
		if err != nil {
			t.Fatal(err)
		}
		_ = e.Restore(state, nil, w.snap) // whatever it says, the engine goes on
		e.Step(w.now, Input{Snapshot: w.snap})
		e.Step(w.now.Add(tick), Input{Snapshot: w.snap})
	})
}

func TestOptions(t *testing.T) {
	for _, bad := range []Options{{Missed: -1}, {Grace: -1}, {Interval: -1}, {Gap: -1}, {Fault: -1}, {Units: -1}, {Share: 1.5}, {Share: -1}} {
		if _, err := New(bad); err == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
}

// A rione that ends before its first step leaves nothing behind, and the next
// one was not stopped since the beginning of time.
func TestStopBeforeTheFirstStep(t *testing.T) {
	w := newTown(t, Options{}, fleet(3)...)
	if state := w.e.State(); len(state) != 0 {
		t.Fatalf("a checkpoint of %d bytes", len(state))
	}
	if err := w.restart(w.e.State()); err != nil {
		t.Fatal(err)
	}
	w.run(time.Hour)
	w.expect()
}
