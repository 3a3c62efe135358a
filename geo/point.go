// Package geo answers where something is: points on the Earth, cells that
// group them, and the comuni and zones that contain them. Coordinates are
// WGS 84 degrees everywhere.
package geo

import (
	"errors"
	"math"

	"github.com/golang/geo/s2"
)

// Levels of the S2 cells that tag readings. One level per bucket: mixed levels
// break cell filters.
const (
	LevelFixed = 13 // fixed devices, ≈1.27 km² a cell
	LevelMover = 10 // moving devices, ≈81 km² a cell
)

// Point is a position in WGS 84 degrees.
type Point struct {
	Lat float64 `json:"lat"`
	Lon float64 `json:"lon"`
}

// ErrOutOfRange is returned for coordinates that no place on Earth has.
var ErrOutOfRange = errors.New("latitude must be within ±90 and longitude within ±180 degrees")

// Check returns ErrOutOfRange unless p is a finite position on Earth.
func (p Point) Check() error {
	if !(math.Abs(p.Lat) <= 90 && math.Abs(p.Lon) <= 180) { // NaN fails too
		return ErrOutOfRange
	}
	return nil
}

// Cell returns the token of the S2 cell of the given level that holds p.
func (p Point) Cell(level int) string {
	return s2.CellIDFromLatLng(s2.LatLngFromDegrees(p.Lat, p.Lon)).Parent(level).ToToken()
}
