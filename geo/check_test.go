package geo

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"
)

// wantMistake checks the error of a position and what its hint says.
func wantMistake(t *testing.T, err, mistake error, hints ...string) *PositionError {
	t.Helper()
	var refused *PositionError
	if !errors.Is(err, mistake) || !errors.As(err, &refused) {
		t.Errorf("error %v, want %v", err, mistake)
		return &PositionError{}
	}
	for _, hint := range hints {
		if !strings.Contains(err.Error(), hint) {
			t.Errorf("error %q does not say %q", err, hint)
		}
	}
	return refused
}

func TestCheckPositionOnEarth(t *testing.T) {
	ix := NewIndex(readAreasOf(t, romaFiles()))
	f := func(lat, lon float64, mistake error, hints ...string) {
		t.Helper()
		wantMistake(t, CheckPosition(Point{lat, lon}, "058091", ix), mistake, hints...)
		wantMistake(t, CheckPosition(Point{lat, lon}, "058091", nil), mistake)
	}
	f(0, 0, ErrNullIsland, "no position yet")
	f(0.0004, -0.0004, ErrNullIsland)
	f(12.4922, 41.8902, ErrSwapped, "latitude 41.8902 and longitude 12.4922", "Roma (058091)")
	f(math.NaN(), 12, ErrOutOfRange)
	f(math.Inf(1), 12, ErrOutOfRange)
	f(418902, 124922, ErrOutOfRange, "decimal points")
	f(48.8584, 2.2945, ErrOutsideItaly, "latitude 35.4 to 47.2")
	f(-41.8902, 12.4922, ErrOutsideItaly)
	f(41.8902, 0, ErrOutsideItaly)
}

func TestCheckPositionInComune(t *testing.T) {
	ix := NewIndex(readAreasOf(t, romaFiles()))
	accept := func(lat, lon float64, comune string) {
		t.Helper()
		if err := CheckPosition(Point{lat, lon}, comune, ix); err != nil {
			t.Errorf("%v,%v in %s: %v", lat, lon, comune, err)
		}
	}
	accept(41.8902, 12.4922, "058091")
	accept(41.9022, 12.4539, "058091") // in the Vatican, less than 500 m from Roma
	accept(41.8067, 12.6811, "058039")
	accept(42.5, 12.5, "057999")       // not in the table: believed
	accept(41.9022, 12.4539, "057999") // in no comune: believed
	accept(43.8451, 10.58, "046007")   // Capannori by its point alone

	err := CheckPosition(Point{41.8067, 12.6811}, "058091", ix)
	refused := wantMistake(t, err, ErrOutsideComune, "km outside Roma (058091)", "it is in Frascati (058039)", "declare that comune")
	if refused.Found.Comune != "058039" || refused.Distance != ix.DistanceTo("058091", refused.Point) || refused.Distance < 500 {
		t.Errorf("refused with %+v", refused)
	}
	err = CheckPosition(Point{42.5, 12.5}, "058091", ix)
	wantMistake(t, err, ErrOutsideComune, "outside Roma (058091)", "correct the position or the comune")
	err = CheckPosition(colosseum, "057999", ix) // deep inside another comune
	wantMistake(t, err, ErrOutsideComune, "comune 057999", "it is in Roma (058091)")
	err = CheckPosition(Point{41.8067, 12.6811}, "046007", ix)
	wantMistake(t, err, ErrOutsideComune, "Capannori", "it is in Frascati (058039)")
	err = CheckPosition(Point{44.5, 11.3}, "046007", ix) // far from its point, in no known comune
	if refused := wantMistake(t, err, ErrOutsideComune, "Capannori (046007)"); refused.Distance < 50_000 {
		t.Errorf("distance %v", refused.Distance)
	}
}

func TestCheckPositionTolerance(t *testing.T) {
	ix := indexOf(t, feature(`{"com_istat_code":"057999","name":"Prova"}`, "Polygon", "["+square(12, 42, 0.1)+"]"))
	const perDegree = earthRadius * math.Pi / 180
	if err := CheckPosition(Point{42 - 495/perDegree, 12.05}, "057999", ix); err != nil {
		t.Errorf("495 m outside: %v", err)
	}
	err := CheckPosition(Point{42 - 505/perDegree, 12.05}, "057999", ix)
	wantMistake(t, err, ErrOutsideComune, "505 m outside Prova (057999)")
}

func TestCheckPositionCode(t *testing.T) {
	for _, code := range []string{"", "58091", "0580911", "05809a", "RM", "000000", "05809１"} {
		if err := CheckPosition(colosseum, code, nil); !errors.Is(err, ErrCode) {
			t.Errorf("comune %q: %v, want ErrCode", code, err)
		}
	}
}

func TestCheckPositionAtEndedComune(t *testing.T) {
	ix := indexOf(t,
		feature(`{"com_istat_code":"057998","name":"Vecchio","valid_to":"2024-01-01"}`, "Polygon", "["+square(12, 42, 0.1)+"]"),
		feature(`{"com_istat_code":"057999","name":"Nuovo","valid_from":"2024-01-01"}`, "Polygon", "["+square(12, 42, 0.2)+"]"))
	p := Point{42.05, 12.05}
	if err := CheckPositionAt(p, "057998", ix, time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)); err != nil {
		t.Errorf("before the end: %v", err)
	}
	after := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	wantMistake(t, CheckPositionAt(p, "057998", ix, after), ErrComuneEnded, "it is in Nuovo (057999)")
	if err := CheckPositionAt(p, "057999", ix, after); err != nil {
		t.Errorf("the new comune: %v", err)
	}
}

// TestCheckPositionZonesAreNoBoundary: schematic zones must not refuse anyone.
func TestCheckPositionZonesAreNoBoundary(t *testing.T) {
	roma, _ := ComuneByCode("058091")
	ix := NewIndex(SchematicZones(roma))
	if err := CheckPosition(Point{41.7325, 12.2768}, "058091", ix); err != nil { // Ostia
		t.Error(err)
	}
	if err := CheckPosition(roma.Point, "057999", ix); err != nil {
		t.Error(err)
	}
}

// TestReachHoldsRealComuni: no vertex of a real comune may be out of the reach
// that its point and area give it.
func TestReachHoldsRealComuni(t *testing.T) {
	checked := 0
	for _, r := range readReferences(t, regionFiles(t)) {
		c, ok := ComuneByCode(r.code)
		if !ok {
			continue
		}
		checked++
		for p := range r.vertices() {
			if d := Haversine(p, c.Point); d > c.reach() {
				t.Fatalf("%s reaches %v, %.0f m from its point; its reach is %.0f m", c.Name, p, d, c.reach())
			}
		}
		if !r.windingContains(c.Point) {
			t.Errorf("%s: the table's point is not in it", c.Name)
		}
	}
	if checked == 0 {
		t.Error("the boundaries hold no comune of the table")
	}
}
