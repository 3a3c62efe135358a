package devices

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unique"
)

// Snapshot is the whole registry at one revision. It is immutable and safe for
// any number of readers. The zero Snapshot is an empty registry.
type Snapshot struct {
	Revision uint64 // sequence of the last change set in it

	ordered  []*Device // by ID
	byID     *index
	external *index // of devices that are not retired, pending ones included
}

// NewSnapshot returns the registry that holds entries, which it takes over as
// they are. It fails when two of them claim the same identity.
func NewSnapshot(revision uint64, entries []Device) (*Snapshot, error) {
	put := make([]*Device, len(entries))
	for i := range entries {
		put[i] = &entries[i]
	}
	return (&Snapshot{}).put(revision, put)
}

// With returns the registry after c, which became the given revision. The
// receiver and c stay as they are; what did not change is shared. It fails with
// a *TakenError for each identity that is another device's.
func (s *Snapshot) With(revision uint64, c ChangeSet) (*Snapshot, error) {
	put := make([]*Device, len(c.Put))
	for i := range c.Put {
		d := c.Put[i]
		d.Placements = slices.Clone(d.Placements) // the caller's may be shared with another snapshot
		d.Speaks = slices.Clone(d.Speaks)
		d.Calibrations, d.Invalid = slices.Clone(d.Calibrations), slices.Clone(d.Invalid)
		d.Revision, d.Updated = revision, c.Time
		put[i] = &d
	}
	return s.put(revision, put)
}

func (s *Snapshot) put(revision uint64, put []*Device) (*Snapshot, error) {
	slices.SortFunc(put, byID)
	ids, added := make(map[string]entry, len(put)), 0
	for _, d := range put {
		if len(d.Placements) == 0 {
			return nil, fmt.Errorf("device %q has no placement", d.ID)
		}
		if ids[d.ID].device != nil {
			return nil, fmt.Errorf("device %q appears twice", d.ID)
		}
		old := s.byID.get(d.ID)
		if old.device == nil { // nothing ever leaves the registry, so this number is free
			old.number = uint32(len(s.ordered) + added)
			added++
		}
		ids[d.ID] = entry{number: old.number, device: d}
		intern(d)
	}
	external, err := s.externalChanges(put, ids)
	if err != nil {
		return nil, err
	}
	return &Snapshot{
		Revision: revision,
		ordered:  merge(s.ordered, put),
		byID:     cmp.Or(s.byID, newIndex(idOf)).with(ids),
		external: cmp.Or(s.external, newIndex(externalOf)).with(external),
	}, nil
}

// externalChanges returns what put changes in the index of external identities,
// or an error when one of them is another device's.
func (s *Snapshot) externalChanges(put []*Device, ids map[string]entry) (map[string]entry, error) {
	changes := make(map[string]entry)
	for _, d := range put {
		if old := s.byID.get(d.ID).device; old != nil && old.ExternalID != "" && !old.Retired {
			changes[old.ExternalID] = entry{}
		}
	}
	holder := func(identity string) *Device {
		if e, changed := changes[identity]; changed {
			return e.device
		}
		return s.external.get(identity).device
	}
	var claimed []error
	for _, d := range put {
		if d.ExternalID == "" || d.Retired {
			continue
		}
		if h := holder(d.ExternalID); h != nil {
			claimed = append(claimed, taken(d, d.ExternalID, h))
			continue
		}
		changes[d.ExternalID] = ids[d.ID]
	}
	return changes, errors.Join(append(claimed, s.checkNames(put, ids, holder)...)...)
}

// checkNames refuses an external identity that is another device's id: Resolve
// could not tell the two apart.
func (s *Snapshot) checkNames(put []*Device, ids map[string]entry, holder func(string) *Device) (claimed []error) {
	for _, d := range put {
		if h := holder(d.ID); h != nil && h.ID != d.ID {
			claimed = append(claimed, taken(d, d.ID, h))
			continue
		}
		if d.ExternalID == "" || d.Retired || d.ExternalID == d.ID {
			continue
		}
		if h := cmp.Or(ids[d.ExternalID].device, s.byID.get(d.ExternalID).device); h != nil {
			claimed = append(claimed, taken(d, d.ExternalID, h))
		}
	}
	return claimed
}

func taken(d *Device, identity string, holder *Device) error {
	return &TakenError{Device: d.ID, Identity: identity, Holder: holder.ID}
}

// TakenError is returned when a device claims an identity that is another's.
type TakenError struct {
	Device   string // that claims it
	Identity string
	Holder   string // the device that has it
}

// Error implements error.
func (e *TakenError) Error() string {
	return fmt.Sprintf("device %q: identity %q is already device %q's; retire that one or correct the identity",
		e.Device, e.Identity, e.Holder)
}

// merge returns old with the entries of put added or in place of those of the
// same id. Both are ordered by id, and so is the result.
func merge(old, put []*Device) []*Device {
	next := make([]*Device, 0, len(old)+len(put))
	for _, d := range put {
		at, found := slices.BinarySearchFunc(old, d, byID)
		next = append(append(next, old[:at]...), d)
		if found {
			at++
		}
		old = old[at:]
	}
	return slices.Clip(append(next, old...))
}

func idOf(d *Device) string       { return d.ID }
func externalOf(d *Device) string { return d.ExternalID }

func byID(a, b *Device) int { return strings.Compare(a.ID, b.ID) }

// intern makes the strings that thousands of entries have in common one string.
func intern(d *Device) {
	d.Kind = unique.Make(d.Kind).Value()
	d.Format = unique.Make(d.Format).Value()
	d.Model = unique.Make(d.Model).Value()
	d.Group = unique.Make(d.Group).Value()
	d.Via = unique.Make(d.Via).Value()
	for i := range d.Placements {
		p := &d.Placements[i]
		p.Comune = unique.Make(p.Comune).Value()
		p.Zone = unique.Make(p.Zone).Value()
		p.Cell = unique.Make(p.Cell).Value()
	}
}

// Device returns the device of that id, or nil. Retired devices are found too.
func (s *Snapshot) Device(id string) *Device { return s.byID.get(id).device }

// Resolve returns the device that identity names: a device id, or the external
// identity (devEUI, serial, …; any letter case) under which a network knows it.
// It returns nil for a device that is unknown, pending or retired.
func (s *Snapshot) Resolve(identity string) *Device {
	d, _ := s.Find(identity)
	return d
}

// Find is Resolve for those who keep something of each device: number is the
// place of the device's part in a slice as long as the registry. It stays the
// same in all that With makes of a snapshot; in one that was made anew the
// numbers may be other devices'.
func (s *Snapshot) Find(identity string) (d *Device, number int) {
	e := s.byID.get(identity)
	if e.device == nil || e.device.Retired {
		e = s.external.get(identity)
	}
	if e.device == nil {
		e = s.external.get(strings.ToLower(identity))
	}
	if e.device == nil || e.device.Pending {
		return nil, 0
	}
	return e.device, int(e.number)
}

// Expected is the device that an identity most probably names, nil where nobody
// is expected, and its number as of Find.
type Expected struct {
	Device *Device
	Number int

	hash uint32
}

// Expect fills in what Find most probably returns for identities; found is as
// long. It reads nothing of the devices themselves: who is about to find many
// reads what it needs of all of them next, and only then asks of each whether it
// has that identity and is in service. So the waits for memory that no cache has
// overlap.
func (s *Snapshot) Expect(identities []string, found []Expected) { s.byID.expect(identities, found) }

// All returns the devices ordered by id. The slice is shared.
func (s *Snapshot) All() []*Device { return s.ordered }

// Len returns the number of devices, retired ones included.
func (s *Snapshot) Len() int { return len(s.ordered) }
