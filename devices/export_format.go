package devices

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
)

// ExportFormat is one way to write the registry into a file. All of them say the
// same, a placement a line, without secrets.
type ExportFormat struct {
	Name  string // csv, geojson or ndjson; also the ending of its files
	Media string // media type
	Write func(w io.Writer, list []*Device) error
}

// ExportFormats returns every format, the plainest first. An import reads the
// first two.
func ExportFormats() []ExportFormat {
	return []ExportFormat{
		{"csv", "text/csv; charset=utf-8", WriteCSV},
		{"geojson", "application/geo+json", WriteGeoJSON},
		{"ndjson", "application/x-ndjson", WriteNDJSON},
	}
}

// ExportFormatOf returns the format of that name, false when there is none.
func ExportFormatOf(name string) (ExportFormat, bool) {
	for _, f := range ExportFormats() {
		if f.Name == name {
			return f, true
		}
	}
	return ExportFormat{}, false
}

// WriteNDJSON writes devices as one JSON object a placement and a line. Its
// members are the columns of WriteCSV, as texts; what is empty is left out.
func WriteNDJSON(w io.Writer, list []*Device) error {
	lines := json.NewEncoder(w)
	for _, d := range list {
		for placement := range d.Placements {
			fields := exported(d, placement)
			maps.DeleteFunc(fields, func(_, text string) bool { return text == "" })
			if err := lines.Encode(fields); err != nil {
				return fmt.Errorf("write devices: %w", err)
			}
		}
	}
	return nil
}
