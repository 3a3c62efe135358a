package geo

import (
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestComuni(t *testing.T) {
	table := Comuni()
	if len(table) != 157 {
		t.Errorf("%d comuni, want 157", len(table))
	}
	if !slices.IsSortedFunc(table, func(a, b Comune) int { return strings.Compare(a.Code, b.Code) }) {
		t.Error("not ordered by code")
	}
	for i, c := range table {
		if i > 0 && table[i-1].Code == c.Code {
			t.Errorf("%s stands twice", c.Code)
		}
		if c.Name == "" || len(c.Province) != 2 || c.Region == "" || c.AreaKM2 <= 0 || len(c.Initiatives) == 0 || c.Union == "-" {
			t.Errorf("incomplete: %+v", c)
		}
		if err := CheckPosition(c.Point, c.Code, nil); err != nil {
			t.Error(err)
		}
		if got, ok := ComuneByCode(c.Code); !ok || !reflect.DeepEqual(got, c) {
			t.Errorf("%s found as %+v", c.Code, got)
		}
	}
	roma, _ := ComuneByCode("058091")
	want := Comune{Code: "058091", Name: "Roma", Province: "RM", Region: "Lazio", Point: Point{41.8797, 12.4718},
		AreaKM2: 1285.9, Population: 2750000, Initiatives: []string{"roma"}}
	if !reflect.DeepEqual(roma, want) {
		t.Errorf("Roma is %+v", roma)
	}
	if c, ok := ComuneByCode("007003"); !ok || c.Union != "CELVA" {
		t.Errorf("Aosta is %+v", c)
	}
	for _, code := range []string{"", "000001", "058090", "999999"} {
		if c, ok := ComuneByCode(code); ok {
			t.Errorf("%q found as %+v", code, c)
		}
	}
}

func TestParseComuniRefuses(t *testing.T) {
	const good = "058091\tRoma\tRM\tLazio\t41.8\t12.4\t1285.9\troma\t-\t2750000"
	f := func(line string) {
		t.Helper()
		if _, err := parseComuni("# source\nheader\n" + line + "\n"); err == nil {
			t.Errorf("accepted %q", line)
		}
	}
	if got, err := parseComuni("# source\nheader\n" + good); err != nil || len(got) != 1 {
		t.Fatalf("%v, %v", got, err)
	}
	f("058091\tRoma")
	f(strings.Replace(good, "058091", "58091", 1))
	f(strings.Replace(good, "41.8", "141.8", 1))
	f(strings.Replace(good, "1285.9", "big", 1))
	f(strings.Replace(good, "2750000", "many", 1))
}

func TestParsePoint(t *testing.T) {
	f := func(text string, want Point) {
		t.Helper()
		got, err := ParsePoint(text)
		if err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
		if again, err := ParsePoint(got.String()); err != nil || again != got {
			t.Errorf("%q: written %q, read %v, %v", text, got, again, err)
		}
	}
	f("41.8902,12.4922", Point{41.8902, 12.4922})
	f(" 41.8902 , 12.4922 ", Point{41.8902, 12.4922})
	f("-90,180", Point{-90, 180})
	f("1e1,0", Point{10, 0})

	fail := func(text, want string) {
		t.Helper()
		if p, err := ParsePoint(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, %v, want an error with %q", text, p, err, want)
		}
	}
	fail("", "want LAT,LON")
	fail("41.8902", "want LAT,LON")
	fail("41,8902,12,4922", "decimal points")
	fail("north,12", `latitude "north"`)
	fail("41,", `longitude ""`)
	fail("120.5,41.9", "write 41.9,120.5")
	fail("NaN,12", "latitude must be within")
	fail("91,181", "latitude must be within")
	if _, err := ParsePoint("91,12"); !errors.Is(err, ErrOutOfRange) {
		t.Errorf("error %v, want ErrOutOfRange", err)
	}
}

func TestHaversine(t *testing.T) {
	f := func(a, b Point, want float64) {
		t.Helper()
		for _, got := range []float64{Haversine(a, b), Haversine(b, a)} {
			if math.Abs(got-want) > 1 {
				t.Errorf("%v to %v: %.1f m, want %.1f", a, b, got, want)
			}
		}
	}
	f(colosseum, colosseum, 0)
	f(Point{0, 0}, Point{0, 180}, math.Pi*earthRadius)
	f(Point{90, 0}, Point{-90, 77}, math.Pi*earthRadius)
	f(Point{0, 0}, Point{0, 1}, 111195)
	f(Point{45, 179.5}, Point{45, -179.5}, 78626)
}

func TestItalyBounds(t *testing.T) {
	for name, p := range map[string]Point{
		"Lampedusa": {35.4929, 12.6}, "Vetta d'Italia": {47.092, 12.18}, "Rocca Bernauda": {45.09, 6.627}, "Capo d'Otranto": {40.107, 18.52},
	} {
		if !ItalyBounds().Contains(p) {
			t.Errorf("%s is outside Italy", name)
		}
		if ItalyBounds().Contains(p.swapped()) {
			t.Errorf("%s is in Italy even with latitude and longitude swapped", name)
		}
	}
	if ItalyBounds().Contains(Point{math.NaN(), 12}) {
		t.Error("nowhere is in Italy")
	}
}

// TestSchematicZones: zones hold the point, do not overlap and are labelled.
func TestSchematicZones(t *testing.T) {
	for _, c := range Comuni() {
		zones := SchematicZones(c)
		if !reflect.DeepEqual(zones, SchematicZones(c)) {
			t.Fatalf("%s: not the same each time", c.Name)
		}
		want := 5
		if c.Code == "058091" {
			want = 15
		}
		if len(zones) != want {
			t.Errorf("%s has %d zones, want %d", c.Name, len(zones), want)
		}
		total := 0.0
		for _, z := range zones {
			if !z.Schematic || z.Code != c.Code || !strings.HasSuffix(z.Zone, " (schematic)") || checkZone(z.Zone) != nil {
				t.Errorf("%s: zone %+v", c.Name, z)
			}
			if fault := polygonFault(z.Shape.Polygon(0)); fault != "" {
				t.Errorf("%s %s: %s", c.Name, z.Zone, fault)
			}
			total += math.Abs(z.Shape.Area())
		}
		if got := NewIndex(zones).Locate(c.Point); got != (Place{c.Code, zones[0].Zone}) {
			t.Errorf("%s: its point is in %+v", c.Name, got)
		}
		// Zones that add up to the outline that they fill do not overlap.
		corners, bearing := 4, -45.0
		if want == 15 {
			corners, bearing = 14, 0
		}
		outer := c.around(0.8*1000*math.Sqrt(c.AreaKM2/math.Pi), corners, bearing)
		whole := math.Abs(schematic(c, "", append(outer, outer[0])).Shape.Area())
		if math.Abs(total-whole) > 1e-9*whole {
			t.Errorf("%s: zones cover %v, their outline %v", c.Name, total, whole)
		}
	}
}

func TestMerge(t *testing.T) {
	date := func(year int) time.Time { return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC) }
	area := func(code, zone, name string, from, to int) Area {
		a := Area{Code: code, Zone: zone, Name: name}
		if from > 0 {
			a.ValidFrom = date(from)
		}
		if to > 0 {
			a.ValidTo = date(to)
		}
		return a
	}
	f := func(have, add, want []Area) {
		t.Helper()
		got := Merge(have, add)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("merged:\n%+v\nwant:\n%+v", got, want)
		}
		if again := Merge(got, add); !reflect.DeepEqual(again, got) {
			t.Errorf("merged again:\n%+v\nwant no change:\n%+v", again, got)
		}
	}
	f(nil, nil, nil)
	f([]Area{area("000002", "", "b", 0, 0)}, []Area{area("000001", "", "a", 0, 0)},
		[]Area{area("000001", "", "a", 0, 0), area("000002", "", "b", 0, 0)})
	f([]Area{area("000001", "", "old", 0, 0), area("000001", "Z", "zone", 0, 0)}, []Area{area("000001", "", "new", 0, 0)},
		[]Area{area("000001", "", "new", 0, 0), area("000001", "Z", "zone", 0, 0)})
	// A newer version ends the older one, one that has an end keeps it.
	f([]Area{area("000001", "", "v1", 0, 0)}, []Area{area("000001", "", "v2", 2024, 0)},
		[]Area{area("000001", "", "v1", 0, 2024), area("000001", "", "v2", 2024, 0)})
	f([]Area{area("000001", "", "v1", 0, 2020)}, []Area{area("000001", "", "v2", 2024, 0)},
		[]Area{area("000001", "", "v1", 0, 2020), area("000001", "", "v2", 2024, 0)})
	// An older version comes late.
	f([]Area{area("000001", "", "v2", 2024, 0)}, []Area{area("000001", "", "v1", 2010, 0)},
		[]Area{area("000001", "", "v1", 2010, 2024), area("000001", "", "v2", 2024, 0)})
	// Two features of one version end together.
	f([]Area{area("000001", "", "v2", 2024, 0)}, []Area{area("000001", "", "land", 2010, 0), area("000001", "", "island", 2010, 0)},
		[]Area{area("000001", "", "land", 2010, 2024), area("000001", "", "island", 2010, 2024), area("000001", "", "v2", 2024, 0)})
	// An import with an end retires a comune.
	f([]Area{area("000001", "", "a", 0, 0)}, []Area{area("000001", "", "a", 0, 2024)}, []Area{area("000001", "", "a", 0, 2024)})
}
