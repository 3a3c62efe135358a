package geo

import (
	"errors"
	"math"
	"strings"
	"testing"
)

func TestParseBBox(t *testing.T) {
	f := func(text string, want BBox) {
		t.Helper()
		if got, err := ParseBBox(text); err != nil || got != want {
			t.Errorf("%q: %+v, %v; want %+v", text, got, err, want)
		}
	}
	roma := BBox{MinLon: 12.2, MinLat: 41.6, MaxLon: 12.9, MaxLat: 42.1}
	f("12.2,41.6,12.9,42.1", roma)
	f(" 12.2 ,41.6, 12.9,\t42.1 ", roma)
	f("-180,-90,180,90", BBox{MinLon: -180, MinLat: -90, MaxLon: 180, MaxLat: 90})
	f("12.5,41.9,12.5,41.9", BBox{MinLon: 12.5, MinLat: 41.9, MaxLon: 12.5, MaxLat: 41.9}) // a point

	g := func(want string, texts ...string) {
		t.Helper()
		for _, text := range texts {
			if got, err := ParseBBox(text); err == nil || !strings.Contains(err.Error(), want) || got != (BBox{}) {
				t.Errorf("%q: %+v, %v; want %q", text, got, err, want)
			}
		}
	}
	g("four numbers", "", "12.2,41.6,12.9", "12.2,41.6,12.9,42.1,0", "12.2 41.6 12.9 42.1")
	g("not a number", "12.2,41.6,12.9,north", "12.2,,12.9,42.1", "12,2,41,6°")
	g("south-west first", "12.9,41.6,12.2,42.1", "12.2,42.1,12.9,41.6") // as it would cross the antimeridian
	g("on Earth", "12.2,41.6,12.9,91", "-181,41.6,12.9,42.1", "NaN,41.6,12.9,42.1", "12.2,41.6,+Inf,42.1")
}

func TestBBoxContainsItsBorder(t *testing.T) {
	b := BBox{MinLon: 12, MinLat: 41, MaxLon: 13, MaxLat: 42}
	f := func(lat, lon float64, want bool) {
		t.Helper()
		if got := b.Contains(Point{Lat: lat, Lon: lon}); got != want {
			t.Errorf("%v,%v: %v", lat, lon, got)
		}
	}
	f(41.5, 12.5, true)
	f(41, 12, true)
	f(42, 13, true)
	f(math.Nextafter(42, 90), 13, false)
	f(41, math.Nextafter(12, 0), false)
	f(math.NaN(), 12.5, false)
	f(41.5, math.NaN(), false)
}

func TestPointsOutOfRange(t *testing.T) {
	for _, p := range []Point{{90, 180}, {-90, -180}, {0, 0}, {math.Nextafter(90, 0), 12}} {
		if err := p.Check(); err != nil {
			t.Errorf("%v: %v", p, err)
		}
	}
	for _, p := range []Point{{math.Nextafter(90, 91), 12}, {-91, 12}, {41, 180.5}, {41, -181}, {math.NaN(), 12}, {41, math.NaN()}, {math.Inf(1), 12}} {
		if err := p.Check(); !errors.Is(err, ErrOutOfRange) {
			t.Errorf("%v: %v", p, err)
		}
	}
}
