package ogc

import (
	"github.com/twpayne/go-geom"

	"rione/geo"
)

// intersects tells whether the geometry of a feature and a box have a point in
// common.
func intersects(f *feature, box geo.BBox) bool {
	if f.point != nil {
		return box.Contains(*f.point)
	}
	if f.shape == nil {
		return false
	}
	if b, _ := f.bounds(); b.MinLat > box.MaxLat || b.MaxLat < box.MinLat || b.MinLon > box.MaxLon || b.MaxLon < box.MinLon {
		return false
	}
	for i := range f.shape.NumPolygons() {
		if polygonMeets(f.shape.Polygon(i), box) {
			return true
		}
	}
	return false
}

// polygonMeets: an edge has a point in the box, or the box lies inside.
func polygonMeets(p *geom.Polygon, box geo.BBox) bool {
	inside := false
	for i := range p.NumLinearRings() {
		ring := p.LinearRing(i).FlatCoords()
		stride := p.Stride()
		for a := 0; a+2*stride <= len(ring); a += stride {
			x1, y1, x2, y2 := ring[a], ring[a+1], ring[a+stride], ring[a+stride+1]
			if clips(x1, y1, x2, y2, box) {
				return true
			}
			// Even-odd rule for the south-western corner; holes turn it back.
			if (y1 > box.MinLat) != (y2 > box.MinLat) && box.MinLon < (x2-x1)*(box.MinLat-y1)/(y2-y1)+x1 {
				inside = !inside
			}
		}
	}
	return inside
}

// clips tells whether a segment has a part in the box (Liang and Barsky, 1984).
func clips(x1, y1, x2, y2 float64, box geo.BBox) bool {
	t0, t1 := 0.0, 1.0
	for _, side := range [...]struct{ p, q float64 }{
		{x1 - x2, x1 - box.MinLon}, {x2 - x1, box.MaxLon - x1},
		{y1 - y2, y1 - box.MinLat}, {y2 - y1, box.MaxLat - y1},
	} {
		switch {
		case side.p == 0 && side.q < 0:
			return false
		case side.p < 0:
			t0 = max(t0, side.q/side.p)
		case side.p > 0:
			t1 = min(t1, side.q/side.p)
		}
	}
	return t0 <= t1
}
