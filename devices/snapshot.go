package devices

import "strings"

// Snapshot is the whole registry at one revision. It is immutable and safe for
// any number of readers.
type Snapshot struct {
	Revision uint64 // sequence of the last change set in it

	ordered  []*Device // by ID
	byID     map[string]*Device
	external map[string]*Device
}

// Device returns the device of that id, or nil. Retired devices are found too.
func (s *Snapshot) Device(id string) *Device { return s.byID[id] }

// Resolve returns the device that identity names: a device id, or the external
// identity (devEUI, serial, …; any letter case) under which a network knows it.
// It returns nil for a device that is unknown or retired.
func (s *Snapshot) Resolve(identity string) *Device {
	d := s.byID[identity]
	if d == nil {
		if d = s.external[identity]; d == nil {
			d = s.external[strings.ToLower(identity)]
		}
	}
	if d == nil || d.Retired {
		return nil
	}
	return d
}

// All returns the devices ordered by id. The slice is shared.
func (s *Snapshot) All() []*Device { return s.ordered }

// Len returns the number of devices, retired ones included.
func (s *Snapshot) Len() int { return len(s.ordered) }
