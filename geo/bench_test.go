package geo

import (
	"math/rand/v2"
	"os"
	"runtime"
	"testing"
)

// BenchmarkLocate asks for random points over the boxes of all comuni: a mover,
// of which nothing is cached.
func BenchmarkLocate(b *testing.B) {
	files := regionFiles(b)
	ix := NewIndex(readAreasOf(b, files))
	points := randomPoints(rand.New(rand.NewPCG(1, 2)), readReferences(b, files), 1<<14)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		ix.Locate(points[i&(len(points)-1)])
		i++
	}
}

// BenchmarkNewIndex builds the index of all comuni and tells what it keeps.
func BenchmarkNewIndex(b *testing.B) {
	var before, between, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	areas := readAreasOf(b, regionFiles(b))
	runtime.GC()
	runtime.ReadMemStats(&between)
	var ix *Index
	for b.Loop() {
		ix = NewIndex(areas)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(len(ix.Areas())), "areas")
	b.ReportMetric(float64(between.HeapAlloc-before.HeapAlloc)/1e6, "shapes-MB")
	b.ReportMetric(float64(after.HeapAlloc-between.HeapAlloc)/1e6, "index-MB")
}

// BenchmarkReadBoundaries reads the four comuni of the test data.
func BenchmarkReadBoundaries(b *testing.B) {
	info, err := os.Stat(romaFiles()[0])
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(info.Size())
	b.ReportAllocs()
	for b.Loop() {
		readAreasOf(b, romaFiles())
	}
}

// BenchmarkPointIndex asks an index of 100,000 devices spread over Italy.
func BenchmarkPointIndex(b *testing.B) {
	points := scatter(100_000)
	ix := NewPointIndex(points, func(p Point) Point { return p })
	b.Run("build", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			NewPointIndex(points, func(p Point) Point { return p })
		}
	})
	b.Run("bbox all", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			ix.InBox(ItalyBounds())
		}
	})
	b.Run("bbox city", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			ix.InBox(BBox{MinLat: 41.6, MinLon: 12.2, MaxLat: 42.1, MaxLon: 12.9})
		}
	})
	b.Run("within 10 km", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			ix.Within(colosseum, 10_000)
		}
	})
}
