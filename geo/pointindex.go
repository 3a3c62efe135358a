package geo

import (
	"cmp"
	"math"
	"slices"

	"github.com/tidwall/rtree"
)

// PointIndex finds values by where they are. It is immutable and safe for any
// number of readers.
type PointIndex[T any] struct {
	values []T
	points []Point
	tree   rtree.RTreeG[int32] // places in values
}

// Near is a value that was found by its distance.
type Near[T any] struct {
	Value    T
	Distance float64 // metres
}

// NewPointIndex returns an index of values, which it keeps; at tells where each
// one is. Values that are nowhere on Earth are left out.
func NewPointIndex[T any](values []T, at func(T) Point) *PointIndex[T] {
	ix := &PointIndex[T]{values: values, points: make([]Point, len(values))}
	for i, v := range values {
		p := at(v)
		if p.Check() != nil {
			continue
		}
		ix.points[i] = p
		where := [2]float64{p.Lon, p.Lat}
		ix.tree.Insert(where, where, int32(i))
	}
	return ix
}

// InBox returns the values in b, border included, in their original order.
func (ix *PointIndex[T]) InBox(b BBox) []T {
	return ix.inOrder(ix.search(b, func(Point) bool { return true }))
}

// Within returns the values at most metres away from p, nearest first.
func (ix *PointIndex[T]) Within(p Point, metres float64) []Near[T] {
	hits := ix.search(boxAround(p, metres), func(other Point) bool { return Haversine(p, other) <= metres })
	slices.Sort(hits) // so that equal distances keep the original order
	found := make([]Near[T], len(hits))
	for i, hit := range hits {
		found[i] = Near[T]{ix.values[hit], Haversine(p, ix.points[hit])}
	}
	slices.SortStableFunc(found, func(a, b Near[T]) int { return cmp.Compare(a.Distance, b.Distance) })
	return found
}

// search returns the places of the values that lie in b and that keep wants.
func (ix *PointIndex[T]) search(b BBox, keep func(Point) bool) []int32 {
	var hits []int32
	ix.tree.Search([2]float64{b.MinLon, b.MinLat}, [2]float64{b.MaxLon, b.MaxLat}, func(_, _ [2]float64, i int32) bool {
		if keep(ix.points[i]) {
			hits = append(hits, i)
		}
		return true
	})
	return hits
}

// inOrder returns the values at hits, each once.
func (ix *PointIndex[T]) inOrder(hits []int32) []T {
	slices.Sort(hits)
	hits = slices.Compact(hits)
	values := make([]T, len(hits))
	for i, hit := range hits {
		values[i] = ix.values[hit]
	}
	return values
}

// boxAround returns a box that holds every point within metres of p: the whole
// circle of latitude when a pole is among them.
func boxAround(p Point, metres float64) BBox {
	const degrees = 180 / math.Pi
	angle := metres/earthRadius*(1+1e-9) + 1e-12 // no point lost to rounding
	b := BBox{MinLat: p.Lat - angle*degrees, MaxLat: p.Lat + angle*degrees, MinLon: -180, MaxLon: 180}
	if b.MinLat > -90 && b.MaxLat < 90 {
		// The widest point of the circle: Bronshtein, Semendyayev, spherical right triangle.
		reach := math.Asin(math.Sin(angle)/math.Cos(p.Lat/degrees)) * degrees
		if p.Lon-reach >= -180 && p.Lon+reach <= 180 {
			b.MinLon, b.MaxLon = p.Lon-reach, p.Lon+reach
		}
	}
	return b
}
