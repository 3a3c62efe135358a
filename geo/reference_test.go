package geo

import (
	"bytes"
	"encoding/json"
	"math/big"
	"os"
	"path/filepath"
	"testing"

	sf "github.com/peterstace/simplefeatures/geom"
)

// reference is one comune, read and answered without any code of this package:
// by simplefeatures, and by the slow and exact windingContains.
type reference struct {
	code     string
	geometry sf.Geometry
	polygons [][][][2]float64
	box      BBox
}

// romaFiles and regionFiles are the boundary files of a test: the four comuni
// that are always there, and real regions where the environment has them.
func romaFiles() []string { return []string{"testdata/comuni-roma-subset.geojson"} }

func regionFiles(t testing.TB) []string {
	t.Helper()
	folder := os.Getenv("RIONE_TEST_BOUNDARIES")
	if folder == "" {
		t.Skip("SKIPPED: RIONE_TEST_BOUNDARIES is not set; set it to a folder of GeoJSON files of Italian comuni to prove locate on real regions")
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.geojson"))
	if err != nil || len(files) == 0 {
		t.Fatalf("RIONE_TEST_BOUNDARIES=%s holds no .geojson file (%v)", folder, err)
	}
	return files
}

// readAreasOf reads boundary files, in which nothing may be wrong.
func readAreasOf(t testing.TB, files []string) []Area {
	t.Helper()
	var areas []Area
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		some, problems, err := ReadBoundaries(bytes.NewReader(data))
		if err != nil || len(problems) > 0 {
			t.Fatalf("%s: %v, problems %v", file, err, problems)
		}
		areas = append(areas, some...)
	}
	return areas
}

// readReferences reads the same files into references.
func readReferences(t testing.TB, files []string) []reference {
	t.Helper()
	var all []reference
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var collection struct {
			Features []struct {
				Properties struct {
					Code string `json:"com_istat_code"`
				}
				Geometry json.RawMessage
			}
		}
		if err := json.Unmarshal(data, &collection); err != nil {
			t.Fatal(err)
		}
		for _, f := range collection.Features {
			all = append(all, newReference(t, f.Properties.Code, f.Geometry))
		}
	}
	return all
}

func newReference(t testing.TB, code string, raw json.RawMessage) reference {
	t.Helper()
	r := reference{code: code, box: BBox{MinLat: 90, MinLon: 180, MaxLat: -90, MaxLon: -180}}
	var err error
	if r.geometry, err = sf.UnmarshalGeoJSON(raw, sf.NoValidate{}); err != nil {
		t.Fatalf("%s: %v", code, err)
	}
	var shape struct {
		Type        string
		Coordinates json.RawMessage
	}
	if err := json.Unmarshal(raw, &shape); err != nil {
		t.Fatal(err)
	}
	if shape.Type == "Polygon" {
		shape.Coordinates = append(append(json.RawMessage("["), shape.Coordinates...), ']')
	}
	if err := json.Unmarshal(shape.Coordinates, &r.polygons); err != nil {
		t.Fatal(err)
	}
	for p := range r.vertices() {
		r.box.MinLat, r.box.MaxLat = min(r.box.MinLat, p.Lat), max(r.box.MaxLat, p.Lat)
		r.box.MinLon, r.box.MaxLon = min(r.box.MinLon, p.Lon), max(r.box.MaxLon, p.Lon)
	}
	return r
}

// vertices yields every vertex of every ring.
func (r *reference) vertices() func(yield func(Point) bool) {
	return func(yield func(Point) bool) {
		for _, polygon := range r.polygons {
			for _, ring := range polygon {
				for _, c := range ring {
					if !yield(Point{Lat: c[1], Lon: c[0]}) {
						return
					}
				}
			}
		}
	}
}

// simplefeaturesContains asks simplefeatures; borders count as inside.
func (r *reference) simplefeaturesContains(p Point) bool {
	return sf.Intersects(r.geometry, sf.XY{X: p.Lon, Y: p.Lat}.AsPoint().AsGeometry())
}

// windingContains is the brute force: winding numbers over every edge, in
// rational numbers where floating point cannot tell; borders count as inside.
func (r *reference) windingContains(p Point) bool {
	for _, polygon := range r.polygons {
		shell, border := winding(polygon[0], p)
		if border {
			return true
		}
		inHole := false
		for _, hole := range polygon[1:] {
			turns, border := winding(hole, p)
			if border {
				return true
			}
			inHole = inHole || turns != 0
		}
		if shell != 0 && !inHole {
			return true
		}
	}
	return false
}

// winding returns how often a ring turns around p, or that p lies on it.
func winding(ring [][2]float64, p Point) (turns int, border bool) {
	for i := 1; i < len(ring); i++ {
		a, b := ring[i-1], ring[i]
		if p.Lat < min(a[1], b[1]) || p.Lat > max(a[1], b[1]) {
			continue
		}
		side := exactSide(a, b, p)
		if side == 0 && p.Lon >= min(a[0], b[0]) && p.Lon <= max(a[0], b[0]) {
			return 0, true
		}
		switch {
		case a[1] <= p.Lat && b[1] > p.Lat && side > 0:
			turns++
		case a[1] > p.Lat && b[1] <= p.Lat && side < 0:
			turns--
		}
	}
	return turns, false
}

// exactSide returns the sign of the turn from a over b to p.
func exactSide(a, b [2]float64, p Point) int {
	left, right := (b[0]-a[0])*(p.Lat-a[1]), (b[1]-a[1])*(p.Lon-a[0])
	if d := left - right; d > 1e-12 {
		return 1
	} else if d < -1e-12 {
		return -1
	}
	sub := func(x, y float64) *big.Rat {
		return new(big.Rat).Sub(new(big.Rat).SetFloat64(x), new(big.Rat).SetFloat64(y))
	}
	exact := new(big.Rat).Mul(sub(b[0], a[0]), sub(p.Lat, a[1]))
	return exact.Cmp(new(big.Rat).Mul(sub(b[1], a[1]), sub(p.Lon, a[0])))
}
