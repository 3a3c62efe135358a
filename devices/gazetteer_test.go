package devices_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"rione/devices"
	"rione/geo"
)

// Without boundaries the comuni of geo's table still have a point, and what no
// boundary is needed for is still checked.
func TestNewGazetteer(t *testing.T) {
	g := devices.NewGazetteer(geo.NewIndex(nil))
	if p, known := g.Centre("058091"); !known || p.Check() != nil || g.Check(p, "058091", time.Time{}) != nil {
		t.Errorf("Roma is at %v, %v", p, known)
	}
	if _, known := g.Centre("999999"); known {
		t.Error("comune 999999 has a centre")
	}
	if err := g.Check(geo.Point{}, "058091", time.Time{}); !errors.Is(err, geo.ErrNullIsland) {
		t.Errorf("0,0 is %v", err)
	}
	roma, _ := geo.ComuneByCode("058091")
	zoned := devices.NewGazetteer(geo.NewIndex(geo.SchematicZones(roma)))
	if zoned.Zone(roma.Point, "058091") == "" {
		t.Error("the middle of Roma is in none of its zones")
	}
}

// A comune that was merged into another had devices while it was there: their
// placements of then are imported, one from now on is not.
func TestEndedComune(t *testing.T) {
	const file = `{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"com_istat_code":"057998","name":"Vecchio","valid_to":"2024-01-01"},"geometry":{"type":"Polygon","coordinates":[[[12,42],[13,42],[13,43],[12,43],[12,42]]]}},
{"type":"Feature","properties":{"com_istat_code":"057999","name":"Nuovo","valid_from":"2024-01-01"},"geometry":{"type":"Polygon","coordinates":[[[12,42],[13,42],[13,43],[12,43],[12,42]]]}}]}`
	areas, problems, err := geo.ReadBoundaries(strings.NewReader(file))
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	g := devices.NewGazetteer(geo.NewIndex(areas))
	f := func(rows, wrong string) {
		t.Helper()
		_, err := devices.ReadCSV(strings.NewReader("device_id,kind,comune,lat,lon,valid_from\n"+rows), g)
		if wrong == "" && err != nil || wrong != "" && (err == nil || !strings.Contains(err.Error(), wrong)) {
			t.Errorf("%q: %v, want %q", rows, err, wrong)
		}
	}
	f("air-1,air,057998,42.5,12.5,1970-01-01\nair-1,air,057999,42.5,12.5,2024-01-01\n", "")
	f("air-1,air,057998,42.5,12.5,2023-12-31\n", "")
	f("air-1,air,057999,42.5,12.5,1970-01-01\n", "") // of the comune as it is now
	f("air-1,air,057998,42.5,12.5,2024-01-01\n", "comune is not valid at that time: it is in Nuovo (057999)")
	f("air-1,air,057998,42.5,12.5,\n", "comune is not valid at that time")
	f("air-1,air,057998,43.5,12.5,2023-12-31\n", "line 2, lat")
	f("air-1,air,057998,12.5,42.5,2023-12-31\n", "swapped")
}
