package geo

import "math"

// BBox is a box of degrees with its border. A box that crosses the
// antimeridian cannot be said.
type BBox struct {
	MinLat, MinLon, MaxLat, MaxLon float64
}

// ItalyBounds returns a box that holds all of Italy: Pelagie islands to Vetta
// d'Italia, Rocca Bernauda to Capo d'Otranto, with a margin of some kilometres.
func ItalyBounds() BBox { return BBox{MinLat: 35.4, MinLon: 6.5, MaxLat: 47.2, MaxLon: 18.7} }

// Contains reports whether p lies in b or on its border.
func (b BBox) Contains(p Point) bool {
	return b.MinLat <= p.Lat && p.Lat <= b.MaxLat && b.MinLon <= p.Lon && p.Lon <= b.MaxLon
}

// earthRadius is the mean radius of the Earth in metres (IUGG R1).
const earthRadius = 6371008.8

// Haversine returns the great-circle distance between two points in metres, on
// a sphere: within 0.5 % of the ellipsoid.
func Haversine(a, b Point) float64 {
	const rad = math.Pi / 180
	sinLat := math.Sin((b.Lat - a.Lat) * rad / 2)
	sinLon := math.Sin((b.Lon - a.Lon) * rad / 2)
	h := sinLat*sinLat + math.Cos(a.Lat*rad)*math.Cos(b.Lat*rad)*sinLon*sinLon
	return 2 * earthRadius * math.Asin(math.Sqrt(min(h, 1)))
}
