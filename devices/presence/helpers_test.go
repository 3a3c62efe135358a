package presence

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"rione/devices"
	"rione/devices/event"
	"rione/geo"
)

// noon is when the tests' time begins, unless a test says otherwise.
func noon() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

// tick is the time between two steps, unless a test says otherwise.
const tick = 10 * time.Second

// town is an engine with the devices that speak to it, on false time.
type town struct {
	t       testing.TB
	e       *Engine
	now     time.Time
	entries map[string]*devices.Device
	order   []string
	snap    *devices.Snapshot
	mute    map[string]bool              // says nothing
	off     func(d *devices.Device) bool // more of those, by a rule; nil none
	tick    time.Duration
	says    map[string]func(time.Time) bool // another rule than the interval
	in      Input
	stopped bool // rione is
	changes []event.Event
	last    map[string]event.Event
}

func newTown(t testing.TB, o Options, list ...devices.Device) *town {
	t.Helper()
	e, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	w := &town{
		t: t, e: e, now: noon(), mute: map[string]bool{}, tick: tick, says: map[string]func(time.Time) bool{},
		entries: map[string]*devices.Device{}, last: map[string]event.Event{},
	}
	w.register(list...)
	return w
}

// register adds or replaces devices.
func (w *town) register(list ...devices.Device) {
	w.t.Helper()
	for i := range list {
		d := &list[i]
		if w.entries[d.ID] == nil {
			w.order = append(w.order, d.ID)
		}
		w.entries[d.ID] = d
	}
	var all []devices.Device
	for _, id := range w.order {
		all = append(all, *w.entries[id])
	}
	s, err := devices.NewSnapshot(1, all)
	if err != nil {
		w.t.Fatal(err)
	}
	w.snap = s
}

func sensor(id, comune string, interval time.Duration) devices.Device {
	return devices.Device{ID: id, Kind: devices.Air, Interval: interval, Placements: []devices.Placement{{Comune: comune, Point: geo.Point{Lat: 41.9, Lon: 12.5}}}}
}

func via(d devices.Device, gateway string) devices.Device { d.Via = gateway; return d }

func gateway(id, comune string, interval time.Duration) devices.Device {
	d := sensor(id, comune, interval)
	d.Kind = devices.Gateway
	return d
}

// speaks tells whether the i-th device says something in the tick that ends now.
func (w *town) speaks(i int, d *devices.Device) bool {
	if rule := w.says[d.ID]; rule != nil && !w.mute[d.ID] {
		return rule(w.now)
	}
	if d.Interval == 0 {
		return false
	}
	phase := time.Duration(i) * 7 * time.Second
	since := w.now.Sub(noon().Add(-24*365*time.Hour)) - phase%d.Interval
	return since%d.Interval < w.tick && !w.mute[d.ID] && (w.off == nil || !w.off(d))
}

// run lets time pass, tick by tick.
func (w *town) run(d time.Duration) {
	w.t.Helper()
	all := w.snap.All()
	byID := make([]*devices.Device, len(w.order))
	for i, id := range w.order {
		at, _ := slices.BinarySearchFunc(all, id, func(d *devices.Device, id string) int { return strings.Compare(d.ID, id) })
		byID[i] = all[at]
	}
	for range d / w.tick {
		w.now = w.now.Add(w.tick)
		if w.stopped {
			continue
		}
		heard := map[string]Word{}
		for i, d := range byID {
			if d.State() == devices.Approved && w.speaks(i, d) {
				heard[d.ID] = Word{Received: w.now, Said: w.now}
			}
		}
		w.step(heard)
	}
}

func (w *town) step(heard map[string]Word) {
	in := w.in
	in.Snapshot, in.Heard = w.snap, heard
	w.in.Sessions = nil
	for _, e := range w.e.Step(w.now, in) {
		w.changes = append(w.changes, e)
		w.last[e.ID] = e
		check(w.t, &e)
	}
}

// check holds what is true of every change.
func check(t testing.TB, e *event.Event) {
	t.Helper()
	switch {
	case e.ID == "" || e.Text == "" || e.Source != event.FromPresence || e.Raised.IsZero() || e.Began.IsZero() || e.Changed.Before(e.Raised),
		e.Ended() != !e.Closed.IsZero(), e.Ended() && len(e.Devices) > 0, min(e.Count, event.MaxDevices) != len(e.Devices), e.Count > e.Most,
		e.Raised.Location() != time.UTC:
		t.Errorf("a change that cannot be: %+v", *e)
	}
}

func (w *town) session(id string, isUp, clean bool) {
	w.in.Sessions = append(w.in.Sessions, Session{Device: id, Up: isUp, Clean: clean, At: w.now})
}

// raised returns the events of the run, in the order in which they were raised,
// each as type, subject, state and how many devices were in it at most.
func (w *town) raised() []string {
	var out []string
	for _, c := range w.changes {
		if c.Step != event.Raised {
			continue
		}
		e := w.last[c.ID]
		subject := e.Device
		if subject == "" {
			subject = e.Comune
		}
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s %s %d", e.Type, subject, e.State, e.Most)))
	}
	return out
}

func (w *town) expect(want ...string) {
	w.t.Helper()
	if got := w.raised(); fmt.Sprint(got) != fmt.Sprint(want) {
		w.t.Errorf("events\n  got  %q\n  want %q", got, want)
	}
}
