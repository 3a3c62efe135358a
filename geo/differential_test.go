package geo

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestLocateAgrees compares Locate on four real comuni with simplefeatures and
// with brute force.
func TestLocateAgrees(t *testing.T) { testAgreement(t, romaFiles(), 20_000, 2_000) }

// TestLocateAgreesOnRegions does the same on whole regions: holes, islands,
// exclaves and enclaves as Italy has them.
func TestLocateAgreesOnRegions(t *testing.T) { testAgreement(t, regionFiles(t), 100_000, 10_000) }

// testAgreement compares all three on random points, of which no one may
// differ, and on border points, of which those that differ are listed.
func testAgreement(t *testing.T, files []string, random, border int) {
	refs := readReferences(t, files)
	ix := NewIndex(readAreasOf(t, files))
	rng := rand.New(rand.NewPCG(1, 2))
	inside := 0
	for _, p := range randomPoints(rng, refs, random) {
		got, sfWant, exact := ask(t, ix, refs, p)
		if !slices.Equal(got, sfWant) || !slices.Equal(got, exact) {
			t.Errorf("%s: in %v; simplefeatures says %v, brute force %v", p, got, sfWant, exact)
		}
		inside += min(len(got), 1)
	}
	t.Logf("%d comuni, %d random points, %d in a comune: all three agree", len(refs), random, inside)

	rounded := 0
	for _, p := range borderPoints(rng, refs, border) {
		got, sfWant, exact := ask(t, ix, refs, p)
		if slices.Equal(got, sfWant) && slices.Equal(got, exact) {
			continue
		}
		rounded++
		if rounded <= 20 {
			t.Logf("border case %.17g,%.17g: in %v; simplefeatures %v; exact %v", p.Lat, p.Lon, got, sfWant, exact)
		}
		for _, code := range difference(got, exact) {
			if d := ix.toBorder(code, p, 0); d > 1e-6 {
				t.Errorf("%s: differs on %s, %g m from its border", p, code, d)
			}
		}
	}
	t.Logf("%d border points: %d differ by rounding, all within a micrometre of the border", border, rounded)
}

// ask returns the comuni that hold p, in order, by this package and by both
// references, and checks that Locate gives the first of its own.
func ask(t *testing.T, ix *Index, refs []reference, p Point) (got, simplefeatures, exact []string) {
	t.Helper()
	for i := range refs {
		r := &refs[i]
		if !r.box.Contains(p) {
			continue
		}
		if ix.Contains(r.code, p) {
			got = append(got, r.code)
		}
		if r.simplefeaturesContains(p) {
			simplefeatures = append(simplefeatures, r.code)
		}
		if r.windingContains(p) {
			exact = append(exact, r.code)
		}
	}
	slices.Sort(got)
	slices.Sort(simplefeatures)
	slices.Sort(exact)
	want := ""
	if len(got) > 0 {
		want = got[0]
	}
	if place := ix.Locate(p); place.Comune != want {
		t.Errorf("%s: located in %q, but in %v", p, place.Comune, got)
	}
	return got, simplefeatures, exact
}

// difference returns what is in one of a and b only.
func difference(a, b []string) []string {
	var only []string
	for _, code := range slices.Concat(a, b) {
		if slices.Contains(a, code) != slices.Contains(b, code) {
			only = append(only, code)
		}
	}
	return only
}

// randomPoints returns points spread over the boxes of the comuni.
func randomPoints(rng *rand.Rand, refs []reference, n int) []Point {
	points := make([]Point, n)
	for i := range points {
		b := refs[rng.IntN(len(refs))].box
		points[i] = Point{
			Lat: b.MinLat + rng.Float64()*(b.MaxLat-b.MinLat),
			Lon: b.MinLon + rng.Float64()*(b.MaxLon-b.MinLon),
		}
	}
	return points
}

// borderPoints returns points on and beside borders: vertices, middles of
// edges, the latitude of a vertex, and neighbours one rounding step away.
func borderPoints(rng *rand.Rand, refs []reference, n int) []Point {
	points := make([]Point, n)
	for i := range points {
		r := &refs[rng.IntN(len(refs))]
		polygon := r.polygons[rng.IntN(len(r.polygons))]
		ring := polygon[rng.IntN(len(polygon))]
		at := 1 + rng.IntN(len(ring)-1)
		a, b := ring[at-1], ring[at]
		p := Point{Lat: b[1], Lon: b[0]}
		switch i % 4 {
		case 1:
			p = Point{Lat: (a[1] + b[1]) / 2, Lon: (a[0] + b[0]) / 2}
		case 2:
			p.Lon = r.box.MinLon + rng.Float64()*(r.box.MaxLon-r.box.MinLon)
		case 3:
			p.Lat = math.Nextafter(p.Lat, 90)
			p.Lon = math.Nextafter(p.Lon, -180)
		}
		points[i] = p
	}
	return points
}
