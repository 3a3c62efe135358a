package geo

import (
	"iter"
	"math"

	"github.com/twpayne/go-geom"
)

// polygon is one polygon with its holes, its edges listed by bands of latitude,
// so that a question about a point looks at the edges of one band only.
//
// Inside is even-odd over all rings: the winding of rings does not matter, and
// a hole is a ring like any other.
type polygon struct {
	flat     []float64 // x y x y …, each ring closed; shared with the area's shape
	ends     []int     // where in flat the rings begin and end: ends[i] to ends[i+1]
	min, max [2]float64
	perBand  float64 // bands per degree
	starts   []int32 // band i has edges[starts[i]:starts[i+1]]
	edges    []int32 // where in flat an edge begins
}

// polygonsOf returns the polygons of shape that have an edge.
func polygonsOf(shape *geom.MultiPolygon) []polygon {
	if shape == nil {
		return nil
	}
	shape = planar(shape)
	polygons := make([]polygon, 0, shape.NumPolygons())
	start := 0
	for _, ends := range shape.Endss() {
		p := polygon{flat: shape.FlatCoords(), ends: append([]int{start}, ends...)}
		start = p.ends[len(p.ends)-1]
		if p.measure() {
			p.fillBands()
			polygons = append(polygons, p)
		}
	}
	return polygons
}

// planar returns shape without heights and measures.
func planar(shape *geom.MultiPolygon) *geom.MultiPolygon {
	stride := shape.Stride()
	if shape.Layout() == geom.XY || stride < 2 {
		return shape
	}
	old := shape.FlatCoords()
	flat := make([]float64, 0, len(old)/stride*2)
	for i := 0; i < len(old); i += stride {
		flat = append(flat, old[i], old[i+1])
	}
	endss := make([][]int, shape.NumPolygons())
	for i, ends := range shape.Endss() {
		for _, end := range ends {
			endss[i] = append(endss[i], end/stride*2)
		}
	}
	return geom.NewMultiPolygonFlat(geom.XY, flat, endss)
}

// allEdges yields where in flat each edge begins.
func (p *polygon) allEdges() iter.Seq[int] {
	return func(yield func(int) bool) {
		for r := 1; r < len(p.ends); r++ {
			for at := p.ends[r-1]; at+2 < p.ends[r]; at += 2 {
				if !yield(at) {
					return
				}
			}
		}
	}
}

// measure finds the polygon's box and reports whether it has an edge.
func (p *polygon) measure() bool {
	p.min = [2]float64{math.Inf(1), math.Inf(1)}
	p.max = [2]float64{math.Inf(-1), math.Inf(-1)}
	some := false
	for at := range p.allEdges() {
		some = true
		for axis := range 2 {
			p.min[axis] = min(p.min[axis], p.flat[at+axis], p.flat[at+2+axis])
			p.max[axis] = max(p.max[axis], p.flat[at+axis], p.flat[at+2+axis])
		}
	}
	return some
}

// fillBands lists the edges by band: about four edges to a band, fewer bands
// when many edges are so long that the lists would outgrow the polygon.
func (p *polygon) fillBands() {
	edges := 0
	for range p.allEdges() {
		edges++
	}
	for bands := max(1, edges/4); ; bands /= 2 {
		p.setBands(bands)
		if bands == 1 || p.countEntries() <= 8*edges {
			break
		}
	}
	for at := range p.allEdges() {
		first, last := p.bandsOf(at)
		for band := first; band <= last; band++ {
			p.starts[band+1]++
		}
	}
	for band := 1; band < len(p.starts); band++ {
		p.starts[band] += p.starts[band-1]
	}
	p.edges = make([]int32, p.starts[len(p.starts)-1])
	next := append([]int32(nil), p.starts...)
	for at := range p.allEdges() {
		first, last := p.bandsOf(at)
		for band := first; band <= last; band++ {
			p.edges[next[band]] = int32(at)
			next[band]++
		}
	}
}

// setBands divides the polygon's height into bands.
func (p *polygon) setBands(bands int) {
	p.starts = make([]int32, bands+1)
	p.perBand = 0
	if height := p.max[1] - p.min[1]; height > 0 {
		p.perBand = float64(bands) / height
	}
}

// countEntries returns how long the bands' lists will be in all.
func (p *polygon) countEntries() int {
	entries := 0
	for at := range p.allEdges() {
		first, last := p.bandsOf(at)
		entries += last - first + 1
	}
	return entries
}

// bandsOf returns the first and last band that an edge is in.
func (p *polygon) bandsOf(at int) (first, last int) {
	y1, y2 := p.flat[at+1], p.flat[at+3]
	return p.band(min(y1, y2)), p.band(max(y1, y2))
}

// band returns the band of y. It never decreases with y, so the band of a point
// lists every edge that spans the point's latitude.
func (p *polygon) band(y float64) int {
	return min(max(int((y-p.min[1])*p.perBand), 0), len(p.starts)-2)
}

// contains reports whether (x, y) lies in the polygon or on its border.
//
// It counts the edges that a ray to the east crosses (Shimrat 1962, with the
// half-open rule for vertices). Each edge is taken from its southern to its
// northern end whatever the ring's direction, so two polygons that share an
// edge compute the same number for it: a point is on one side of it for both,
// or on it for both, and nothing falls between two neighbours.
func (p *polygon) contains(x, y float64) bool {
	if !(x >= p.min[0] && x <= p.max[0] && y >= p.min[1] && y <= p.max[1]) { // NaN is nowhere
		return false
	}
	band := p.band(y)
	inside := false
	for _, at := range p.edges[p.starts[band]:p.starts[band+1]] {
		e := p.flat[at : at+4 : at+4]
		ax, ay, bx, by := e[0], e[1], e[2], e[3]
		if ay > by {
			ax, ay, bx, by = bx, by, ax, ay
		}
		if y < ay || y > by || (x > ax && x > bx) {
			continue
		}
		if ay == by {
			if x >= min(ax, bx) {
				return true
			}
			continue
		}
		side := turn(ax, ay, bx, by, x, y)
		if side == 0 {
			return true
		}
		if side > 0 && y < by {
			inside = !inside
		}
	}
	return inside
}

// turn is positive when c lies to the left of the way from a to b, negative to
// the right and 0 on the line. The conversions keep the compiler from fusing
// multiplication and subtraction, which would give neighbours different
// roundings on some processors.
func turn(ax, ay, bx, by, cx, cy float64) float64 {
	return float64((bx-ax)*(cy-ay)) - float64((by-ay)*(cx-ax))
}

// distance returns the distance in metres from (x, y) to the nearest edge, on
// the plane that touches the Earth there: good to 0.1 % within 20 km, to some
// per cent at 500 km.
func (p *polygon) distance(x, y float64) float64 {
	const perDegree = earthRadius * math.Pi / 180
	kx := perDegree * math.Cos(y*math.Pi/180)
	nearest := math.Inf(1)
	for at := range p.allEdges() {
		e := p.flat[at : at+4 : at+4]
		nearest = min(nearest, squareToSegment(
			(e[0]-x)*kx, (e[1]-y)*perDegree, (e[2]-x)*kx, (e[3]-y)*perDegree))
	}
	return math.Sqrt(nearest)
}

// squareToSegment returns the square of the distance from the origin to the
// segment from a to b.
func squareToSegment(ax, ay, bx, by float64) float64 {
	dx, dy := bx-ax, by-ay
	if length := dx*dx + dy*dy; length > 0 {
		t := min(max(-(ax*dx+ay*dy)/length, 0), 1)
		ax, ay = ax+t*dx, ay+t*dy
	}
	return ax*ax + ay*ay
}
