package geo

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/twpayne/go-geom/encoding/geojson"
)

// areaFeature is an area as a GeoJSON feature.
type areaFeature struct {
	Type       string          `json:"type"`
	Properties areaProperties  `json:"properties"`
	Geometry   json.RawMessage `json:"geometry"`
}

// areaProperties are named as ReadBoundaries knows them.
type areaProperties struct {
	Code      string    `json:"com_istat_code"`
	Zone      string    `json:"zone,omitempty"`
	Name      string    `json:"name,omitempty"`
	ValidFrom time.Time `json:"valid_from,omitzero"`
	ValidTo   time.Time `json:"valid_to,omitzero"`
	Schematic bool      `json:"schematic,omitempty"`
}

// WriteBoundaries writes areas as a GeoJSON FeatureCollection, one feature a
// line, that ReadBoundaries reads back unchanged.
func WriteBoundaries(w io.Writer, areas []Area) error {
	out := bufio.NewWriter(w)
	between := "{\"type\":\"FeatureCollection\",\"features\":[\n"
	for i := range areas {
		feature, err := encodeArea(&areas[i])
		if err != nil {
			return fmt.Errorf("boundary of %s %s: %w", areas[i].Code, areas[i].Zone, err)
		}
		fmt.Fprintf(out, "%s%s", between, feature) // errors stay with out until Flush
		between = ",\n"
	}
	if len(areas) == 0 {
		fmt.Fprint(out, between)
	}
	fmt.Fprint(out, "\n]}\n")
	return out.Flush()
}

// encodeArea returns an area as one feature.
func encodeArea(a *Area) ([]byte, error) {
	if a.Shape == nil {
		return nil, errors.New("it has no shape")
	}
	geometry, err := geojson.Marshal(a.Shape)
	if err != nil {
		return nil, err
	}
	return json.Marshal(areaFeature{
		Type:     "Feature",
		Geometry: geometry,
		Properties: areaProperties{
			Code: a.Code, Zone: a.Zone, Name: a.Name,
			ValidFrom: a.ValidFrom, ValidTo: a.ValidTo, Schematic: a.Schematic,
		},
	})
}
