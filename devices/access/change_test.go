package access_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"rione/devices"
	"rione/devices/access"
)

// contested is a registry that somebody else changes right before a change.
type contested struct {
	*registry
	t     *testing.T
	times int
}

func (r *contested) Apply(ctx context.Context, c devices.ChangeSet) (*devices.Snapshot, error) {
	if r.times > 0 {
		r.times--
		r.put(r.t, device("other", devices.Air, "058091"))
	}
	if c.Expect != r.Snapshot().Revision {
		return nil, errStore
	}
	return r.registry.Apply(ctx, c)
}

func TestApproveAndRotateOverOthersChanges(t *testing.T) {
	waits := device("new-1", devices.Bin, "058091")
	waits.Pending = true
	r := &contested{newRegistry(t, waits, device("air-1", devices.Air, "058091")), t, 2}
	ids, err := access.Approve(t.Context(), r, "anna", devices.Rule{Prefix: "new-"})
	if err != nil || !slices.Equal(ids, []string{"new-1"}) || r.Snapshot().Device("new-1").Pending {
		t.Errorf("approved %v, %v", ids, err)
	}
	if ids, err := access.Approve(t.Context(), r, "anna", devices.Rule{Prefix: "new-"}); err != nil || len(ids) != 0 {
		t.Errorf("approved again: %v, %v", ids, err)
	}
	if _, err := access.Approve(t.Context(), r, "anna", devices.Rule{}); err == nil {
		t.Error("approved without a rule")
	}

	r.times = 2
	secret, err := access.Rotate(t.Context(), r, "anna", "air-1", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	p := newPolicy(t, access.Options{Registry: r})
	login := access.Login{ClientID: "air-1", Password: secret}
	if _, err := p.Authenticate(t.Context(), login); err != nil {
		t.Errorf("with the new secret: %v", err)
	}
	if err := access.Revoke(t.Context(), r, "anna", "air-1"); err != nil {
		t.Error(err)
	}
	if _, err := p.Authenticate(t.Context(), login); !errors.Is(err, access.ErrBadCredentials) {
		t.Errorf("revoked: %v", err)
	}
	if _, err := access.Rotate(t.Context(), r, "anna", "stranger", 0); !errors.Is(err, access.ErrNoDevice) {
		t.Errorf("rotated a stranger: %v", err)
	}
	r.times = 100
	if err := access.Revoke(t.Context(), r, "anna", "air-1"); !errors.Is(err, errStore) {
		t.Errorf("a registry that never stands still: %v", err)
	}
}
