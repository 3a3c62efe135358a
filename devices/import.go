package devices

import (
	"fmt"
	"slices"
	"strings"
)

// Import is what a file of devices says. It knows nothing of the registry;
// Plan compares the two.
type Import struct {
	Rows     []Row    // in the order of the file
	Of       string   // what Row.Line counts: line or feature
	Progress Progress // hears from Plan how many rows' secrets are done; nil: nobody asks
}

// Row is one line of a CSV or NDJSON file or one feature of a GeoJSON file: a device at
// one placement. A device has as many rows as it has dated placements. A field
// that is empty says nothing: the registry keeps what it has, and a new device
// gets the default.
type Row struct {
	Line     int    // in the file, or number of the feature, from 1
	Device   Device // with one placement
	State    State  // "" says nothing: a pending device is approved, a retired one stays so
	Premises *bool  // nil says nothing
	Moving   *bool  // likewise
	Secret   string // in clear; it goes nowhere but into the hash
}

// The columns of a CSV file and properties of a GeoJSON feature. The first
// three are required.
const (
	colID         = "device_id"
	colKind       = "kind"
	colComune     = "comune"
	colZone       = "zone"
	colName       = "name"
	colLat        = "lat"
	colLon        = "lon"
	colInterval   = "interval_s"
	colFormat     = "format"
	colExternalID = "external_id"
	colSecret     = "secret"
	colPremises   = "premises"
	colValidFrom  = "valid_from"

	colModel  = "model"
	colGroup  = "group"
	colVia    = "via"
	colSpeaks = "speaks"
	colState  = "state"
	colMoving = "moving"

	colCalibrations = "calibrations"
	colInvalid      = "invalid"
)

// Columns returns the columns of a file of devices, in the order in which an
// export writes them.
func Columns() []string {
	return []string{colID, colKind, colComune, colZone, colName, colLat, colLon, colInterval,
		colFormat, colExternalID, colSecret, colPremises, colValidFrom}
}

// MoreColumns returns columns that an import knows as well; an export writes
// those that some device needs.
func MoreColumns() []string {
	return []string{colModel, colGroup, colVia, colSpeaks, colState, colMoving, colCalibrations, colInvalid}
}

// knownColumn reports whether an import knows the column.
func knownColumn(name string) bool {
	return slices.Contains(Columns(), name) || slices.Contains(MoreColumns(), name)
}

// columnNames returns every column that an import knows, for people.
func columnNames() string { return strings.Join(slices.Concat(Columns(), MoreColumns()), ",") }

func requiredColumns() []string { return []string{colID, colKind, colComune} }

// LineError is what is wrong with one line, or feature, of an import.
type LineError struct {
	Of      string `json:"of"` // what Line counts: "line" or "feature"
	Line    int    `json:"line"`
	Column  string `json:"column,omitempty"` // "" when it is the whole line
	Problem string `json:"problem"`          // what is wrong and what to do
}

// Error implements error.
func (e LineError) Error() string {
	if e.Column == "" {
		return fmt.Sprintf("%s %d: %s", e.Of, e.Line, e.Problem)
	}
	return fmt.Sprintf("%s %d, %s: %s", e.Of, e.Line, e.Column, e.Problem)
}

// ImportError is returned for a file with bad lines. Nothing of such a file is
// imported.
type ImportError struct {
	Lines []LineError `json:"lines"` // every one, in the order of the file
}

// shownLines is how many bad lines the text of an ImportError lists.
const shownLines = 20

// Error implements error. It lists the first bad lines; Lines has all.
func (e *ImportError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "nothing was imported: the file has %d mistakes", len(e.Lines))
	for i, l := range e.Lines {
		if i == shownLines {
			fmt.Fprintf(&b, "\n… and %d more", len(e.Lines)-shownLines)
			break
		}
		b.WriteString("\n" + l.Error())
	}
	return b.String()
}
