package devices

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
)

// feature is a GeoJSON feature (RFC 7946) of a device. The properties carry the
// names of Columns; the position is the geometry, null where it is not known.
type feature struct {
	Type       string         `json:"type"`
	Geometry   *pointGeometry `json:"geometry"`
	Properties map[string]any `json:"properties"`
}

type pointGeometry struct {
	Type        string    `json:"type"`
	Coordinates []float64 `json:"coordinates"` // lon, lat
}

// ReadGeoJSON reads a FeatureCollection of devices, in the way of ReadCSV.
func ReadGeoJSON(r io.Reader, g Gazetteer) (*Import, error) {
	var file struct {
		Type     string            `json:"type"`
		Features []json.RawMessage `json:"features"`
	}
	if err := json.NewDecoder(r).Decode(&file); err != nil {
		return nil, fmt.Errorf("the file is not JSON: %w", err)
	}
	if file.Type != "FeatureCollection" {
		return nil, fmt.Errorf("the file is a GeoJSON %q; it must be a FeatureCollection of Point features", clip(file.Type))
	}
	in := newRows(g, "feature")
	for i, raw := range file.Features {
		f, err := parseFeature(raw)
		if err != nil {
			in.fail(i+1, "", err)
			continue
		}
		in.add(i+1, f.column)
	}
	return in.result()
}

func parseFeature(raw json.RawMessage) (*feature, error) {
	f := &feature{}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if err := decoder.Decode(f); err != nil {
		return nil, fmt.Errorf("it is not a feature of a device: %w", err)
	}
	if g := f.Geometry; g != nil && (g.Type != "Point" || len(g.Coordinates) < 2) {
		return nil, fmt.Errorf("geometry %q is no position; a device is a Point with [lon, lat], or null", clip(g.Type))
	}
	property := func(name string) bool { return knownColumn(name) && name != colLat && name != colLon }
	return f, checkMembers(f.Properties, property, "use "+columnNames()+", and the geometry for the position")
}

// column returns a property as a CSV file would have it.
func (f *feature) column(name string) string {
	switch {
	case name == colLat && f.Geometry != nil:
		return formatDegrees(f.Geometry.Coordinates[1])
	case name == colLon && f.Geometry != nil:
		return formatDegrees(f.Geometry.Coordinates[0])
	}
	return memberText(f.Properties, name)
}

func formatDegrees(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// WriteGeoJSON writes devices as ReadGeoJSON reads them, a feature a placement
// and a line, without secrets. Memory does not depend on how many there are.
func WriteGeoJSON(w io.Writer, list []*Device) error {
	before := `{"type":"FeatureCollection","features":[`
	for _, d := range list {
		for i := range d.Placements {
			text, err := json.Marshal(newFeature(d, i))
			if err == nil {
				_, err = fmt.Fprintf(w, "%s\n%s", before, text)
			}
			if err != nil {
				return fmt.Errorf("write devices: %w", err)
			}
			before = ","
		}
	}
	if before == "," {
		before = "\n"
	}
	if _, err := io.WriteString(w, before+"]}\n"); err != nil {
		return fmt.Errorf("write devices: %w", err)
	}
	return nil
}

func newFeature(d *Device, placement int) feature {
	f := feature{Type: "Feature", Properties: make(map[string]any)}
	for column, text := range exported(d, placement) {
		if text != "" && column != colLat && column != colLon {
			f.Properties[column] = text
		}
	}
	if p := d.Placements[placement]; !p.Uncertain {
		f.Geometry = &pointGeometry{Type: "Point", Coordinates: []float64{p.Point.Lon, p.Point.Lat}}
	}
	return f
}
