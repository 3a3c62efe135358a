package app

import (
	"context"
	"strings"
	"time"

	"rione/devices"
	"rione/ingest"
	"rione/ingest/broker"
)

// access lets registered devices in at the MQTT door.
type access struct {
	registry  interface{ Snapshot() *devices.Snapshot }
	verifier  *devices.Verifier
	routes    *ingest.Routes
	anonymous bool // a device without a secret may connect as its client id
}

var _ broker.Access = (*access)(nil)

// Connect implements broker.Access: the client id names the device, the
// password is its secret, and the user name is its id again or empty.
func (a *access) Connect(ctx context.Context, c broker.Credentials) (broker.Grant, error) {
	d := a.registry.Snapshot().Resolve(c.ClientID)
	switch {
	case d == nil || d.ID != c.ClientID:
		return nil, broker.ErrNotAuthorized
	case c.Username != "" && c.Username != d.ID:
		return nil, broker.ErrBadCredentials
	case d.SecretHash == "" && a.anonymous:
	default:
		if ok, err := a.verifier.Verify(ctx, d, string(c.Password), time.Now()); err != nil || !ok {
			return nil, broker.ErrBadCredentials
		}
	}
	return &grant{device: d, gateway: d.Kind == devices.Gateway}, nil
}

// grant is what one device may do: publish and subscribe under its own id. A
// gateway may publish for others too; whether it may for that very device is
// decided when the message is processed, where its content is known.
type grant struct {
	device  *devices.Device
	gateway bool
}

// Identity implements broker.Grant.
func (g *grant) Identity() string { return g.device.ID }

// MayPublish implements broker.Grant.
func (g *grant) MayPublish(topic string) bool {
	if g.gateway {
		return !strings.HasPrefix(topic, "$")
	}
	return g.own(topic)
}

// MaySubscribe implements broker.Grant.
func (g *grant) MaySubscribe(filter string) bool { return g.own(filter) }

// own tells whether a topic or filter is sc/v1/{comune}/{kind}/{own id}/…
// Wildcards may stand before the id, where they can mean this device only.
func (g *grant) own(topic string) bool {
	l := strings.Split(topic, "/")
	return len(l) >= 6 && l[0] == "sc" && l[1] == "v1" && l[4] == g.device.ID
}
