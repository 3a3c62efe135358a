package geo

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

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

// ParseBBox reads minLon,minLat,maxLon,maxLat in degrees.
func ParseBBox(text string) (BBox, error) {
	parts := strings.Split(text, ",")
	var v [4]float64
	if len(parts) != len(v) {
		return BBox{}, errors.New("give four numbers: minLon,minLat,maxLon,maxLat")
	}
	for i, p := range parts {
		n, err := strconv.ParseFloat(strings.TrimSpace(p), 64)
		if err != nil {
			return BBox{}, errors.New("a coordinate is not a number")
		}
		v[i] = n
	}
	lo, hi := Point{Lon: v[0], Lat: v[1]}, Point{Lon: v[2], Lat: v[3]}
	if lo.Check() != nil || hi.Check() != nil || lo.Lat > hi.Lat || lo.Lon > hi.Lon {
		return BBox{}, errors.New("the corners must be on Earth, south-west first")
	}
	return BBox{MinLon: v[0], MinLat: v[1], MaxLon: v[2], MaxLat: v[3]}, nil
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
