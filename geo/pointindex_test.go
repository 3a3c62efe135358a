package geo

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

var colosseum = Point{Lat: 41.8902, Lon: 12.4922}

// scatter returns n points over Italy, the same ones each time.
func scatter(n int) []Point {
	rng := rand.New(rand.NewPCG(3, 4))
	b := ItalyBounds()
	points := make([]Point, n)
	for i := range points {
		points[i] = Point{
			Lat: b.MinLat + rng.Float64()*(b.MaxLat-b.MinLat),
			Lon: b.MinLon + rng.Float64()*(b.MaxLon-b.MinLon),
		}
	}
	return points
}

// numbered is a value of the tests: its place says the order it was given in.
type numbered struct {
	n  int
	at Point
}

func newNumbered(points []Point) ([]numbered, *PointIndex[numbered]) {
	values := make([]numbered, len(points))
	for i, p := range points {
		values[i] = numbered{i, p}
	}
	return values, NewPointIndex(values, func(v numbered) Point { return v.at })
}

// filter is the brute force: values that keep wants, in order.
func filter(values []numbered, keep func(Point) bool) []numbered {
	var kept []numbered
	for _, v := range values {
		if keep(v.at) {
			kept = append(kept, v)
		}
	}
	return kept
}

func TestPointIndexInBox(t *testing.T) {
	values, ix := newNumbered(scatter(5_000))
	f := func(b BBox) {
		t.Helper()
		if got, want := ix.InBox(b), filter(values, b.Contains); !slices.Equal(got, want) {
			t.Errorf("%v: %d found, want %d", b, len(got), len(want))
		}
	}
	f(ItalyBounds())
	f(BBox{MinLat: 41.6, MinLon: 12.2, MaxLat: 42.1, MaxLon: 12.9})
	f(BBox{MinLat: 41.6, MinLon: 12.2, MaxLat: 41.6, MaxLon: 12.9})
	f(BBox{MinLat: 50, MinLon: 12, MaxLat: 51, MaxLon: 13})
	f(BBox{MinLat: 42, MinLon: 12, MaxLat: 41, MaxLon: 13}) // upside down holds nothing
}

func TestPointIndexWithin(t *testing.T) {
	// Far north, near the antimeridian and at a pole the box around a circle is
	// not what it is in Italy.
	points := append(scatter(5_000), Point{89.9, 10}, Point{89.9, -170}, Point{90, 0}, Point{0, 179.99}, Point{0, -179.99}, Point{70, 30}, Point{70, 31})
	values, ix := newNumbered(points)
	f := func(p Point, metres float64) {
		t.Helper()
		want := filter(values, func(other Point) bool { return Haversine(p, other) <= metres })
		slices.SortStableFunc(want, func(a, b numbered) int { return cmp.Compare(Haversine(p, a.at), Haversine(p, b.at)) })
		got := ix.Within(p, metres)
		if len(got) != len(want) {
			t.Fatalf("%v within %v m: %d found, want %d", p, metres, len(got), len(want))
		}
		for i := range got {
			if got[i].Value != want[i] || got[i].Distance != Haversine(p, want[i].at) {
				t.Fatalf("%v within %v m: place %d is %v, want %v", p, metres, i, got[i], want[i])
			}
		}
	}
	f(colosseum, 0)
	f(colosseum, -1)
	f(colosseum, 50_000)
	f(colosseum, 3_000_000)
	f(colosseum, 30_000_000)
	f(points[7], 0)
	f(Point{89.95, 100}, 50_000)
	f(Point{-90, 0}, 1000)
	f(Point{0, 180}, 5_000)
	f(Point{70, 30.5}, 20_000)
}

func TestPointIndexLeavesOutNowhere(t *testing.T) {
	_, ix := newNumbered([]Point{{math.NaN(), 12}, {91, 12}, {41, math.Inf(1)}, colosseum})
	everywhere := BBox{MinLat: math.Inf(-1), MinLon: math.Inf(-1), MaxLat: math.Inf(1), MaxLon: math.Inf(1)}
	got := ix.InBox(everywhere)
	if len(got) != 1 || got[0].at != colosseum {
		t.Errorf("found %v, want the Colosseum only", got)
	}
	if got := ix.Within(colosseum, 30_000_000); len(got) != 1 {
		t.Errorf("within the Earth found %v", got)
	}
}
