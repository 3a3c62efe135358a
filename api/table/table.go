// Package table writes rows of readings as CSV, NDJSON, GeoJSON and Parquet, one
// after the other: memory does not depend on how many there are.
package table

import (
	"io"
	"time"

	"rione/ingest"
	"rione/ingest/schema"
)

// Layout says which columns a table has: time, the texts of Tags, lat, lon, the
// quality where there is one, and Fields.
type Layout struct {
	Name    string   // of the measurement
	Tags    []string // columns of text, after the time
	Own     int      // where the measurement's own tags begin among Tags
	Quality bool     // there is a column q
	Fields  []Field
}

// Columns returns the names of all columns in their order, as CSV has them.
func (l *Layout) Columns() []string {
	names := append(append([]string{"time"}, l.Tags...), "lat", "lon")
	if l.Quality {
		names = append(names, "q")
	}
	for _, f := range l.Fields {
		names = append(names, f.Name)
	}
	return names
}

// Field is a column of values.
type Field struct {
	Name string
	Type schema.Type
}

// FieldsOf returns the columns of those fields of a measurement.
func FieldsOf(m *schema.Measurement, names []string) []Field {
	fields := make([]Field, len(names))
	for i, n := range names {
		fields[i] = Field{Name: n, Type: m.Field(n).Type}
	}
	return fields
}

// Row is one reading, its columns by position: no maps, and nothing that lives
// longer than the row.
type Row struct {
	Time     time.Time
	Tags     []string // as Layout.Tags names them, "" where there is none
	Lat, Lon any      // float64 in degrees, or nil
	Q        any      // int64, or nil
	Fields   []any    // as Layout.Fields names them: float64, int64, string or nil
}

// Writer writes rows in one format. A row is its caller's again when Row
// returns. Close ends the table, not what it is written to.
type Writer interface {
	Row(r *Row) error
	Close() error
}

// Format is one way to write a table.
type Format struct {
	Name  string // csv, ndjson, geojson or parquet; also the ending of its files
	Media string // media type
	Open  func(l *Layout, w io.Writer) (Writer, error)
}

// Formats returns every format, the plainest first.
func Formats() []Format {
	return []Format{
		{"csv", "text/csv; charset=utf-8", newCSV},
		{"ndjson", "application/x-ndjson", newNDJSON},
		{"geojson", "application/geo+json", newGeoJSON},
		{"parquet", "application/vnd.apache.parquet", newParquet},
	}
}

// FormatOf returns the format of that name, false when there is none.
func FormatOf(name string) (Format, bool) {
	for _, f := range Formats() {
		if f.Name == name {
			return f, true
		}
	}
	return Format{}, false
}

// Float reads a float of the store, which gives it as an integer when it is
// whole; nil when it is no number.
func Float(v any) any {
	if n, ok := ingest.NumberOf(v); ok {
		return n
	}
	return nil
}
