package geo

import "slices"

// Inner returns a point within the area, for a label or a marker: the middle of
// the longest stretch of the area on the parallel through the middle of its
// bounds. An area without a shape has none.
func (a *Area) Inner() (Point, bool) {
	if a.Shape == nil || a.Shape.NumPolygons() == 0 {
		return Point{}, false
	}
	bounds := a.Shape.Bounds()
	lat := (bounds.Min(1) + bounds.Max(1)) / 2
	crossings := a.crossings(lat)
	best, width := Point{}, 0.0
	for i := 0; i+1 < len(crossings); i += 2 { // even-odd: inside between the first and the second, and so on
		if w := crossings[i+1] - crossings[i]; w > width {
			best, width = Point{Lat: lat, Lon: crossings[i] + w/2}, w
		}
	}
	return best, width > 0
}

// crossings returns the longitudes at which the rings cross a parallel, from
// west to east. A ring that only touches it crosses it twice or not at all.
func (a *Area) crossings(lat float64) []float64 {
	var out []float64
	for p := range a.Shape.NumPolygons() {
		polygon := a.Shape.Polygon(p)
		for r := range polygon.NumLinearRings() {
			ring := polygon.LinearRing(r)
			for i := 1; i < ring.NumCoords(); i++ {
				from, to := ring.Coord(i-1), ring.Coord(i)
				if (from[1] > lat) != (to[1] > lat) {
					out = append(out, from[0]+(to[0]-from[0])*(lat-from[1])/(to[1]-from[1]))
				}
			}
		}
	}
	slices.Sort(out)
	return out
}
