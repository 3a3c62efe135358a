package geo_test

import (
	"testing"

	"github.com/twpayne/go-geom"

	"rione/geo"
)

func TestInner(t *testing.T) {
	f := func(want geo.Point, ok bool, polygons ...[][]geom.Coord) {
		t.Helper()
		a := geo.Area{Shape: geom.NewMultiPolygon(geom.XY)}
		for _, p := range polygons {
			if err := a.Shape.Push(geom.NewPolygon(geom.XY).MustSetCoords(p)); err != nil {
				t.Fatal(err)
			}
		}
		if got, found := a.Inner(); got != want || found != ok {
			t.Errorf("got %v %v, want %v", got, found, want)
		}
	}
	square := func(x, y, size float64) []geom.Coord {
		return []geom.Coord{{x, y}, {x + size, y}, {x + size, y + size}, {x, y + size}, {x, y}}
	}
	f(geo.Point{}, false)
	f(geo.Point{Lat: 2, Lon: 2}, true, [][]geom.Coord{square(0, 0, 4)})
	f(geo.Point{Lat: 2, Lon: 0.5}, true, [][]geom.Coord{square(0, 0, 4), square(1, 1, 2.5)})               // a hole in the middle
	f(geo.Point{Lat: 2, Lon: 12}, true, [][]geom.Coord{square(0, 1, 2)}, [][]geom.Coord{square(10, 0, 4)}) // the larger island
	if _, ok := (&geo.Area{}).Inner(); ok {
		t.Error("an area without a shape has an inner point")
	}
}

// The point lies in the area that it is of.
func TestInnerOfSchematicZones(t *testing.T) {
	for _, c := range geo.Comuni()[:20] {
		areas := geo.SchematicZones(c)
		ix := geo.NewIndex(areas)
		for i := range areas {
			if areas[i].Zone == "" {
				continue
			}
			p, ok := areas[i].Inner()
			if got := ix.Locate(p); !ok || got.Zone != areas[i].Zone {
				t.Errorf("%s %s: %v is in %v", c.Name, areas[i].Zone, p, got)
			}
		}
	}
}
