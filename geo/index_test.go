package geo

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

// feature returns a GeoJSON feature; properties and coordinates are JSON.
func feature(properties, kind, coordinates string) string {
	return fmt.Sprintf(`{"type":"Feature","properties":%s,"geometry":{"type":%q,"coordinates":%s}}`, properties, kind, coordinates)
}

// collection returns a FeatureCollection.
func collection(features ...string) string {
	return `{"type":"FeatureCollection","features":[` + strings.Join(features, ",") + `]}`
}

// square returns the ring of a square with its lower left corner at x, y.
func square(x, y, side float64) string {
	return fmt.Sprintf("[[%v,%v],[%v,%v],[%v,%v],[%v,%v],[%v,%v]]", x, y, x+side, y, x+side, y+side, x, y+side, x, y)
}

// indexOf returns an index of features, with which nothing may be wrong.
func indexOf(t testing.TB, features ...string) *Index {
	t.Helper()
	areas, problems, err := ReadBoundaries(strings.NewReader(collection(features...)))
	if err != nil || len(problems) > 0 {
		t.Fatalf("%v, problems %v", err, problems)
	}
	return NewIndex(areas)
}

// wantPlace checks where a point is found.
func wantPlace(t *testing.T, ix *Index, lat, lon float64, comune, zone string) {
	t.Helper()
	if got := ix.Locate(Point{lat, lon}); got != (Place{comune, zone}) {
		t.Errorf("%v,%v: located in %+v, want %q %q", lat, lon, got, comune, zone)
	}
}

func TestLocateRoma(t *testing.T) {
	ix := NewIndex(readAreasOf(t, romaFiles()))
	wantPlace(t, ix, 41.8902, 12.4922, "058091", "") // Colosseum
	wantPlace(t, ix, 41.9022, 12.4539, "", "")       // St Peter's: the Vatican is in no comune
	wantPlace(t, ix, 41.8067, 12.6811, "058039", "") // Frascati
	wantPlace(t, ix, 41.7325, 12.2768, "058091", "") // Ostia
	wantPlace(t, ix, 43.7696, 11.2558, "", "")       // Firenze, not in the file
	wantPlace(t, ix, math.NaN(), 12.4922, "", "")
	wantPlace(t, ix, 41.8902, math.NaN(), "", "")
	wantPlace(t, ix, math.Inf(1), math.Inf(-1), "", "")
	if !ix.Has("058091") || ix.Has("048017") || ix.Contains("058091", Point{41.9022, 12.4539}) {
		t.Error("Has or Contains disagrees with Locate")
	}
}

// TestLocateIslandsAndExclaves asks for places that are cut off from the rest
// of their comune.
func TestLocateIslandsAndExclaves(t *testing.T) {
	ix := NewIndex(readAreasOf(t, regionFiles(t)))
	f := func(name string, lat, lon float64, want string) {
		t.Helper()
		if got := ix.Locate(Point{lat, lon}).Comune; got != want {
			t.Errorf("%s: located in %q, want %q", name, got, want)
		}
	}
	f("Lampedusa", 35.502, 12.609, "084020")
	f("Linosa, of Lampedusa", 35.865, 12.87, "084020")
	f("Ustica", 38.705, 13.18, "082075")
	f("Giannutri, of Isola del Giglio", 42.253, 11.1, "053012")
	f("Montecristo, of Portoferraio", 42.33, 10.31, "049014")
	f("Gorgona, of Livorno", 43.43, 9.9, "049009")
	f("Palmarola or Ponza", 40.9, 12.96, "059018")
	f("Venezia", 45.4342, 12.3388, "027042")
	f("Murano, of Venezia", 45.457, 12.353, "027042")
	f("part of Piazza al Serchio within Sillano Giuncugnano", 44.2373559, 10.2725265, "046023")
	f("part of Santa Croce within Castelfranco di Sotto", 43.7623600, 10.7055171, "050033")
	f("part of Corleone within Monreale", 37.8826589, 13.3776165, "082034")
	f("San Pellegrino in Alpe, of another region within Castiglione", 44.1899112, 10.4810746, "")
	f("Vatican", 41.9022, 12.4539, "")
	f("sea off Ustica", 38.7, 13.6, "")
}

// TestLocateBorders pins what the border rule gives: both sides hold the
// border, the lowest code wins, holes keep their rim.
func TestLocateBorders(t *testing.T) {
	ix := indexOf(t,
		feature(`{"com_istat_code":"000002"}`, "Polygon", "["+square(11, 45, 1)+"]"),
		feature(`{"com_istat_code":"000001"}`, "Polygon", "["+square(12, 45, 1)+","+square(12.25, 45.25, 0.5)+"]"))
	wantPlace(t, ix, 45.5, 11.5, "000002", "")
	wantPlace(t, ix, 45.5, 12, "000001", "") // shared edge
	wantPlace(t, ix, 45, 12, "000001", "")   // shared corner
	wantPlace(t, ix, 45, 11, "000002", "")   // outer corner
	wantPlace(t, ix, 46, 11.5, "000002", "") // northern edge
	wantPlace(t, ix, 45, 12.5, "000001", "") // southern edge
	wantPlace(t, ix, 45.5, 12.5, "", "")     // in the hole
	wantPlace(t, ix, 45.25, 12.5, "000001", "")
	wantPlace(t, ix, 45.75, 12.75, "000001", "")
	wantPlace(t, ix, 45.25, 12.1, "000001", "") // on the latitude of the hole's corners
	wantPlace(t, ix, 45.5, math.Nextafter(12, 0), "000002", "")
	wantPlace(t, ix, 45.5, math.Nextafter(11, 0), "", "")
	if !ix.Contains("000002", Point{45.5, 12}) || !ix.Contains("000001", Point{45.5, 12}) {
		t.Error("a shared edge must be in both")
	}
}

func TestLocateZones(t *testing.T) {
	ix := indexOf(t,
		feature(`{"com_istat_code":"058091","name":"Roma"}`, "Polygon", "["+square(12, 41, 1)+"]"),
		feature(`{"com_istat_code":"058091","zone":"Nord"}`, "Polygon", "["+square(12, 41.5, 0.5)+"]"),
		feature(`{"com_istat_code":"058091","zone":"Est"}`, "Polygon", "["+square(12.5, 41.5, 1)+"]"), // sticks out
		feature(`{"com_istat_code":"058039","zone":"Centro"}`, "Polygon", "["+square(12.9, 41, 0.5)+"]"))
	wantPlace(t, ix, 41.6, 12.1, "058091", "Nord")
	wantPlace(t, ix, 41.6, 12.6, "058091", "Est")
	wantPlace(t, ix, 41.6, 12.5, "058091", "Est")    // shared edge: lowest name
	wantPlace(t, ix, 41.2, 12.2, "058091", "")       // no zone there
	wantPlace(t, ix, 41.6, 13.2, "", "")             // in the zone, outside its comune
	wantPlace(t, ix, 41.2, 13.2, "058039", "Centro") // no boundary of 058039: its zone stands for it
	wantPlace(t, ix, 41.2, 12.95, "058091", "")      // a boundary goes before such a zone
	if got := ix.ZoneIn("058039", Point{41.2, 12.95}); got != "Centro" {
		t.Errorf("zone in the declared comune is %q, want Centro", got)
	}
	if got := ix.ZoneIn("058039", Point{41.6, 12.1}); got != "" {
		t.Errorf("zone of another comune: %q", got)
	}
	if ix.Has("058039") || ix.Contains("058039", Point{41.2, 13.2}) {
		t.Error("zones are no boundary of their comune")
	}
}

func TestLocateAtVersions(t *testing.T) {
	f := func(ix *Index, day, want string) {
		t.Helper()
		at, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		if got := ix.LocateAt(Point{45.5, 11.5}, at).Comune; got != want {
			t.Errorf("on %s: %q, want %q", day, got, want)
		}
	}
	// Two comuni become one on 2024-01-01, as comuni do.
	ix := indexOf(t,
		feature(`{"com_istat_code":"000001","valid_to":"2024-01-01"}`, "Polygon", "["+square(11, 45, 1)+"]"),
		feature(`{"com_istat_code":"000002","valid_to":"2024-01-01"}`, "Polygon", "["+square(12, 45, 1)+"]"),
		feature(`{"com_istat_code":"000003","valid_from":"2024-01-01"}`, "MultiPolygon", "[["+square(11, 45, 1)+"],["+square(12, 45, 1)+"]]"))
	f(ix, "1950-01-01", "000001")
	f(ix, "2023-12-31", "000001")
	f(ix, "2024-01-01", "000003")
}

func TestLocateNow(t *testing.T) {
	ix := indexOf(t,
		feature(`{"com_istat_code":"000001","valid_to":"2001-01-01"}`, "Polygon", "["+square(11, 45, 1)+"]"),
		feature(`{"com_istat_code":"000002","valid_from":"2001-01-01","valid_to":"2999-01-01"}`, "Polygon", "["+square(11, 45, 1)+"]"),
		feature(`{"com_istat_code":"000003","valid_from":"2999-01-01"}`, "Polygon", "["+square(11, 45, 1)+"]"))
	wantPlace(t, ix, 45.5, 11.5, "000002", "")
	if ix.Has("000001") || !ix.Has("000002") || ix.Has("000003") || ix.Contains("000001", Point{45.5, 11.5}) {
		t.Error("only 000002 is valid now")
	}
	if d := ix.DistanceTo("000001", Point{45.5, 11.5}); !math.IsInf(d, 1) {
		t.Errorf("distance to an ended comune is %v", d)
	}
}

func TestDistanceTo(t *testing.T) {
	ix := indexOf(t, feature(`{"com_istat_code":"000001"}`, "MultiPolygon",
		"[["+square(11, 45, 1)+","+square(11.4, 45.4, 0.2)+"],["+square(13, 45, 0.1)+"]]"))
	f := func(lat, lon, want float64) {
		t.Helper()
		got := ix.DistanceTo("000001", Point{lat, lon})
		if math.Abs(got-want) > 0.002*want {
			t.Errorf("%v,%v: %.1f m, want %.1f", lat, lon, got, want)
		}
	}
	f(45.2, 11.2, 0)
	f(45, 11, 0)
	f(44.9, 11.5, Haversine(Point{44.9, 11.5}, Point{45, 11.5}))    // below an edge
	f(44.9, 10.9, Haversine(Point{44.9, 10.9}, Point{45, 11}))      // off a corner
	f(45.5, 12.05, Haversine(Point{45.5, 12.05}, Point{45.5, 12}))  // east
	f(45.5, 11.5, Haversine(Point{45.5, 11.5}, Point{45.5, 11.4}))  // middle of the hole
	f(45.05, 12.9, Haversine(Point{45.05, 12.9}, Point{45.05, 13})) // the island is nearer
	if d := ix.DistanceTo("000009", Point{45, 11}); !math.IsInf(d, 1) {
		t.Errorf("distance to a comune without boundary is %v", d)
	}
}

func TestEmptyIndex(t *testing.T) {
	for _, ix := range []*Index{{}, NewIndex(nil), NewIndex([]Area{{Code: "058091"}})} {
		wantPlace(t, ix, 41.8902, 12.4922, "", "")
		if ix.Has("058091") || ix.ZoneIn("058091", colosseum) != "" {
			t.Error("an empty index has something")
		}
	}
}

// TestBandsStayBounded builds a comb whose teeth all span its height, for which
// a list of edges by band would outgrow memory.
func TestBandsStayBounded(t *testing.T) {
	const teeth = 5_000
	var ring strings.Builder
	for i := range teeth {
		fmt.Fprintf(&ring, "[%v,41],[%v,42],", 12+float64(i)/teeth, 12+(float64(i)+0.5)/teeth)
	}
	ix := indexOf(t, feature(`{"com_istat_code":"058091"}`, "Polygon", "[["+ring.String()+"[13,40.9],[12,40.9],[12,41]]]"))
	part := ix.byCode["058091"][0]
	if got, most := len(part.edges), 8*(2*teeth+2); got > most {
		t.Errorf("%d entries in the bands, at most %d wanted", got, most)
	}
	wantPlace(t, ix, 41.5, 12.5+0.5/teeth, "058091", "")
	wantPlace(t, ix, 41.5, 12.5+1/float64(teeth), "", "")
}

func TestLocateAllocatesNothing(t *testing.T) {
	ix := NewIndex(readAreasOf(t, romaFiles()))
	if n := testing.AllocsPerRun(100, func() { ix.Locate(colosseum) }); n != 0 {
		t.Errorf("locate allocates %v times", n)
	}
}
