package app

import (
	"errors"
	"strings"
	"testing"
	"time"

	"rione/devices"
	"rione/devices/quota"
	"rione/ingest"
	"rione/ingest/broker"
	"rione/ingest/webhook"
)

// openIntake takes everything.
type openIntake struct {
	ingest.Intake
	taken int
}

func (o *openIntake) Submit(*ingest.Message, ingest.Acker, uint64) error { o.taken++; return nil }

// fleetOf is a registry that never changes.
type fleetOf struct{ snapshot *devices.Snapshot }

func (f fleetOf) Snapshot() *devices.Snapshot { return f.snapshot }

// What a door is refused is told once for each message, with who is over which
// limit and of which comune.
func TestCountedAtTheDoor(t *testing.T) {
	gateway := *airOne()
	gateway.ID, gateway.Kind = "gw-1", devices.Gateway
	snapshot, err := devices.NewSnapshot(1, []devices.Device{*airOne(), gateway})
	if err != nil {
		t.Fatal(err)
	}
	q, in := quota.New(nil), &openIntake{}
	one := 1.0
	q.Set(map[quota.Subject]quota.Limits{{Class: quota.Device}: {PerSecond: one, Burst: one}, {Class: quota.Gateway}: {PerSecond: one, Burst: one}})
	var heard []string
	c := counted{in, q, fleetOf{snapshot}, func(comune, what string) { heard = append(heard, comune+": "+what) }}
	now := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	f := func(door, client string, taken bool, tells string) {
		t.Helper()
		before := in.taken
		heard = nil
		err := c.Submit(&ingest.Message{Door: door, Client: client, Received: now}, nil, 0)
		var refused *ingest.Refusal
		if (err == nil) != taken || err != nil && (!errors.As(err, &refused) || refused.Reason != ingest.OverQuota) || (in.taken > before) != taken {
			t.Errorf("%s by %s: %v, %d taken", client, door, err, in.taken-before)
		}
		if got := strings.Join(heard, "; "); !strings.HasPrefix(got, tells) || tells == "" && got != "" {
			t.Errorf("%s by %s tells %q, want %q", client, door, got, tells)
		}
	}
	f(broker.Door, "air-1", true, "")
	f(broker.Door, "air-1", false, "058091: device air-1 is over its limit of 1 messages a second; slow it down, or raise the limit (`rione quota set device:air-1`)")
	f(broker.Door, "gw-1", true, "")
	f(broker.Door, "gw-1", false, "058091: gateway gw-1 is over its limit")
	f(webhook.DoorName, "a token", true, "")
	f(webhook.DoorName, "a token", false, ": gateway a token is over its limit")
	f("mqtt:elsewhere", "air-1", true, "") // cannot be told: it is counted when it is processed
	f(broker.Door, "", true, "")           // of nobody in particular
}
