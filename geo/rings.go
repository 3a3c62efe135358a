package geo

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/twpayne/go-geom"
	"github.com/twpayne/go-geom/encoding/geojson"
)

// readShape decodes a geometry and returns its sound polygons, nil when there
// is none, with what is wrong with the others. A polygon with one unsound ring
// is left out whole: without its hole, or with a doubtful edge, it would answer
// wrongly.
func readShape(g *geojson.Geometry) (*geom.MultiPolygon, []string) {
	decoded, err := decodeShape(g)
	if err != nil {
		return nil, []string{err.Error()}
	}
	if looksSwapped(decoded) {
		return nil, []string{"coordinates are latitude, longitude; GeoJSON wants longitude, latitude"}
	}
	if decoded.NumPolygons() == 0 {
		return nil, []string{"has no polygon"}
	}
	var details []string
	shape := geom.NewMultiPolygon(geom.XY)
	for i := range decoded.NumPolygons() {
		p := decoded.Polygon(i)
		fault := polygonFault(p)
		if fault == "" {
			if err := shape.Push(p); err != nil {
				fault = err.Error()
			}
		}
		if fault != "" {
			details = append(details, fmt.Sprintf("polygon %d left out: %s", i+1, fault))
		}
	}
	if shape.NumPolygons() == 0 {
		return nil, details
	}
	return shape, details
}

// decodeShape returns a Polygon or MultiPolygon of layout XY.
func decodeShape(g *geojson.Geometry) (*geom.MultiPolygon, error) {
	if g == nil || g.Coordinates == nil {
		return nil, errors.New("has no geometry")
	}
	if g.Type != "Polygon" && g.Type != "MultiPolygon" {
		return nil, fmt.Errorf("geometry is %q, not a Polygon or MultiPolygon", g.Type)
	}
	if bytes.Contains(*g.Coordinates, []byte("null")) { // would be read as 0
		return nil, errors.New("a coordinate is null")
	}
	t, err := g.Decode()
	if err != nil {
		return nil, fmt.Errorf("geometry: %w", err)
	}
	if p, ok := t.(*geom.Polygon); ok {
		t = geom.NewMultiPolygonFlat(p.Layout(), p.FlatCoords(), [][]int{p.Ends()})
	}
	return planar(t.(*geom.MultiPolygon)), nil
}

// looksSwapped reports whether all of shape would be in Italy if latitude and
// longitude changed places. No place in Italy looks so.
func looksSwapped(shape *geom.MultiPolygon) bool {
	flat := shape.FlatCoords()
	for i := 0; i+1 < len(flat); i += 2 {
		if !ItalyBounds().Contains(Point{Lat: flat[i], Lon: flat[i+1]}) {
			return false
		}
	}
	return len(flat) > 0
}

// polygonFault returns what is wrong with a polygon, "" when it is sound.
func polygonFault(p *geom.Polygon) string {
	if p.NumLinearRings() == 0 {
		return "it has no ring"
	}
	for i := range p.NumLinearRings() {
		if fault := ringFault(p.LinearRing(i)); fault != "" {
			return fmt.Sprintf("ring %d %s", i+1, fault)
		}
	}
	shape := geom.NewMultiPolygonFlat(geom.XY, p.FlatCoords(), [][]int{p.Ends()})
	for _, polygon := range polygonsOf(shape) {
		if x, y, crosses := polygon.crossing(); crosses {
			return fmt.Sprintf("its border crosses itself near %s", Point{Lat: y, Lon: x})
		}
	}
	for i := range p.NumLinearRings() {
		if p.LinearRing(i).Area() == 0 {
			return fmt.Sprintf("ring %d encloses nothing", i+1)
		}
	}
	return ""
}

// ringFault returns what is wrong with one ring, "" when it is sound.
func ringFault(ring *geom.LinearRing) string {
	flat := ring.FlatCoords()
	if len(flat) < 8 {
		return "has fewer than four points"
	}
	for i := 0; i < len(flat); i += 2 {
		if (Point{Lat: flat[i+1], Lon: flat[i]}).Check() != nil {
			return "has coordinates that are not degrees; convert the file to WGS 84 (EPSG:4326)"
		}
	}
	if flat[0] != flat[len(flat)-2] || flat[1] != flat[len(flat)-1] {
		return "is open: its last point must repeat the first"
	}
	return ""
}

// maxCrossingTests bounds the search for crossings in one polygon. Real
// boundaries need some ten tests an edge.
const maxCrossingTests = 20_000_000

// crossing returns the beginning of an edge that crosses another one of the
// polygon. Edges that only touch do not count, and a polygon with more pairs of
// neighbouring edges than maxCrossingTests is not searched to the end.
func (p *polygon) crossing() (x, y float64, found bool) {
	tests := 0
	for band := range len(p.starts) - 1 {
		edges := p.edges[p.starts[band]:p.starts[band+1]]
		for i, a := range edges {
			if tests += len(edges) - i; tests > maxCrossingTests {
				return 0, 0, false
			}
			for _, b := range edges[i+1:] {
				if cross(p.flat[a:a+4], p.flat[b:b+4]) {
					return p.flat[a], p.flat[a+1], true
				}
			}
		}
	}
	return 0, 0, false
}

// cross reports whether two edges cross within both.
func cross(a, b []float64) bool {
	if max(a[0], a[2]) < min(b[0], b[2]) || max(b[0], b[2]) < min(a[0], a[2]) {
		return false
	}
	return opposite(turn(a[0], a[1], a[2], a[3], b[0], b[1]), turn(a[0], a[1], a[2], a[3], b[2], b[3])) &&
		opposite(turn(b[0], b[1], b[2], b[3], a[0], a[1]), turn(b[0], b[1], b[2], b[3], a[2], a[3]))
}

// opposite reports whether one of a and b is positive and the other negative.
func opposite(a, b float64) bool { return a < 0 && b > 0 || a > 0 && b < 0 }
