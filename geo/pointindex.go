package geo

import "github.com/twpayne/go-geom"

// Located is a value at a point.
type Located[T any] struct {
	Point    Point
	Value    T
	Distance float64 // metres from the point that was asked for; 0 where none was
}

// PointIndex finds values by where they are. It is immutable and safe for any
// number of readers.
type PointIndex[T any] struct{}

// NewPointIndex returns an index of entries.
func NewPointIndex[T any](entries []Located[T]) *PointIndex[T] { return &PointIndex[T]{} }

// InBox returns the entries in b, border included, in no particular order.
func (ix *PointIndex[T]) InBox(b BBox) []Located[T] { return nil }

// Within returns the entries at most metres away from p, nearest first.
func (ix *PointIndex[T]) Within(p Point, metres float64) []Located[T] { return nil }

// InShape returns the entries in shape, border included, in no particular order.
func (ix *PointIndex[T]) InShape(shape *geom.MultiPolygon) []Located[T] { return nil }

// Nearest returns the k entries that are nearest to p, nearest first.
func (ix *PointIndex[T]) Nearest(p Point, k int) []Located[T] { return nil }
