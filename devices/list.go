package devices

// Filter chooses devices; an empty field chooses all.
type Filter struct {
	Comune  string // of the current placement
	Zone    string // of the current placement
	Kind    Kind
	Text    string // part of id, name or external identity, any letter case
	Retired bool   // retired devices too
	Cursor  string // what the call before returned as next, "" from the start
	Limit   int    // devices a page, 0 all
}

// List returns the devices that f chooses, ordered by id, and the cursor of the
// page after, "" when there is none.
func (s *Snapshot) List(f Filter) (page []*Device, next string) { return nil, "" }
