package process

import (
	"strings"

	"rione/devices"
	"rione/ingest"
)

// deviceState is what the pipeline remembers of a device between messages. It
// is bounded: one entry a registered device, of fixed size.
type deviceState struct {
	device *devices.Device
	seen   memory

	suspects []suspect // of the reading under way
}

// tokenPrefix begins the identity of an HTTP door's token, which speaks for
// what its scope allows; a device id cannot contain it.
const tokenPrefix = "token:"

// resolve finds the device of a reading in the registry and checks that the
// publisher may speak for it.
func (p *pipeline) resolve(r *ingest.Reading) (*deviceState, *ingest.Refusal) {
	m := &p.msg
	identity := m.route.DeviceOf(m.Message)
	if identity == "" {
		identity = r.Device
	}
	if identity == "" {
		identity = m.Client
	}
	m.device = strings.Clone(identity)
	d := p.snapshot.Resolve(identity)
	if d == nil {
		return nil, ingest.Refuse(ingest.UnknownDevice, "no device "+identity+" is registered")
	}
	m.comune = d.Current().Comune
	if !p.maySpeakFor(m.Client, d) {
		return nil, ingest.Refuse(ingest.NotPermitted, m.Client+" may not publish for "+d.ID)
	}
	state := p.states[d.ID]
	if state == nil {
		state = &deviceState{}
		p.states[d.ID] = state
	}
	state.device = d
	return state, nil
}

// maySpeakFor tells whether a publisher may speak for d: the device itself, a
// gateway, a token of the HTTP door, or a route that trusts its outer broker
// (no client is known there).
func (p *pipeline) maySpeakFor(client string, d *devices.Device) bool {
	if client == d.ID || client == "" || strings.HasPrefix(client, tokenPrefix) {
		return true
	}
	g := p.snapshot.Device(client)
	return g != nil && g.Kind == devices.Gateway && !g.Retired
}
