package devices

import (
	"errors"
	"io"
)

// Import is what a file of devices says. It knows nothing of the registry;
// Plan compares the two.
type Import struct {
	Rows []Row // in the order of the file
}

// Row is one line or feature. An empty field says nothing: the registry's value
// stays, a new device gets the default.
type Row struct {
	Line     int    // in the file, or number of the feature, from 1
	Device   Device // with one placement
	Premises *bool  // nil says nothing
	Secret   string // in clear; it goes nowhere but into the hash
}

// Summary counts what an import does to the registry, in devices.
type Summary struct {
	Added     int `json:"added"`
	Changed   int `json:"changed"` // but not moved
	Moved     int `json:"moved"`
	Unchanged int `json:"unchanged"`
}

// ReadCSV reads a file of devices.
func ReadCSV(r io.Reader, g Gazetteer) (*Import, error) {
	return nil, errors.New("not built yet")
}

// Plan returns the change set that brings the registry to what in says, and
// what it does.
func Plan(s *Snapshot, in *Import) (ChangeSet, Summary) { return ChangeSet{}, Summary{} }
