package devices

import (
	"errors"
	"fmt"
	"time"
)

// ChangeSet is one change of the registry: entries to write, all or none.
// A device is never erased; it is retired, so that its history stays readable.
type ChangeSet struct {
	Author string    // who changed it
	Note   string    // why, for people
	Time   time.Time // when; the store fills it in where it is zero
	Expect uint64    // registry revision that the caller saw, 0 any
	Put    []Device  // whole entries; Revision and Updated are stamped by the registry
}

// Lengths that a change set may not exceed, in bytes.
const (
	maxAuthor = 128
	maxNote   = 1024
)

// Validate returns an error that names everything wrong with c.
func (c *ChangeSet) Validate() error {
	var errs []error
	if c.Author == "" {
		errs = append(errs, errors.New("author is missing: say who makes the change"))
	}
	errs = append(errs, checkText("author", c.Author, maxAuthor), checkText("note", c.Note, maxNote))
	seen := make(map[string]bool, len(c.Put))
	for i := range c.Put {
		d := &c.Put[i]
		if err := d.Validate(); err != nil {
			errs = append(errs, fmt.Errorf("device %q: %w", d.ID, err))
		}
		if seen[d.ID] {
			errs = append(errs, fmt.Errorf("device %q is in the change set twice: merge its entries", d.ID))
		}
		seen[d.ID] = true
	}
	return errors.Join(errs...)
}
