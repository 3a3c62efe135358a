package geo

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/tidwall/rtree"
)

// Place is where a point lies.
type Place struct {
	Comune string `json:"comune,omitempty"` // ISTAT code, "" none
	Zone   string `json:"zone,omitempty"`   // zone of that comune, "" none
}

// Index finds the areas that hold a point. It is immutable and safe for any
// number of readers; the zero Index has no areas.
//
// A border belongs to the areas on both sides, so a point on it lies in some
// area; among several that hold a point, the comune with the lowest code and
// then the zone with the lowest name win.
type Index struct {
	areas  []Area
	comuni rtree.RTreeG[*part]
	zones  rtree.RTreeG[*part]
	byCode map[string][]*part // boundaries of the comuni
	dated  bool               // some area has a validity date
}

// part is one polygon of an area.
type part struct {
	polygon
	code, zone string
	from, to   int64 // seconds since 1970; valid in [from, to)
	rank       int   // the lowest of several wins
}

// NewIndex returns an index of areas. It keeps the slice and the shapes, which
// must not change any more.
func NewIndex(areas []Area) *Index {
	ix := &Index{areas: areas, byCode: make(map[string][]*part)}
	ranked := ranks(areas)
	for i := range areas {
		if areas[i].Zone == "" {
			for _, p := range partsOf(&areas[i], ranked[i]) {
				ix.comuni.Insert(p.min, p.max, p)
				ix.byCode[p.code] = append(ix.byCode[p.code], p)
			}
		}
		ix.dated = ix.dated || !areas[i].ValidFrom.IsZero() || !areas[i].ValidTo.IsZero()
	}
	for i := range areas {
		if areas[i].Zone != "" {
			ix.insertZone(partsOf(&areas[i], ranked[i]))
		}
	}
	return ix
}

// insertZone adds the parts of a zone. Where a comune has no boundary of its
// own, its zones stand for it.
func (ix *Index) insertZone(parts []*part) {
	for _, p := range parts {
		ix.zones.Insert(p.min, p.max, p)
		if len(ix.byCode[p.code]) == 0 {
			ix.comuni.Insert(p.min, p.max, p)
		}
	}
}

// ranks returns the rank of each area: comuni before zones that stand for
// comuni, then by code, then by name of the zone.
func ranks(areas []Area) []int {
	order := make([]int, len(areas))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		a, b := &areas[i], &areas[j]
		return cmp.Or(
			cmp.Compare(min(len(a.Zone), 1), min(len(b.Zone), 1)),
			cmp.Compare(a.Code, b.Code),
			cmp.Compare(a.Zone, b.Zone))
	})
	ranked := make([]int, len(areas))
	for rank, i := range order {
		ranked[i] = rank
	}
	return ranked
}

// partsOf returns the parts of an area.
func partsOf(a *Area, rank int) []*part {
	polygons := polygonsOf(a.Shape)
	parts := make([]*part, len(polygons))
	for i, polygon := range polygons {
		p := &part{polygon: polygon, code: a.Code, zone: a.Zone, from: math.MinInt64, to: math.MaxInt64, rank: rank}
		if !a.ValidFrom.IsZero() {
			p.from = a.ValidFrom.Unix()
		}
		if !a.ValidTo.IsZero() {
			p.to = a.ValidTo.Unix()
		}
		parts[i] = p
	}
	return parts
}

// validAt reports whether the part's area is valid at a time in Unix seconds.
func (p *part) validAt(at int64) bool { return p.from <= at && at < p.to }

// Areas returns the areas of the index. The slice is shared.
func (ix *Index) Areas() []Area { return ix.areas }

// Locate returns the place of p by the areas that are valid now.
func (ix *Index) Locate(p Point) Place { return ix.locate(p, ix.now()) }

// LocateAt returns the place of p by the areas that were valid at t.
func (ix *Index) LocateAt(p Point, t time.Time) Place { return ix.locate(p, t.Unix()) }

// ZoneIn returns the zone of the comune code that holds p now, "" for none. It
// answers for a device whose comune is declared.
func (ix *Index) ZoneIn(code string, p Point) string {
	return zoneOf(find(&ix.zones, p, ix.now(), code))
}

// Has reports whether the index has a boundary of the comune that is valid now.
func (ix *Index) Has(code string) bool { return ix.has(code, ix.now()) }

// Contains reports whether p lies in the comune code, as it is bounded now.
func (ix *Index) Contains(code string, p Point) bool {
	return ix.contains(code, p, ix.now())
}

// DistanceTo returns the distance in metres from p to the comune code as it is
// bounded now: 0 inside, +Inf when the index has no such boundary.
func (ix *Index) DistanceTo(code string, p Point) float64 { return ix.distance(code, p, ix.now()) }

// now returns the time in Unix seconds. Without validity dates it does not
// matter, and the clock is not read.
func (ix *Index) now() int64 {
	if !ix.dated {
		return 0
	}
	return time.Now().Unix()
}

func (ix *Index) locate(p Point, at int64) Place {
	c := find(&ix.comuni, p, at, "")
	if c == nil {
		return Place{}
	}
	return Place{Comune: c.code, Zone: zoneOf(find(&ix.zones, p, at, c.code))}
}

// find returns the part of the lowest rank that is valid at a time and holds p,
// of one comune only unless code is "", or nil.
func find(tree *rtree.RTreeG[*part], p Point, at int64, code string) *part {
	var best *part
	where := [2]float64{p.Lon, p.Lat}
	tree.Search(where, where, func(_, _ [2]float64, candidate *part) bool {
		if (best == nil || candidate.rank < best.rank) && (code == "" || candidate.code == code) &&
			candidate.validAt(at) && candidate.contains(p.Lon, p.Lat) {
			best = candidate
		}
		return true
	})
	return best
}

// zoneOf returns the zone that a part is of, "" for no part.
func zoneOf(p *part) string {
	if p == nil {
		return ""
	}
	return p.zone
}

func (ix *Index) has(code string, at int64) bool {
	return slices.ContainsFunc(ix.byCode[code], func(p *part) bool { return p.validAt(at) })
}

func (ix *Index) contains(code string, p Point, at int64) bool {
	return slices.ContainsFunc(ix.byCode[code], func(part *part) bool {
		return part.validAt(at) && part.polygon.contains(p.Lon, p.Lat)
	})
}

func (ix *Index) distance(code string, p Point, at int64) float64 {
	if ix.contains(code, p, at) {
		return 0
	}
	return ix.toBorder(code, p, at)
}

// toBorder returns the distance in metres from p, inside or outside, to the
// nearest edge of the comune's boundary.
func (ix *Index) toBorder(code string, p Point, at int64) float64 {
	nearest := math.Inf(1)
	for _, part := range ix.byCode[code] {
		if part.validAt(at) {
			nearest = min(nearest, part.distance(p.Lon, p.Lat))
		}
	}
	return nearest
}
