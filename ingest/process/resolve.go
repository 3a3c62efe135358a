package process

import (
	"cmp"
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
	d, number := m.expected.Device, m.expected.Number
	if d == nil || d.ID != identity || d.Pending || d.Retired {
		d, number = p.snapshot.Find(identity)
	}
	if d == nil {
		return nil, ingest.Refuse(ingest.UnknownDevice, whyUnknown(p.snapshot, identity))
	}
	m.comune = d.Current().Comune
	if !m.route.Trusts(m.Client) || !p.maySpeakFor(m.Message, d) {
		return nil, ingest.Refuse(ingest.NotPermitted, m.Client+" may not publish for "+d.ID)
	}
	m.device, m.number, m.track = d, number, p.tracks.of(number, p.snapshot.Len())
	return d, nil
}

// whyUnknown says why an identity resolves to no device.
func whyUnknown(s *devices.Snapshot, identity string) string {
	switch d := s.Device(identity); {
	case d == nil:
		return "no device " + identity + " is registered"
	case d.Retired:
		return "device " + identity + " is retired; `rione devices change " + identity + " --retired=false` brings it back"
	}
	return "device " + identity + " waits for approval; see `rione devices approve`"
}

// attribute names the device of a message that nobody could decode, where its
// route or its publisher says whose it is. A gateway says nothing of itself.
func (p *pipeline) attribute() {
	m := &p.msg
	if m.route == nil {
		return
	}
	identity := cmp.Or(m.route.DeviceOf(m.Message), m.Client)
	d := p.snapshot.Resolve(identity)
	if d == nil || d.Kind == devices.Gateway || !m.route.Trusts(m.Client) || !p.maySpeakFor(m.Message, d) {
		return
	}
	m.identity, m.comune = identity, d.Current().Comune
}

// maySpeakFor tells whether the publisher of m may speak for d: the device
// itself, a gateway that has a grant, a token of the HTTP door, or an outer
// broker, of whose clients nothing is known.
func (p *pipeline) maySpeakFor(m *ingest.Message, d *devices.Device) bool {
	switch {
	case m.Client == d.ID || m.Client == "":
		return true
	case strings.HasPrefix(m.Client, tokenPrefix):
		// The door has checked the token for the comune of the path, or of the
		// route; so the device has to be of that comune.
		comune := cmp.Or(comuneOfPath(m.Topic), p.msg.route.Comune)
		return comune == "" || comune == d.Current().Comune
	}
	return p.snapshot.MaySpeakFor(m.Client, d)
}

// comuneOfPath returns the comune of /ingest/v1/{format}[/{comune}], "" where
// there is none.
func comuneOfPath(path string) string {
	rest, ok := strings.CutPrefix(path, "/ingest/v1/")
	if !ok {
		return ""
	}
	_, comune, _ := strings.Cut(rest, "/")
	return comune
}
