package devices_test

import (
	"errors"
	"testing"

	"rione/devices"
	"rione/geo"
)

// Without boundaries the comuni of geo's table still have a point, and what no
// boundary is needed for is still checked.
func TestNewGazetteer(t *testing.T) {
	g := devices.NewGazetteer(geo.NewIndex(nil))
	if p, known := g.Centre("058091"); !known || p.Check() != nil || g.Check(p, "058091") != nil {
		t.Errorf("Roma is at %v, %v", p, known)
	}
	if _, known := g.Centre("999999"); known {
		t.Error("comune 999999 has a centre")
	}
	if err := g.Check(geo.Point{}, "058091"); !errors.Is(err, geo.ErrNullIsland) {
		t.Errorf("0,0 is %v", err)
	}
	roma, _ := geo.ComuneByCode("058091")
	zoned := devices.NewGazetteer(geo.NewIndex(geo.SchematicZones(roma)))
	if zoned.Zone(roma.Point, "058091") == "" {
		t.Error("the middle of Roma is in none of its zones")
	}
}
