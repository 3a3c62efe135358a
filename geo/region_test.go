package geo

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func TestParsePolygon(t *testing.T) {
	f := func(text string, p Point, want bool) {
		t.Helper()
		r, err := ParsePolygon(text)
		if err != nil || r.Contains(p) != want {
			t.Errorf("%s contains %v: %v, %v", text, p, !want, err)
		}
	}
	const triangle = "12,41,13,41,12.5,42"
	f(triangle, Point{Lat: 41.5, Lon: 12.5}, true)
	f(triangle+",12,41", Point{Lat: 41.5, Lon: 12.5}, true)     // closed
	f("12.5,42,13,41,12,41", Point{Lat: 41.5, Lon: 12.5}, true) // the other way round
	f(" 12, 41 , 13,41, 12.5,42", Point{Lat: 41, Lon: 12.7}, true)
	f(triangle, Point{Lat: 41, Lon: 12}, true) // a corner
	f(triangle, Point{Lat: 41.9, Lon: 12.1}, false)
	f("12,41,13,41,13,42,12.5,41.2,12,42", Point{Lat: 41.8, Lon: 12.5}, false) // not convex
	for _, text := range []string{"", "12,41", "12,41,13,41", "12,41,13,41,12", "a,b,c,d,e,f", "12,41,13,41,12,91", "12,41,12,41,12,41",
		"12,41,13,41,NaN,42", strings.Repeat("12,41,", 1001) + "1,1"} {
		if _, err := ParsePolygon(text); err == nil {
			t.Errorf("%.40q is a polygon", text)
		}
	}
}

func TestParseCell(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 9))
	for range 1000 {
		p := Point{Lat: 36 + 11*r.Float64(), Lon: 7 + 11*r.Float64()}
		for _, level := range []int{6, LevelMover, LevelFixed, 20} {
			c, err := ParseCell(p.Cell(level))
			if err != nil || !c.Contains(p) || c.Contains(Point{Lat: p.Lat - 30, Lon: p.Lon}) {
				t.Fatalf("cell %s of %v: %v", p.Cell(level), p, err)
			}
		}
	}
	for _, token := range []string{"", "X", "zz", "132f61zz", "0", "132F61"} {
		if _, err := ParseCell(token); err == nil {
			t.Errorf("%q is a cell", token)
		}
	}
}

func FuzzParsePolygon(f *testing.F) {
	f.Add("12,41,13,41,12.5,42")
	f.Add("0,0,0,0,1,1")
	f.Fuzz(func(t *testing.T, text string) {
		if r, err := ParsePolygon(text); err == nil {
			r.Contains(Point{Lat: 41.5, Lon: 12.5})
		}
	})
}
