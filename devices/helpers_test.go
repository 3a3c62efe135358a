package devices_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"rione/devices"
	"rione/geo"
)

// gazetteer knows Roma as everything south of 43°N, with two zones.
type gazetteer struct{}

var _ devices.Gazetteer = gazetteer{}

var errNorth = errors.New("position is not in the comune")

func (gazetteer) Check(p geo.Point, _ string, _ time.Time) error {
	if p.Lat >= 43 {
		return errNorth
	}
	return p.Check()
}

func (gazetteer) Zone(p geo.Point, _ string) string {
	if p.Lon < 12.5 {
		return "Municipio I"
	}
	return "Municipio II"
}

func (gazetteer) Centre(comune string) (geo.Point, bool) {
	return geo.Point{Lat: 41.9, Lon: 12.5}, comune == "058091"
}

func point(lat, lon float64) *geo.Point { return &geo.Point{Lat: lat, Lon: lon} }

func place(t testing.TB, p *geo.Point) devices.Placement {
	t.Helper()
	placed, err := devices.Place(gazetteer{}, "058091", "", p, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return placed
}

func device(t testing.TB, id string) devices.Device {
	t.Helper()
	return devices.Device{ID: id, Kind: devices.Air, Placements: []devices.Placement{place(t, point(41.89, 12.49))}}
}

func snapshot(t testing.TB, entries ...devices.Device) *devices.Snapshot {
	t.Helper()
	s, err := devices.NewSnapshot(1, entries)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func fleet(t testing.TB, n int) []devices.Device {
	t.Helper()
	all := make([]devices.Device, n)
	for i := range all {
		all[i] = device(t, fmt.Sprintf("dev-%06d", i))
		all[i].ExternalID = fmt.Sprintf("serial-%06d", i)
	}
	return all
}

func readCSV(t testing.TB, text string) *devices.Import {
	t.Helper()
	in, err := devices.ReadCSV(strings.NewReader(text), gazetteer{})
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func day(n int) time.Time { return time.Date(2025, 11, n, 0, 0, 0, 0, time.UTC) }
