package access

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"rione/devices"
)

// Entry is one line of the audit log: who did what, when.
type Entry struct {
	Seq      uint64    `json:"seq,omitempty"` // place in the log, from 1
	Time     time.Time `json:"time"`
	Who      string    `json:"who"`
	Action   string    `json:"action"`             // such as token.create, devices.approve
	Subject  string    `json:"subject,omitempty"`  // what it was done to
	Detail   string    `json:"detail,omitempty"`   // for people
	Revision uint64    `json:"revision,omitempty"` // of the registry after it
}

// Trail is the audit log. It only grows: there is no way to change or remove an
// entry.
type Trail interface {
	Append(ctx context.Context, e Entry) error
	// Read returns at most limit entries, oldest first, from a place on.
	Read(ctx context.Context, from uint64, limit int) ([]Entry, error)
	// Last returns the place of the newest entry, 0 when there is none.
	Last(ctx context.Context) (uint64, error)
}

// Audited is a registry whose changes are in the trail as well. The registry's
// own log has them in full; the trail has them beside everything else.
type Audited struct {
	Registry
	Trail Trail
}

// Apply implements Registry. A change that is stored but could not be written
// to the trail is an error that says so.
func (a *Audited) Apply(ctx context.Context, c devices.ChangeSet) (*devices.Snapshot, error) {
	before := a.Snapshot()
	after, err := a.Registry.Apply(ctx, c)
	if err != nil || len(c.Put) == 0 {
		return after, err
	}
	e := Entry{
		Time: c.Time, Who: c.Author, Action: actionOf(before, &c), Subject: subjectOf(&c),
		Detail: c.Note, Revision: after.Device(c.Put[0].ID).Revision,
	}
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	e.Time = e.Time.UTC()
	if err := a.Trail.Append(ctx, e); err != nil {
		return after, fmt.Errorf("the change is stored as revision %d, but not in the audit log: %w", e.Revision, err)
	}
	return after, nil
}

// actionOf names what a change set does, by its first device.
func actionOf(before *devices.Snapshot, c *devices.ChangeSet) string {
	d := &c.Put[0]
	old := before.Device(d.ID)
	switch {
	case old == nil && d.Pending:
		return "devices.enrol"
	case old == nil:
		return "devices.register"
	case old.Pending && d.State() == devices.Approved:
		return "devices.approve"
	case !old.Retired && d.Retired:
		return "devices.retire"
	case old.Retired && !d.Retired:
		return "devices.revive"
	case old.SecretHash != d.SecretHash:
		return "devices.rotate"
	case !slices.EqualFunc(old.Placements, d.Placements, devices.Placement.Equal):
		return "devices.move"
	}
	return "devices.change"
}

// namedDevices is how many devices of a change set an entry names.
const namedDevices = 10

func subjectOf(c *devices.ChangeSet) string {
	var ids []string
	for i := range c.Put[:min(len(c.Put), namedDevices)] {
		ids = append(ids, c.Put[i].ID)
	}
	text := strings.Join(ids, " ")
	if more := len(c.Put) - namedDevices; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
