package geo

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

func TestReadBoundariesLabels(t *testing.T) {
	f := func(properties string, want Area) {
		t.Helper()
		areas, problems, err := ReadBoundaries(strings.NewReader(collection(feature(properties, "Polygon", "["+square(12, 41, 1)+"]"))))
		if err != nil || len(problems) > 0 || len(areas) != 1 {
			t.Errorf("%s: %d areas, %v, %v", properties, len(areas), problems, err)
			return
		}
		areas[0].Shape = nil
		if !reflect.DeepEqual(areas[0], want) {
			t.Errorf("%s: read as %+v, want %+v", properties, areas[0], want)
		}
	}
	roma := Area{Code: "058091", Name: "Roma"}
	f(`{"com_istat_code":"058091","com_istat_code_num":58091,"name":"Roma","prov_name":"Roma"}`, roma) // openpolis
	f(`{"PRO_COM":58091,"PRO_COM_T":"058091","COMUNE":"Roma","COD_PROV":58}`, roma)                    // ISTAT
	f(`{"pro_com":58091.0,"comune":"Roma"}`, roma)                                                     // ISTAT through a database
	f(`{"PRO_COM":"58091","COMUNE":" Roma "}`, roma)
	f(`{"istat_code":58091,"nome":"Roma"}`, roma)
	f(`{"comune":"058091"}`, Area{Code: "058091", Name: "058091"})
	f(`{"com_istat_code":"1001"}`, Area{Code: "001001"})
	f(`{"com_istat_code":"058091","name":"Roma","valid_from":"2024-01-01","valid_to":"2025-06-30T22:00:00+02:00"}`, Area{
		Code: "058091", Name: "Roma",
		ValidFrom: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), ValidTo: time.Date(2025, 6, 30, 20, 0, 0, 0, time.UTC),
	})
	// Zones.
	f(`{"com_istat_code":"058091","zone":"Trastevere"}`, Area{Code: "058091", Zone: "Trastevere", Name: "Trastevere"})
	f(`{"PRO_COM_T":"058091","MUNICIPIO":5}`, Area{Code: "058091", Zone: "5", Name: "5"})
	f(`{"comune":58091,"quartiere":"Q1","nome":"Prati"}`, Area{Code: "058091", Zone: "Q1", Name: "Prati"})
	f(`{"comune":"058091","name":"Esquilino"}`, Area{Code: "058091", Zone: "Esquilino", Name: "Esquilino"})
	f(`{"comune":"058091","name":"Esquilino","schematic":true}`, Area{Code: "058091", Zone: "Esquilino", Name: "Esquilino", Schematic: true})
}

func TestReadBoundariesProblems(t *testing.T) {
	const roma = `{"com_istat_code":"058091","name":"Roma"}`
	f := func(feature, want string) {
		t.Helper()
		good := `{"type":"Feature","properties":{"com_istat_code":"058039"},"geometry":{"type":"Polygon","coordinates":[` + square(13, 41, 1) + `]}}`
		areas, problems, err := ReadBoundaries(strings.NewReader(collection(good, feature)))
		if err != nil {
			t.Errorf("%s: %v", feature, err)
			return
		}
		if len(areas) != 1 || len(problems) != 1 || problems[0].Feature != 2 || !strings.Contains(problems[0].Detail, want) {
			t.Errorf("%s: %d areas, problems %v, want one of feature 2 with %q", feature, len(areas), problems, want)
		}
	}
	polygon := func(rings string) string { return feature(roma, "Polygon", rings) }

	f(`7`, "not a GeoJSON feature")
	f(`{"type":"Feature","properties":"Roma","geometry":null}`, "not a GeoJSON feature")
	f(`{"type":"Feature","properties":`+roma+`,"geometry":null}`, "no geometry")
	f(`{"type":"Feature","properties":`+roma+`,"geometry":{"type":"Polygon"}}`, "no geometry")
	f(feature(roma, "Point", "[12,41]"), `"Point"`)
	f(feature(roma, "LineString", "[[12,41],[13,41]]"), `"LineString"`)
	f(polygon(`"here"`), "geometry")
	f(polygon(`[]`), "no ring")
	f(polygon(`[[]]`), "fewer than four")
	f(feature(roma, "MultiPolygon", `[]`), "no polygon")
	f(polygon(`[[[12,41],[13,41],[12,41]]]`), "fewer than four")
	f(polygon(`[[[12,41],[13,41],[13,42],[12,42]]]`), "open")
	f(polygon(`[[[12,41],[13,41],[14,41],[12,41]]]`), "encloses nothing")
	f(polygon(`[[[12],[13],[13],[12]]]`), "dimensionality")
	f(polygon(`[[[12,41],[13,41,5],[13,42],[12,41]]]`), "geometry")
	f(polygon(`[[[12,41],[null,41],[13,42],[12,41]]]`), "null")
	f(polygon(`[[[12,41],[1e999,41],[13,42],[12,41]]]`), "geometry")
	f(polygon(`[[[12,41],[13,42],[13,41],[12,42],[12,41]]]`), "crosses itself near")
	f(polygon("["+square(12, 41, 1)+","+square(12.5, 41.5, 1)+"]"), "crosses itself near")
	f(polygon("["+square(291000, 4640000, 1000)+"]"), "EPSG:4326")
	f(polygon("["+square(41, 12, 1)+"]"), "longitude, latitude")
	square := "[" + square(12, 41, 1) + "]"
	f(feature(`{"name":"Roma"}`, "Polygon", square), "names no comune")
	f(feature(`null`, "Polygon", square), "names no comune")
	f(feature(`{"com_istat_code":"RM"}`, "Polygon", square), "six digits")
	f(feature(`{"PRO_COM":1058091}`, "Polygon", square), "six digits")
	f(feature(`{"PRO_COM":0}`, "Polygon", square), "six digits")
	f(feature(`{"PRO_COM":-58091}`, "Polygon", square), "six digits")
	f(feature(`{"comune":58091,"zone":"a\nb"}`, "Polygon", square), "control characters")
	f(feature(`{"comune":58091,"zone":"`+strings.Repeat("à", 65)+`"}`, "Polygon", square), "longer than 64")
	f(feature(`{"comune":58091,"valid_from":"yesterday"}`, "Polygon", square), "valid_from")
	f(feature(`{"comune":58091,"valid_to":"31/12/2024"}`, "Polygon", square), "valid_to")
	f(feature(`{"comune":58091,"valid_from":"2024-01-01","valid_to":"2024-01-01"}`, "Polygon", square), "after valid_from")
}

// TestReadBoundariesKeepsSoundPolygons leaves out one polygon of three, whole.
func TestReadBoundariesKeepsSoundPolygons(t *testing.T) {
	file := collection(feature(`{"com_istat_code":"058091","name":"Roma"}`, "MultiPolygon",
		"[["+square(12, 41, 1)+"],["+square(14, 41, 1)+",[[14.2,41.2],[14.4,41.2]]],["+square(16, 41, 1)+"]]"))
	areas, problems, err := ReadBoundaries(strings.NewReader(file))
	if err != nil || len(areas) != 1 || len(problems) != 1 {
		t.Fatalf("%d areas, problems %v, %v", len(areas), problems, err)
	}
	if got, want := problems[0].String(), "feature 1 (Roma): polygon 2 left out: ring 2 has fewer than four points"; got != want {
		t.Errorf("problem %q, want %q", got, want)
	}
	ix := NewIndex(areas)
	wantPlace(t, ix, 41.5, 12.5, "058091", "")
	wantPlace(t, ix, 41.5, 14.5, "", "")
	wantPlace(t, ix, 41.5, 16.5, "058091", "")
}

// TestReadBoundariesForms reads the same square in every form it may have.
func TestReadBoundariesForms(t *testing.T) {
	const props = `{"com_istat_code":"058091"}`
	const clockwise = `[[12,41],[12,42],[13,42],[13,41],[12,41]]`
	f := func(file string) {
		t.Helper()
		areas, problems, err := ReadBoundaries(strings.NewReader(file))
		if err != nil || len(problems) > 0 {
			t.Errorf("%s: %v, %v", file, problems, err)
			return
		}
		ix := NewIndex(areas)
		wantPlace(t, ix, 41.3, 12.3, "058091", "")
		wantPlace(t, ix, 41.3, 13.3, "", "")
	}
	f(collection(feature(props, "Polygon", "["+square(12, 41, 1)+"]")))
	f(collection(feature(props, "Polygon", "["+clockwise+"]")))
	f(collection(feature(props, "MultiPolygon", "[["+clockwise+"]]")))
	f(collection(feature(props, "Polygon", `[[[12,41,9],[13,41,9],[13,42,8],[12,42,8],[12,41,9]]]`)))
	f("\ufeff" + collection(feature(props, "Polygon", "["+clockwise+"]")))
	f(`{"features":[` + feature(props, "Polygon", "["+clockwise+"]") + `],"crs":{"a":[1]},"bbox":[1,2,3,4],"type":"FeatureCollection"}`)
}

func TestReadBoundariesRefusesFiles(t *testing.T) {
	f := func(file string) {
		t.Helper()
		if areas, _, err := ReadBoundaries(strings.NewReader(file)); !errors.Is(err, ErrNotBoundaries) {
			t.Errorf("%q: %d areas, error %v, want ErrNotBoundaries", file, len(areas), err)
		}
	}
	f("")
	f("lat,lon\n41,12\n")
	f("[]")
	f("{}")
	f(`{"type":"Topology","objects":{}}`)
	f(`{"type":"FeatureCollection"}`)
	f(`{"type":"FeatureCollection","features":{}}`)
	f(`{"type":"FeatureCollection","features":null}`)
	f(`{"type":1,"features":[]}`)
	f(feature(`{"com_istat_code":"058091"}`, "Polygon", "["+square(12, 41, 1)+"]"))
	whole := collection(feature(`{"com_istat_code":"058091"}`, "Polygon", "["+square(12, 41, 1)+"]"))
	for cut := range len(whole) {
		f(whole[:cut])
	}
	f(strings.Replace(whole, "[12,41]", "[NaN,41]", 1))

	broken := errors.New("the disk is gone")
	if _, _, err := ReadBoundaries(io.MultiReader(strings.NewReader(whole[:40]), iotest.ErrReader(broken))); !errors.Is(err, broken) {
		t.Errorf("error %v does not say that %v", err, broken)
	}
}

func TestReadZones(t *testing.T) {
	f := func(property, properties, wantZone, wantProblem string) {
		t.Helper()
		file := collection(feature(properties, "Polygon", "["+square(12, 41, 1)+"]"))
		areas, problems, err := ReadZones(strings.NewReader(file), "058091", property)
		switch {
		case err != nil:
			t.Errorf("%s: %v", properties, err)
		case wantProblem != "":
			if len(areas) != 0 || len(problems) != 1 || !strings.Contains(problems[0].Detail, wantProblem) {
				t.Errorf("%s: %d areas, problems %v, want %q", properties, len(areas), problems, wantProblem)
			}
		case len(areas) != 1 || areas[0].Zone != wantZone || areas[0].Code != "058091":
			t.Errorf("%s: areas %v, problems %v, want zone %q", properties, areas, problems, wantZone)
		}
	}
	f("", `{"name":"Municipio I"}`, "Municipio I", "")
	f("", `{"nome":"Prati","quartiere":"Q. XXII"}`, "Q. XXII", "")
	f("DEN_RIONE", `{"den_rione":"Monti","name":"R. I"}`, "Monti", "")
	f("DEN_RIONE", `{"name":"R. I"}`, "", "names no zone: it needs a property den_rione")
	f("", `{"id":3}`, "", "names no zone")
	f("", `{"name":"Monti","PRO_COM":58091}`, "Monti", "")
	f("", `{"name":"Monti","PRO_COM":15146}`, "", "not of 058091")
	if _, _, err := ReadZones(strings.NewReader(collection()), "58091", ""); !errors.Is(err, ErrCode) {
		t.Errorf("error %v, want ErrCode", err)
	}
}

// TestWriteBoundaries writes all that an area can have and reads it back.
func TestWriteBoundaries(t *testing.T) {
	areas := readAreasOf(t, romaFiles())
	areas[0].ValidFrom = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	areas[0].ValidTo = time.Date(2025, 1, 1, 12, 30, 0, 5, time.UTC)
	roma, _ := ComuneByCode("058091")
	areas = append(areas, SchematicZones(roma)...)
	for _, want := range [][]Area{areas, nil} {
		var file bytes.Buffer
		if err := WriteBoundaries(&file, want); err != nil {
			t.Fatal(err)
		}
		got, problems, err := ReadBoundaries(&file)
		if err != nil || len(problems) > 0 || !reflect.DeepEqual(got, want) {
			t.Errorf("%d areas came back as %d, problems %v, %v", len(want), len(got), problems, err)
		}
	}
	if err := WriteBoundaries(failingWriter{}, areas); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("a failing writer gave %v", err)
	}
	if err := WriteBoundaries(io.Discard, []Area{{Code: "058091"}}); err == nil {
		t.Error("an area without a shape was written")
	}
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

// FuzzReadBoundaries wants no panic, only sound areas, and that what was read
// can be written, read again and asked.
func FuzzReadBoundaries(f *testing.F) {
	f.Add(collection(feature(`{"com_istat_code":"058091","name":"Roma","zone":"I"}`, "Polygon", "["+square(12, 41, 1)+","+square(12.2, 41.2, 0.1)+"]")), 41.5, 12.5)
	f.Add(collection(feature(`{"PRO_COM":1001,"valid_to":"2024-01-01"}`, "MultiPolygon", "[["+square(12, 41, 1)+"]]")), 41.0, 12.0)
	f.Add(collection(feature(`{"comune":"1001","name":"x"}`, "Polygon", `[[[12,41,9],[13,42,9],[13,41,8],[12,42,8],[12,41,9]]]`)), 0.0, 0.0)
	f.Add(`{"type":"FeatureCollection","features":[null,{}]}`, 1.0, 2.0)
	f.Fuzz(func(t *testing.T, file string, lat, lon float64) {
		areas, _, err := ReadBoundaries(strings.NewReader(file))
		if err != nil {
			return
		}
		ix := NewIndex(areas)
		place := ix.Locate(Point{lat, lon})
		if place.Comune == "" && place.Zone != "" {
			t.Errorf("zone %q of no comune", place.Zone)
		}
		for _, a := range areas {
			if CheckCode(a.Code) != nil || a.Shape.NumPolygons() == 0 {
				t.Errorf("unsound area %+v", a)
			}
			first := a.Shape.FlatCoords()[:2]
			if a.Zone == "" && a.ValidTo.IsZero() && a.ValidFrom.IsZero() && !ix.Contains(a.Code, Point{first[1], first[0]}) {
				t.Errorf("%s does not hold its first vertex %v", a.Code, first)
			}
		}
		var again bytes.Buffer
		if err := WriteBoundaries(&again, areas); err != nil {
			t.Fatal(err)
		}
		got, problems, err := ReadBoundaries(&again)
		if err != nil || len(problems) > 0 || !slices.EqualFunc(got, areas, func(a, b Area) bool { return reflect.DeepEqual(a, b) }) {
			t.Errorf("read back as %+v, problems %v, %v; want %+v", got, problems, err, areas)
		}
	})
}
