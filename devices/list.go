package devices

import (
	"slices"
	"strings"
)

// Filter chooses devices; an empty field chooses all.
type Filter struct {
	Comune  string // of the current placement
	Zone    string // of the current placement
	Kind    Kind
	Model   string
	Group   string
	Via     string // gateway that speaks for it
	State   State  // "" all but retired ones
	Text    string // part of id, name or external identity, any letter case
	Retired bool   // retired devices too
	Cursor  string // what the call before returned as next, "" from the start
	Limit   int    // devices a page, 0 all
}

// List returns the devices that f chooses, ordered by id, and the cursor of the
// page after, "" when there is none. A cursor stays good when the registry
// changes between two pages.
func (s *Snapshot) List(f Filter) (page []*Device, next string) {
	f.Text = strings.ToLower(f.Text)
	from, found := slices.BinarySearchFunc(s.ordered, f.Cursor, func(d *Device, id string) int { return strings.Compare(d.ID, id) })
	if found {
		from++
	}
	for _, d := range s.ordered[from:] {
		if !f.chooses(d) {
			continue
		}
		if f.Limit > 0 && len(page) == f.Limit {
			return page, page[len(page)-1].ID
		}
		page = append(page, d)
	}
	return page, ""
}

// Count returns how many devices f chooses, whatever its cursor and limit.
func (s *Snapshot) Count(f Filter) int {
	f.Text = strings.ToLower(f.Text)
	n := 0
	for _, d := range s.ordered {
		if f.chooses(d) {
			n++
		}
	}
	return n
}

// chooses reports whether d passes; f.Text is in lower case.
func (f *Filter) chooses(d *Device) bool {
	p := d.Current()
	return (f.Retired || !d.Retired || f.State == Retired) &&
		(f.State == "" || f.State == d.State()) &&
		(f.Model == "" || f.Model == d.Model) &&
		(f.Group == "" || f.Group == d.Group) &&
		(f.Via == "" || f.Via == d.Via) &&
		(f.Kind == "" || f.Kind == d.Kind) &&
		(f.Comune == "" || f.Comune == p.Comune) &&
		(f.Zone == "" || f.Zone == p.Zone) &&
		(f.Text == "" || f.hasText(d))
}

func (f *Filter) hasText(d *Device) bool {
	return strings.Contains(d.ID, f.Text) ||
		strings.Contains(strings.ToLower(d.Name), f.Text) ||
		strings.Contains(d.ExternalID, f.Text)
}
