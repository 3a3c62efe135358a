package process

import (
	"strings"

	"rione/devices"
	"rione/ingest"
)

// tokenPrefix begins the identity of an HTTP door's token, which speaks for
// what its scope allows; a device id cannot contain it.
const tokenPrefix = "token:"

// resolve finds the device of a reading in the registry and checks that the
// publisher may speak for it.
func (p *pipeline) resolve(r *ingest.Reading) (*devices.Device, *ingest.Refusal) {
	m := &p.msg
	identity := m.route.DeviceOf(m.Message)
	if identity == "" {
		identity = r.Device
	}
	if identity == "" {
		identity = m.Client
	}
	m.identity = identity
	d := p.snapshot.Resolve(identity)
	if d == nil {
		return nil, ingest.Refuse(ingest.UnknownDevice, "no device "+identity+" is registered")
	}
	m.comune = d.Current().Comune
	if !p.maySpeakFor(m.Client, d) {
		return nil, ingest.Refuse(ingest.NotPermitted, m.Client+" may not publish for "+d.ID)
	}
	m.device = d
	return d, nil
}

// maySpeakFor tells whether a publisher may speak for d: the device itself, a
// gateway, a token of the HTTP door, or an outer broker, of whose clients
// nothing is known.
func (p *pipeline) maySpeakFor(client string, d *devices.Device) bool {
	if client == d.ID || client == "" || strings.HasPrefix(client, tokenPrefix) {
		return true
	}
	g := p.snapshot.Device(client)
	return g != nil && g.Kind == devices.Gateway && !g.Retired
}
