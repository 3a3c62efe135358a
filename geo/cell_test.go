package geo

import "testing"

func TestCellCentre(t *testing.T) {
	rome := Point{Lat: 41.9028, Lon: 12.4964}
	for _, level := range []int{LevelMover, LevelFixed} {
		token := rome.Cell(level)
		at, ok := CellCentre(token)
		if !ok || at.Cell(level) != token {
			t.Errorf("the centre %v of %s lies in %s", at, token, at.Cell(level))
		}
		if d := Haversine(rome, at); d > 10_000 {
			t.Errorf("level %d: centre is %.0f m away", level, d)
		}
	}
	for _, token := range []string{"", "X", "zz", "0", "ffffffffffffffff"} {
		if p, ok := CellCentre(token); ok {
			t.Errorf("%q has the centre %v", token, p)
		}
	}
}
