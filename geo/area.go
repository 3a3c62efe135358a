package geo

import (
	"fmt"
	"time"

	"github.com/twpayne/go-geom"
)

// Area is the ground of a comune, or of a zone of it (municipio, quartiere).
type Area struct {
	Code      string             // ISTAT code of the comune
	Zone      string             // "" for the comune itself
	Name      string             // for people
	ValidFrom time.Time          // zero: since ever
	ValidTo   time.Time          // zero: until further notice; the first moment at which it is no longer valid
	Schematic bool               // drawn for a demonstration, not a real boundary
	Shape     *geom.MultiPolygon // layout XY: longitude, latitude; must not be changed
}

// Problem is a feature of a boundary file, or a ring of it, that was left out.
type Problem struct {
	Feature int    // its place in the file, from 1
	Name    string // its name, "" when it has none
	Detail  string // what is wrong, and what to do
}

// String returns the problem as one line for people.
func (p Problem) String() string {
	return fmt.Sprintf("feature %d (%s): %s", p.Feature, p.Name, p.Detail)
}
