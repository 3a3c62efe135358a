package devices

import (
	"fmt"
	"slices"
	"time"

	"rione/geo"
)

// sameSpot is how far apart, in metres, two positions of a device may be and
// still be one spot, surveyed twice: the accuracy of a phone under open sky.
const sameSpot = 10.0

// sinceEver stands in files for a placement without a date, which there would
// mean "from now on".
func sinceEver() time.Time { return time.Unix(0, 0).UTC() }

// Place returns the placement of a device that stands at p, or somewhere in the
// comune when p is nil, from a time on, zero where none is said. The zone is
// looked up where it is not given. It is the one place where position, zone and
// cell are decided.
func Place(g Gazetteer, comune, zone string, p *geo.Point, from time.Time) (Placement, error) {
	if err := checkComune(comune); err != nil {
		return Placement{}, err
	}
	if p == nil {
		centre, known := g.Centre(comune)
		if !known {
			return Placement{}, fmt.Errorf("comune %s has no known position; give lat and lon", comune)
		}
		return Placement{ValidFrom: from, Comune: comune, Zone: zone, Point: centre, Uncertain: true, Cell: centre.Cell(geo.LevelFixed)}, nil
	}
	if err := g.Check(*p, comune, from); err != nil {
		return Placement{}, err
	}
	if zone == "" {
		zone = g.Zone(*p, comune)
	}
	return Placement{ValidFrom: from, Comune: comune, Zone: zone, Point: *p, Cell: p.Cell(geo.LevelFixed)}, nil
}

// Placed returns the placements of d after it became known that it stands at p
// from p.ValidFrom on, or from now on where that is zero:
//
//   - at the spot where d stood then anyway, p corrects that placement;
//   - at a date that has a placement, p replaces it;
//   - else p is a move: a placement of its own, and those before it stay.
//
// The same p again changes nothing. A p without a position of its own
// (Uncertain) moves d only to another comune. The date 1970-01-01T00:00:00Z
// means since ever.
func (d *Device) Placed(p Placement, now time.Time) []Placement {
	dated := !p.ValidFrom.IsZero()
	if p.ValidFrom.Equal(sinceEver()) {
		p.ValidFrom = time.Time{}
	}
	if len(d.Placements) == 0 {
		return []Placement{p}
	}
	if !dated {
		p.ValidFrom = now
	}
	i := d.placedAt(p.ValidFrom)
	next := slices.Clone(d.Placements)
	switch then := &next[i]; {
	case then.sameSpot(&p):
		*then = then.corrected(p)
	case dated && then.ValidFrom.Equal(p.ValidFrom):
		*then = p
	case p.ValidFrom.Before(then.ValidFrom):
		next = slices.Insert(next, i, p)
	default:
		next = slices.Insert(next, i+1, p)
	}
	return next
}

// placedAt returns the index of the placement that At returns.
func (d *Device) placedAt(t time.Time) int {
	for i := len(d.Placements) - 1; i > 0; i-- {
		if !t.Before(d.Placements[i].ValidFrom) {
			return i
		}
	}
	return 0
}

// sameSpot reports whether b tells of no other place than p.
func (p *Placement) sameSpot(b *Placement) bool {
	if p.Comune != b.Comune {
		return false
	}
	return p.Uncertain || b.Uncertain || geo.Haversine(p.Point, b.Point) <= sameSpot
}

// corrected returns p with what b knows better.
func (p Placement) corrected(b Placement) Placement {
	if b.Zone != "" {
		p.Zone = b.Zone
	}
	if !b.Uncertain {
		p.Point, p.Cell, p.Uncertain = b.Point, b.Cell, false
	}
	return p
}

// Equal reports whether p and b say the same.
func (p Placement) Equal(b Placement) bool {
	sameTime := p.ValidFrom.Equal(b.ValidFrom)
	p.ValidFrom, b.ValidFrom = time.Time{}, time.Time{}
	return sameTime && p == b
}
