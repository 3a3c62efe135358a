package geo

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Mistakes that CheckPosition finds besides ErrCode and ErrOutOfRange.
var (
	ErrNullIsland    = errors.New("position is 0,0")
	ErrSwapped       = errors.New("latitude and longitude are swapped")
	ErrOutsideItaly  = errors.New("position is outside Italy")
	ErrComuneEnded   = errors.New("comune is not valid at that time")
	ErrOutsideComune = errors.New("position is outside the comune")
)

// tolerance is how far outside its comune a position may be, in metres: signs
// and boundaries are not surveyed to the metre.
const tolerance = 500

// PositionError says why a position was refused.
type PositionError struct {
	Point    Point
	Comune   string  // as declared
	Mistake  error   // ErrOutOfRange or an error of this file
	Distance float64 // metres outside the comune, at least, for ErrOutsideComune; 0 where it is not known
	Found    Place   // where the point lies instead, if that is known
	Hint     string  // what is likely wrong and what to do
}

// Error implements error.
func (e *PositionError) Error() string { return fmt.Sprintf("%s: %s: %s", e.Point, e.Mistake, e.Hint) }

// Unwrap returns the mistake.
func (e *PositionError) Unwrap() error { return e.Mistake }

// CheckPosition returns nil when a device that is declared to be in comune may
// stand at p now, else ErrCode or a *PositionError with a hint. Where the index
// (nil for none) has no boundary of the comune, the comune's own point and area
// must do; a comune that is not in the table either is believed, unless
// p is deep inside another one.
//
// Who forces a position past this check still owes it Point.Check and CheckCode.
func CheckPosition(p Point, comune string, ix *Index) error {
	return CheckPositionAt(p, comune, ix, time.Now())
}

// CheckPositionAt is CheckPosition for a placement that is valid from t on.
func CheckPositionAt(p Point, comune string, ix *Index, t time.Time) error {
	if err := CheckCode(comune); err != nil {
		return err
	}
	if ix == nil {
		ix = &Index{}
	}
	c := check{p: p, comune: comune, ix: ix, at: t.Unix()}
	if err := c.onEarth(); err != nil {
		return err
	}
	return c.inComune()
}

// check is one question to CheckPosition.
type check struct {
	p      Point
	comune string
	ix     *Index
	at     int64 // Unix seconds
}

// refuse returns the error for a mistake.
func (c *check) refuse(mistake error, hint string, args ...any) *PositionError {
	return &PositionError{
		Point: c.p, Comune: c.comune, Mistake: mistake,
		Found: c.ix.locate(c.p, c.at), Hint: fmt.Sprintf(hint, args...),
	}
}

// onEarth finds the mistakes that need no boundary.
func (c *check) onEarth() error {
	swapped := c.p.swapped()
	switch {
	case ItalyBounds().Contains(c.p):
		return nil
	case ItalyBounds().Contains(swapped):
		where := ""
		if found := c.ix.locate(swapped, c.at).Comune; found != "" {
			where = ", which is in " + c.ix.title(found)
		}
		return c.refuse(ErrSwapped, "write latitude %v and longitude %v%s", swapped.Lat, swapped.Lon, where)
	case c.p.Check() != nil:
		return c.refuse(ErrOutOfRange, "give degrees with decimal points, such as 41.8902 and 12.4922")
	case math.Abs(c.p.Lat) < 0.001 && math.Abs(c.p.Lon) < 0.001:
		return c.refuse(ErrNullIsland, "the device or the form had no position yet; give the real one")
	}
	b := ItalyBounds()
	return c.refuse(ErrOutsideItaly, "Italy lies within latitude %v to %v and longitude %v to %v",
		b.MinLat, b.MaxLat, b.MinLon, b.MaxLon)
}

// inComune finds a position that contradicts the declared comune.
func (c *check) inComune() error {
	if c.ix.has(c.comune, c.at) {
		distance := c.ix.distance(c.comune, c.p, c.at)
		if distance <= tolerance {
			return nil
		}
		return c.outside(distance, metres(distance)+" outside")
	}
	if len(c.ix.byCode[c.comune]) > 0 {
		return c.refuse(ErrComuneEnded, "%s", c.instead())
	}
	found := c.ix.locate(c.p, c.at).Comune
	if found != c.comune && c.ix.has(found, c.at) && c.ix.toBorder(found, c.p, c.at) > tolerance {
		return c.outside(0, "outside")
	}
	if known, ok := ComuneByCode(c.comune); ok {
		if distance, reach := Haversine(c.p, known.Point), known.reach(); distance > reach {
			return c.outside(distance-reach, "at least "+metres(distance-reach)+" outside")
		}
	}
	return nil
}

// outside returns the error for a position at a distance in metres outside the
// comune, 0 for unknown; far says it in words.
func (c *check) outside(distance float64, far string) error {
	err := c.refuse(ErrOutsideComune, "it lies %s %s; %s", far, c.ix.title(c.comune), c.instead())
	err.Distance = distance
	return err
}

// instead says where the point lies and what to do about it.
func (c *check) instead() string {
	if found := c.ix.locate(c.p, c.at).Comune; found != "" && found != c.comune {
		return fmt.Sprintf("it is in %s: declare that comune or correct the position", c.ix.title(found))
	}
	return "correct the position or the comune"
}

// title returns the name and code of a comune.
func (ix *Index) title(code string) string {
	if known, ok := ComuneByCode(code); ok {
		return known.Name + " (" + code + ")"
	}
	for i := range ix.areas {
		if a := &ix.areas[i]; a.Code == code && a.Zone == "" && a.Name != "" {
			return a.Name + " (" + code + ")"
		}
	}
	return "comune " + code
}

// reach returns how far from its point a comune may extend, in metres: a disc
// of three times its radius, since few comuni are round, and 3 km more.
func (c *Comune) reach() float64 {
	return 3*1000*math.Sqrt(c.AreaKM2/math.Pi) + 3000
}

// metres returns a distance for people.
func metres(m float64) string {
	if m < 1000 {
		return fmt.Sprintf("%.0f m", m)
	}
	return fmt.Sprintf("%.1f km", m/1000)
}
