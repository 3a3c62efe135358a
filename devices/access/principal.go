package access

import (
	"slices"
	"strings"

	"rione/devices"
)

// Principal is one client that proved who it is. What it may do follows the
// registry: a grant that changes, an approval or a retirement count at once.
type Principal struct {
	policy *Policy
	id     string
}

// Identity returns the device's id.
func (p *Principal) Identity() string { return p.id }

// MayPublish reports whether the client may publish on a topic. A device
// publishes under its own id; while it is pending only its readings and what it
// is. A gateway publishes for those it speaks for too, and on the topics of
// other ecosystems, where what it may say for whom is decided again when the
// message is decoded. The comune and kind of a topic are not looked at: the
// registry knows them better than the topic.
func (p *Principal) MayPublish(topic string) bool {
	s := p.policy.o.Registry.Snapshot()
	d := s.Device(p.id)
	if d == nil || d.Retired || topic == "" || topic[0] == '$' || strings.ContainsAny(topic, "+#\x00") {
		return false
	}
	levels := strings.Split(topic, "/")
	if levels[0] == nativeRoot {
		return mayPublishNative(s, d, levels)
	}
	return d.Kind == devices.Gateway && !d.Pending && mayPublishForeign(s, d, levels)
}

func mayPublishNative(s *devices.Snapshot, d *devices.Device, levels []string) bool {
	if len(levels) != nativeLevels || levels[1] != nativeVersion {
		return false
	}
	comune, id, leaf := levels[2], levels[nativeDevice], levels[nativeLeaf]
	switch {
	case d.Pending:
		return id == d.ID && (leaf == "up" || leaf == "meta")
	case !slices.Contains(uplinks(), leaf):
		return false
	case id == d.ID:
		return true
	case d.Kind != devices.Gateway:
		return false
	}
	if of := s.Device(id); of != nil {
		return s.MaySpeakFor(d.ID, of)
	}
	return maySpeakForUnknown(d, comune, id)
}

// maySpeakForUnknown reports whether a gateway may publish for a device that is
// not registered, whose messages wait in quarantine until it is: within its own
// grant it may.
func maySpeakForUnknown(gateway *devices.Device, comune, id string) bool {
	if id == "" {
		return false
	}
	if len(gateway.Speaks) == 0 {
		return comune == gateway.Current().Comune
	}
	return slices.ContainsFunc(gateway.Speaks, func(beginning string) bool { return strings.HasPrefix(id, beginning) })
}

func mayPublishForeign(s *devices.Snapshot, gateway *devices.Device, levels []string) bool {
	all := ecosystems()
	if slices.ContainsFunc(all, func(e ecosystem) bool { return covers(e.down, levels) }) {
		return false // commands are rione's to send
	}
	i := slices.IndexFunc(all, func(e ecosystem) bool { return covers(e.up, levels) })
	if i < 0 {
		return true
	}
	of := named(s, levels[all[i].device])
	return of == nil || s.MaySpeakFor(gateway.ID, of)
}

// named returns the device that an ecosystem calls so, pending ones included.
func named(s *devices.Snapshot, identity string) *devices.Device {
	if d := s.Device(identity); d != nil {
		return d
	}
	return s.Resolve(identity)
}

// MaySubscribe reports whether the client may subscribe to a filter: a device
// to its own commands, a gateway to those of the devices that it speaks for,
// in rione's topics and in those of other ecosystems, one by one. A filter that
// could bring anything else is refused, and so is every one of a pending device.
func (p *Principal) MaySubscribe(filter string) bool {
	s := p.policy.o.Registry.Snapshot()
	d := s.Device(p.id)
	if d == nil || d.State() != devices.Approved || strings.Contains(filter, "#/") {
		return false
	}
	levels := strings.Split(filter, "/")
	if covers(nativeCommands(), levels) {
		return maySpeakAs(s, d, levels[nativeDevice])
	}
	if d.Kind != devices.Gateway {
		return false
	}
	for _, e := range ecosystems() {
		if covers(e.down, levels) {
			return maySpeakAs(s, d, levels[e.device])
		}
	}
	return false
}

func maySpeakAs(s *devices.Snapshot, d *devices.Device, identity string) bool {
	of := named(s, identity)
	return of != nil && s.MaySpeakFor(d.ID, of)
}
