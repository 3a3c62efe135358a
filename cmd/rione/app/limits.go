package app

import (
	"context"
	"encoding/json"
	"time"

	"rione/api"
	"rione/devices"
	"rione/devices/access"
	"rione/devices/quota"
	"rione/devices/quota/keep"
	"rione/ingest"
	"rione/ingest/broker"
	"rione/ingest/process"
	"rione/ingest/quarantine"
	"rione/ingest/webhook"
)

// startLimits opens the limits that operators set.
func (a *App) startLimits(ctx context.Context) error {
	_, js, err := a.stream("limits")
	if err != nil {
		return err
	}
	a.quota = quota.New(a.metrics)
	if a.limits, err = keep.Open(ctx, js, keep.Options{Quota: a.quota, Logger: a.log}); err != nil {
		return err
	}
	a.life.push("limits", func(context.Context) error { return a.limits.Close() })
	a.work("budgets", a.forgetRetired)
	return nil
}

// forgetRetired gives back the budgets of devices that are out of service.
func (a *App) forgetRetired(ctx context.Context) error {
	changes, cancel := a.registry.Watch()
	defer cancel()
	before := a.registry.Snapshot()
	for {
		select {
		case now := <-changes:
			for _, d := range before.All() {
				if after := now.Device(d.ID); after != d && !d.Retired && (after == nil || after.Retired) {
					a.quota.Forget(d.ID)
				}
			}
			before = now
		case <-ctx.Done():
			return nil
		}
	}
}

// counted is the intake as doors see it: messages over a limit are refused
// there, where the client can be told so.
type counted struct {
	ingest.Intake
	quota    *quota.Quota
	registry interface{ Snapshot() *devices.Snapshot }
	over     func(comune, what string) // hears what is refused
}

// Submit implements ingest.Intake.
func (c counted) Submit(m *ingest.Message, a ingest.Acker, token uint64) error {
	if m.Client != "" && countedAtDoor(m.Door) {
		publisher, comune := publisherOf(c.registry.Snapshot(), m)
		if err := c.quota.Message(publisher, comune, m.Received); err != nil {
			c.over(comune, err.Error())
			return ingest.Refuse(ingest.OverQuota, err.Error())
		}
	}
	return c.Intake.Submit(m, a, token)
}

// countedAtDoor tells whether a door can tell its client that it sends too much.
// An external broker cannot be told: what it brings is counted, and quarantined,
// when it is processed.
func countedAtDoor(door string) bool {
	return door == broker.Door || door == webhook.DoorName || door == ingest.ImportDoor
}

// publisherOf returns whose limits a message counts against.
func publisherOf(s *devices.Snapshot, m *ingest.Message) (publisher quota.Subject, comune string) {
	d := s.Device(m.Client)
	switch {
	case d == nil:
		return quota.Subject{Class: quota.Gateway, Name: m.Client}, ""
	case d.Kind == devices.Gateway:
		return quota.Subject{Class: quota.Gateway, Name: d.ID}, d.Current().Comune
	}
	return quota.Subject{Class: quota.Device, Name: d.ID}, d.Current().Comune
}

// budget gives the processors the quota.
type budget struct{ quota *quota.Quota }

var _ process.Budget = budget{}

// Message implements process.Budget.
func (b budget) Message(door, comune, device string, received time.Time) error {
	if countedAtDoor(door) || door == quarantine.ReplayDoor {
		return nil
	}
	return b.quota.Message(quota.Subject{Class: quota.Device, Name: device}, comune, received)
}

// Admit implements process.Budget.
func (b budget) Admit(comune, device string, series uint64, bytes int64) error {
	return b.quota.Admit(comune, device, series, bytes, time.Now())
}

// limits gives the API the limits in its own types, and notes in the audit log
// who set what.
type limits struct {
	quota *quota.Quota
	store *keep.Store
	trail access.Trail
}

var _ api.Quota = limits{}

// Set implements api.Quota.
func (l limits) Set(ctx context.Context, author string, s quota.Subject, wanted quota.Limits) error {
	if err := l.store.Set(ctx, s, wanted); err != nil {
		return err
	}
	detail, err := json.Marshal(wanted)
	if err != nil {
		return err
	}
	return l.trail.Append(ctx, access.Entry{Time: time.Now().UTC(), Who: author, Action: "quota.set", Subject: s.String(), Detail: string(detail)})
}

// List implements api.Quota.
func (l limits) List() map[quota.Subject]quota.Limits { return l.store.All() }

// Usage implements api.Quota.
func (l limits) Usage(s quota.Subject) quota.Usage { return l.quota.Usage(s, time.Now()) }
