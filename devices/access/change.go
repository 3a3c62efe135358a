package access

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rione/devices"
)

// ErrNoDevice is returned for a device that is not in the registry, or retired.
var ErrNoDevice = errors.New("there is no such device in service")

// changeTries is how often a change is tried again because others changed the
// registry meanwhile: revisions are of the whole registry.
const changeTries = 5

// Approve approves the pending devices that the rule chooses, and returns their
// ids, none when there are none.
func Approve(ctx context.Context, r Registry, author string, rule devices.Rule) ([]string, error) {
	var ids []string
	err := change(ctx, r, author, func(s *devices.Snapshot) (devices.ChangeSet, error) {
		c, err := devices.Approve(s, rule)
		c.Note, ids = "approved", make([]string, len(c.Put))
		for i := range c.Put {
			ids[i] = c.Put[i].ID
		}
		return c, err
	})
	return ids, err
}

// Rotate gives a device a new secret, which it returns and which nothing keeps.
// The one before stays good for the overlap.
func Rotate(ctx context.Context, r Registry, author, id string, overlap time.Duration) (secret string, err error) {
	err = changeDevice(ctx, r, author, "secret rotated", id, func(d *devices.Device) error {
		secret, err = d.Rotate(time.Now(), overlap)
		return err
	})
	return secret, err
}

// Revoke makes every secret and certificate of a device void, from now on.
func Revoke(ctx context.Context, r Registry, author, id string) error {
	return changeDevice(ctx, r, author, "credentials revoked", id, func(d *devices.Device) error { return d.Revoke(time.Now()) })
}

// changeDevice edits one device that is in service.
func changeDevice(ctx context.Context, r Registry, author, note, id string, edit func(*devices.Device) error) error {
	return change(ctx, r, author, func(s *devices.Snapshot) (devices.ChangeSet, error) {
		d := s.Device(id)
		if d == nil || d.Retired {
			return devices.ChangeSet{}, fmt.Errorf("%w: %q", ErrNoDevice, id)
		}
		entry := *d
		err := edit(&entry)
		return devices.ChangeSet{Note: note, Put: []devices.Device{entry}}, err
	})
}

// change applies what plan makes of the registry as it is, and plans again when
// somebody changed it in between.
func change(ctx context.Context, r Registry, author string, plan func(*devices.Snapshot) (devices.ChangeSet, error)) error {
	var err error
	for range changeTries {
		s := r.Snapshot()
		c, planErr := plan(s)
		if planErr != nil || len(c.Put) == 0 {
			return planErr
		}
		c.Author, c.Expect = author, s.Revision
		after, applyErr := r.Apply(ctx, c)
		if applyErr == nil || after != nil { // nil, or stored without its entry in the audit log
			return applyErr
		}
		if err = applyErr; r.Snapshot().Revision == s.Revision {
			return err
		}
	}
	return err
}
