package devices

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// State is how far a device belongs to the city.
type State string

// The states of a device. One that an operator registers is approved.
const (
	Pending  State = "pending"  // enrolled by itself: what it says waits in quarantine
	Approved State = "approved" //
	Retired  State = "retired"  // out of service; its history stays
)

// State returns the state of d.
func (d *Device) State() State {
	switch {
	case d.Retired:
		return Retired
	case d.Pending:
		return Pending
	}
	return Approved
}

// parseState reads the state of an import; "" says nothing.
func parseState(text string) (State, error) {
	switch state := State(strings.ToLower(text)); state {
	case "", Approved, Pending, Retired:
		return state, nil
	}
	return "", fmt.Errorf("state %q must be approved, pending or retired", clip(text))
}

// Enrolment is what a device says of itself that nobody registered.
type Enrolment struct {
	ID         string
	Kind       Kind
	Comune     string // of the credential by which it came
	Model      string
	SecretHash string // of the secret that it will come with, "" when it has none
}

// ErrKnown is returned by Enrol for an id that the registry has already.
var ErrKnown = errors.New("the device is registered already")

// Enrol returns the change set that takes an unknown device into the registry
// as pending. It stands for its comune until an operator gives it a position:
// a position that it reports is never applied by itself. Author is the caller's.
func Enrol(s *Snapshot, g Gazetteer, e Enrolment) (ChangeSet, error) {
	if s.Device(e.ID) != nil {
		return ChangeSet{}, fmt.Errorf("device %q: %w", clip(e.ID), ErrKnown)
	}
	at, err := Place(g, e.Comune, "", nil, time.Time{})
	if err != nil {
		return ChangeSet{}, err
	}
	d := Device{
		ID: e.ID, Kind: e.Kind, Model: e.Model, SecretHash: e.SecretHash, Pending: true,
		Placements: []Placement{at},
	}
	return ChangeSet{Note: "enrolled", Time: time.Now().UTC(), Put: []Device{d}}, d.Validate()
}

// Rule chooses pending devices to approve; an empty field chooses all.
type Rule struct {
	IDs    []string // these; each must be pending
	Prefix string   // whose id begins so
	Model  string
	Via    string // that this gateway speaks for
	Comune string
	Within []string // comuni that the approver answers for; none: all
	Group  string   // given to them, not asked of them
}

// Approve returns the change set that approves the pending devices which r
// chooses. It holds nothing when there are none; a device that r names and that
// is not pending is an error. Author and Note are the caller's.
func Approve(s *Snapshot, r Rule) (ChangeSet, error) {
	c := ChangeSet{Time: time.Now().UTC()}
	if len(r.IDs) == 0 && r.Prefix == "" && r.Model == "" && r.Via == "" && r.Comune == "" {
		return c, errors.New("name devices, or a rule: prefix, model, gateway or comune")
	}
	chosen, err := r.chosen(s)
	if err != nil {
		return c, err
	}
	for _, old := range chosen {
		d := *old
		d.Pending = false
		setIf(&d.Group, r.Group)
		c.Put = append(c.Put, d)
	}
	return c, nil
}

// chosen returns the devices that r is about.
func (r *Rule) chosen(s *Snapshot) (list []*Device, err error) {
	if len(r.IDs) == 0 {
		all, _ := s.List(Filter{State: Pending, Comune: r.Comune, Model: r.Model})
		for _, d := range all {
			if r.fits(s, d) {
				list = append(list, d)
			}
		}
		return list, nil
	}
	for _, id := range r.IDs {
		d := s.Device(id)
		if d == nil || d.State() != Pending || !r.answersFor(d) {
			return nil, fmt.Errorf("device %q is not pending; `rione devices list --pending` shows those that are", clip(id))
		}
		if (r.Comune == "" || r.Comune == d.Current().Comune) && (r.Model == "" || r.Model == d.Model) && r.fits(s, d) {
			list = append(list, d)
		}
	}
	return list, nil
}

func (r *Rule) fits(s *Snapshot, d *Device) bool {
	return r.answersFor(d) && strings.HasPrefix(d.ID, r.Prefix) && (r.Via == "" || s.MaySpeakFor(r.Via, d))
}

// answersFor reports whether d is of a comune that the approver answers for.
func (r *Rule) answersFor(d *Device) bool {
	return len(r.Within) == 0 || slices.Contains(r.Within, d.Current().Comune)
}
