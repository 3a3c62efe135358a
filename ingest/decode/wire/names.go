package wire

import "slices"

// Names are names that may be kept. Others are private: they are neither stored
// nor listed as unknown.
type Names []string

// Has tells whether name is one of them.
func (n Names) Has(name string) bool { return slices.Contains(n, name) }
