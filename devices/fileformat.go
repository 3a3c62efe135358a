package devices

import "io"

// FileFormat is one way to write the registry into a file, and to read it. All of
// them say the same, a placement a line, without secrets.
type FileFormat struct {
	Name  string // csv, geojson or ndjson; also the ending of its files
	Media string // media type
	Write func(w io.Writer, list []*Device) error
	Read  func(r io.Reader, g Gazetteer) (*Import, error)
}

// FileFormats returns every format, the plainest first.
func FileFormats() []FileFormat {
	return []FileFormat{
		{"csv", "text/csv; charset=utf-8", WriteCSV, ReadCSV},
		{"geojson", "application/geo+json", WriteGeoJSON, ReadGeoJSON},
		{"ndjson", "application/x-ndjson", WriteNDJSON, ReadNDJSON},
	}
}

// FileFormatOf returns the format of that name, false when there is none.
func FileFormatOf(name string) (FileFormat, bool) {
	for _, f := range FileFormats() {
		if f.Name == name {
			return f, true
		}
	}
	return FileFormat{}, false
}
