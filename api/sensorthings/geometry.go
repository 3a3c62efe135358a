package sensorthings

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// position is longitude and latitude in degrees.
type position struct{ x, y float64 }

// geometry is a point, a line or a polygon with holes. Things stand at points,
// so of every two geometries that matter one is a point. Distances and lengths
// are in degrees, the unit of the coordinates, as other servers have them.
type geometry struct {
	kind  string // POINT, LINESTRING or POLYGON
	rings [][]position
}

// maxPositions bounds a geometry that a client writes.
const maxPositions = 1000

// parseGeometry reads well-known text.
func parseGeometry(text string) (*geometry, error) {
	name, rest, found := strings.Cut(strings.TrimSpace(text), "(")
	g := &geometry{kind: strings.ToUpper(strings.TrimSpace(name))}
	rest, closed := strings.CutSuffix(strings.TrimSpace(rest), ")")
	if !found || !closed {
		return nil, fmt.Errorf("%q is no geometry such as POINT(12.5 41.9)", text)
	}
	least := 1
	parts := []string{rest}
	switch g.kind {
	case "POINT":
	case "LINESTRING":
		least = 2
	case "POLYGON":
		least = 4
		inner, ok := strings.CutPrefix(strings.TrimSpace(rest), "(")
		inner, closed := strings.CutSuffix(inner, ")")
		if !ok || !closed {
			return nil, fmt.Errorf("%q: a polygon has its rings in brackets of their own", text)
		}
		parts = strings.Split(strings.NewReplacer(") ,", "),", "), (", "),(").Replace(inner), "),(")
	default:
		return nil, fmt.Errorf("a geometry is a POINT, a LINESTRING or a POLYGON, not %q", g.kind)
	}
	for _, part := range parts {
		ring, err := parsePositions(part)
		if err != nil {
			return nil, err
		}
		if len(ring) < least || g.kind == "POINT" && len(ring) != 1 {
			return nil, fmt.Errorf("a %s cannot have %d positions", g.kind, len(ring))
		}
		g.rings = append(g.rings, ring)
	}
	return g, nil
}

func parsePositions(text string) ([]position, error) {
	var list []position
	for pair := range strings.SplitSeq(text, ",") {
		words := strings.Fields(pair)
		if len(words) != 2 || len(list) == maxPositions {
			return nil, fmt.Errorf("%q is no position of longitude and latitude", pair)
		}
		x, errX := strconv.ParseFloat(words[0], 64)
		y, errY := strconv.ParseFloat(words[1], 64)
		if errX != nil || errY != nil || math.IsNaN(x+y) || math.IsInf(x+y, 0) {
			return nil, fmt.Errorf("%q is no position of longitude and latitude", pair)
		}
		list = append(list, position{x, y})
	}
	return list, nil
}

// pointAnd returns the point of the two and the other one.
func pointAnd(a, b *geometry) (p position, other *geometry, ok bool) {
	switch {
	case a.kind == "POINT":
		return a.rings[0][0], b, true
	case b.kind == "POINT":
		return b.rings[0][0], a, true
	}
	return p, nil, false
}

// distance is nil where neither is a point.
func distance(a, b *geometry) any {
	p, g, ok := pointAnd(a, b)
	switch {
	case !ok:
		return nil
	case g.kind == "POINT":
		return math.Hypot(p.x-g.rings[0][0].x, p.y-g.rings[0][0].y)
	case g.kind == "POLYGON" && g.inside(p):
		return 0.0
	}
	least := math.Inf(1)
	for _, ring := range g.rings {
		for i := 1; i < len(ring); i++ {
			least = min(least, toSegment(p, ring[i-1], ring[i]))
		}
	}
	return least
}

// toSegment is the distance of a point from a segment.
func toSegment(p, a, b position) float64 {
	dx, dy := b.x-a.x, b.y-a.y
	t := 0.0
	if d := dx*dx + dy*dy; d > 0 {
		t = min(1, max(0, ((p.x-a.x)*dx+(p.y-a.y)*dy)/d))
	}
	return math.Hypot(p.x-a.x-t*dx, p.y-a.y-t*dy)
}

// meets tells whether two geometries have a point in common, border included.
func meets(a, b *geometry) any {
	d, ok := distance(a, b).(float64)
	if !ok {
		return nil
	}
	return d == 0
}

func equal(a, b *geometry) any {
	if a.kind != "POINT" || b.kind != "POINT" {
		return nil
	}
	return a.rings[0][0] == b.rings[0][0]
}

// within tells whether a lies in b and not only on its border.
func within(a, b *geometry) any {
	if a.kind != "POINT" {
		return nil
	}
	p := a.rings[0][0]
	switch b.kind {
	case "POINT":
		return p == b.rings[0][0]
	case "POLYGON":
		return b.inside(p) && !b.onBorder(p)
	}
	return b.onBorder(p) && p != b.rings[0][0] && p != b.rings[0][len(b.rings[0])-1]
}

func (g *geometry) onBorder(p position) bool {
	for _, ring := range g.rings {
		for i := 1; i < len(ring); i++ {
			if toSegment(p, ring[i-1], ring[i]) == 0 {
				return true
			}
		}
	}
	return false
}

// inside follows the even-odd rule, so holes are outside.
func (g *geometry) inside(p position) bool {
	in := false
	for _, ring := range g.rings {
		for i := range ring {
			a, b := ring[i], ring[(i+1)%len(ring)]
			if (a.y > p.y) != (b.y > p.y) && p.x < (b.x-a.x)*(p.y-a.y)/(b.y-a.y)+a.x {
				in = !in
			}
		}
	}
	return in
}

func length(v any) any {
	g, ok := v.(*geometry)
	if !ok || g.kind != "LINESTRING" {
		return nil
	}
	sum := 0.0
	for i := 1; i < len(g.rings[0]); i++ {
		sum += math.Hypot(g.rings[0][i].x-g.rings[0][i-1].x, g.rings[0][i].y-g.rings[0][i-1].y)
	}
	return sum
}
