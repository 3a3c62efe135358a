package geo

import (
	"math"
	"time"
)

// Place is where a point lies.
type Place struct {
	Comune string // ISTAT code, "" none
	Zone   string // zone of that comune, "" none
}

// Index finds the areas that hold a point. It is immutable and safe for any
// number of readers.
type Index struct {
	areas []Area
}

// NewIndex returns an index of areas, which it keeps and which must not change.
func NewIndex(areas []Area) *Index { return &Index{areas: areas} }

// Areas returns the areas of the index. The slice is shared.
func (ix *Index) Areas() []Area { return ix.areas }

// Locate returns the place of p now.
func (ix *Index) Locate(p Point) Place { return Place{} }

// LocateAt returns the place of p at t.
func (ix *Index) LocateAt(p Point, t time.Time) Place { return Place{} }

// ZoneIn returns the zone of the comune code that holds p now, "" for none.
func (ix *Index) ZoneIn(code string, p Point) string { return "" }

// Has reports whether the index has a boundary of the comune that is valid now.
func (ix *Index) Has(code string) bool { return false }

// Contains reports whether p lies in the comune code, now.
func (ix *Index) Contains(code string, p Point) bool { return false }

// DistanceTo returns the distance in metres from p to the comune code, 0 inside
// and +Inf when the index has no boundary of it.
func (ix *Index) DistanceTo(code string, p Point) float64 { return math.Inf(1) }
