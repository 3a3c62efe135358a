package app

import (
	"strings"
	"testing"
	"time"

	"rione/devices"
	"rione/devices/event"
	"rione/devices/reported"
	"rione/geo"
)

// standing is a registry of one device.
type standing struct{ device devices.Device }

func (s *standing) Snapshot() *devices.Snapshot {
	snapshot, err := devices.NewSnapshot(1, []devices.Device{s.device})
	if err != nil {
		panic(err)
	}
	return snapshot
}

func TestMisplacedDevices(t *testing.T) {
	var heard []event.Event
	book, err := event.OpenBook(t.Context(), event.BookOptions{Store: nowhere{}, Heard: func(e event.Event) { heard = append(heard, e) }})
	if err != nil {
		t.Fatal(err)
	}
	positions, registry := reported.New(), &standing{}
	register := func(lat float64, change func(*devices.Device)) {
		registry.device = devices.Device{ID: "air-1", Kind: "air", Placements: []devices.Placement{{Comune: "058091", Point: geo.Point{Lat: lat, Lon: 12.5}}}}
		if change != nil {
			change(&registry.device)
		}
	}
	m := &misplaced{book, positions, registry}
	now := time.Now().Add(-time.Hour)
	said := func(lat float64) {
		now = now.Add(time.Second)
		positions.Note("air-1", geo.Point{Lat: lat, Lon: 12.5}, now)
	}
	expect := func(steps string) {
		t.Helper()
		heard = nil
		if err := m.look(t.Context(), time.Now()); err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, e := range heard {
			got += string(e.Type) + " " + string(e.Step)
		}
		if got != steps {
			t.Errorf("%q, want %q", got, steps)
		}
	}
	register(41.9, nil)
	expect("")
	said(41.904) // 445 m
	expect("")
	said(41.905) // 556 m
	expect("misplaced raised")
	if e := heard[0]; e.Device != "air-1" || e.Comune != "058091" || !strings.Contains(e.Text, "41.90500, 12.50000, 556 m from") {
		t.Errorf("%+v", e)
	}
	expect("") // is told once
	said(41.91)
	expect("") // while its event is open
	register(41.91, nil)
	expect("misplaced closed")
	said(43)
	expect("misplaced raised")
	if !strings.Contains(heard[0].Text, "121 km") {
		t.Error(heard[0].Text)
	}
	if _, err := book.Close(t.Context(), heard[0].ID, "anna", "the receiver is broken"); err != nil {
		t.Fatal(err)
	}
	expect("") // the same report is not told again
	said(43.5)
	expect("misplaced raised")
	said(44)
	register(44, nil)
	expect("misplaced closed")
	for what, change := range map[string]func(*devices.Device){
		"moving":      func(d *devices.Device) { d.Moving = true },
		"retired":     func(d *devices.Device) { d.Retired = true },
		"in a home":   func(d *devices.Device) { d.Premises = true },
		"of no place": func(d *devices.Device) { d.Placements[0].Uncertain = true },
		"another one": func(d *devices.Device) { d.ID = "air-2" },
	} {
		register(41.9, change)
		t.Log(what)
		expect("")
	}
	register(41.9, nil) // moved by an operator, away from where it says
	expect("misplaced raised")
}
