package devices

import (
	"time"

	"rione/geo"
)

// Gazetteer is what the registry asks about places. It is wanted at
// registration only, never for a message.
type Gazetteer interface {
	// Check returns an error that says what looks wrong when p is no credible
	// position for a device of that comune, now or, where from is not zero, from
	// then on: comuni end, and what stood in them did so.
	Check(p geo.Point, comune string, from time.Time) error
	// Zone returns the zone of the comune that holds p, "" where none is known.
	Zone(p geo.Point, comune string) string
	// Centre returns the point that stands for a comune.
	Centre(comune string) (geo.Point, bool)
}

// Unchecked returns g without its Check: for an operator who knows better and
// forces a position.
func Unchecked(g Gazetteer) Gazetteer { return unchecked{g} }

type unchecked struct{ Gazetteer }

func (unchecked) Check(p geo.Point, _ string, _ time.Time) error { return p.Check() }

// NewGazetteer returns the Gazetteer of ix and of geo's table of comuni.
func NewGazetteer(ix *geo.Index) Gazetteer { return areas{ix} }

type areas struct{ ix *geo.Index }

func (a areas) Check(p geo.Point, comune string, from time.Time) error {
	err := geo.CheckPosition(p, comune, a.ix)
	if err != nil && !from.IsZero() && geo.CheckPositionAt(p, comune, a.ix, from) == nil {
		return nil
	}
	return err
}

func (a areas) Zone(p geo.Point, comune string) string { return a.ix.ZoneIn(comune, p) }

func (a areas) Centre(comune string) (geo.Point, bool) {
	c, known := geo.ComuneByCode(comune)
	return c.Point, known
}
