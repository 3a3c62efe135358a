package process

import (
	"fmt"
	"testing"
	"time"

	"rione/devices"
	"rione/geo"
	"rione/ingest"
)

// roma is the place that the registry has for the bus.
var roma = geo.Point{Lat: 41.9, Lon: 12.5}

func bus(id string) *devices.Device {
	return &devices.Device{ID: id, Kind: devices.Air, Moving: true, Placements: []devices.Placement{{
		Comune: "058091", Zone: "depot", Point: roma, Cell: roma.Cell(geo.LevelFixed),
	}}}
}

// zoneOfTest has one zone, north of 42°.
func zoneOfTest(at geo.Point, comune string) string {
	if at.Lat > 42 && comune == "058091" {
		return "north"
	}
	return ""
}

func TestMoversGoWhereTheySay(t *testing.T) {
	m := newMovers(zoneOfTest)
	d := bus("bus-1")
	here, there := geo.Point{Lat: 41.95, Lon: 12.45}, geo.Point{Lat: 42.05, Lon: 12.4}
	f := func(name string, at *geo.Point, want geo.Point, zone string, q ingest.Quality) {
		t.Helper()
		pt := &ingest.Point{Device: d, Time: time.Unix(1772359200, 0)}
		m.locate(pt, at)
		if pt.Position != want || pt.Place.Point != want || pt.Place.Cell != want.Cell(geo.LevelMover) || pt.Place.Zone != zone ||
			pt.Place.Comune != "058091" || pt.Quality != q {
			t.Errorf("%s: %+v at %+v, q %d; want %v, zone %q, q %d", name, pt.Position, pt.Place, pt.Quality, want, zone, q)
		}
	}
	f("nothing is known", nil, roma, "", ingest.PositionUncertain)
	f("a position", &here, here, "", 0)
	f("none: the last one", nil, here, "", ingest.PositionUncertain)
	f("no fix", &geo.Point{}, here, "", ingest.PositionUncertain)
	f("nowhere on earth", &geo.Point{Lat: 91, Lon: 12}, here, "", ingest.PositionUncertain)
	f("another zone", &there, there, "north", 0)

	again := newMovers(zoneOfTest)
	again.restore(m.state())
	m = again
	f("over a restart", nil, there, "north", ingest.PositionUncertain)

	d.Placements[0].Comune = "058032" // the bus was given away: what was known is of another comune
	pt := &ingest.Point{Device: d}
	if m.locate(pt, nil); pt.Place.Comune != "058032" || pt.Position != roma || pt.Place.Zone != "" {
		t.Errorf("in another comune: %+v", pt.Place)
	}
}

// The same position gives the same placement, of which the encoder keeps the
// text.
func TestAParkedMoverCostsNothing(t *testing.T) {
	m, d, at := newMovers(nil), bus("bus-1"), geo.Point{Lat: 41.95, Lon: 12.45}
	pt := &ingest.Point{Device: d}
	m.locate(pt, &at)
	if n := testing.AllocsPerRun(100, func() { m.locate(pt, &at) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestMoversAreBounded(t *testing.T) {
	m, at := newMovers(nil), geo.Point{Lat: 41.95, Lon: 12.45}
	for i := range maxMovers + 5 {
		m.locate(&ingest.Point{Device: bus(fmt.Sprint("bus-", i))}, &at)
	}
	if len(m.last) > maxMovers {
		t.Errorf("%d are remembered", len(m.last))
	}
	pt := &ingest.Point{Device: bus("bus-1")}
	if m.locate(pt, nil); pt.Position != roma {
		t.Errorf("a forgotten one is at %v", pt.Position)
	}
}

func FuzzMoversRestore(f *testing.F) {
	m := newMovers(nil)
	m.keep("bus-1", "058091", roma)
	f.Add(m.state())
	f.Add([]byte{5, 'a'})
	f.Fuzz(func(t *testing.T, data []byte) {
		m := newMovers(zoneOfTest)
		m.restore(data) // and does not panic
		again := newMovers(zoneOfTest)
		if again.restore(m.state()); len(again.last) != len(m.last) {
			t.Fatalf("%d are remembered, %d over a restart", len(m.last), len(again.last))
		}
	})
}
