package geo

import (
	"errors"
	"io"
)

// ReadBoundaries reads areas from a GeoJSON FeatureCollection.
func ReadBoundaries(r io.Reader) ([]Area, []Problem, error) {
	return nil, nil, errors.ErrUnsupported
}

// ReadZones reads the zones of one comune from the comune's own GeoJSON file.
// property is the name of the feature property that names the zone; "" tries
// the usual ones.
func ReadZones(r io.Reader, comune, property string) ([]Area, []Problem, error) {
	return nil, nil, errors.ErrUnsupported
}
