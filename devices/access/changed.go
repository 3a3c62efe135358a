package access

import (
	"maps"
	"slices"

	"rione/devices"
)

// Changed returns the ids, in order, of devices that have a connection to lose
// by a change of the registry: they were retired or revoked, or what they may do
// is another, for a gateway also because a device was taken from it. A broker
// that remembers answers must end their connections. Who is new has none, and a
// rotation with an overlap disturbs nobody.
func Changed(before, after *devices.Snapshot) []string {
	var gateways []*devices.Device
	for _, d := range before.All() {
		if d.Kind == devices.Gateway {
			gateways = append(gateways, d)
		}
	}
	lost := make(map[string]bool)
	for _, old := range before.All() {
		now := after.Device(old.ID)
		if now == old {
			continue
		}
		if now == nil || grantsDiffer(old, now) {
			lost[old.ID] = true
		}
		for _, g := range gateways {
			if !lost[g.ID] && before.MaySpeakFor(g.ID, old) && (now == nil || !after.MaySpeakFor(g.ID, now)) {
				lost[g.ID] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(lost))
}

// grantsDiffer reports whether a device may do other things than before.
func grantsDiffer(old, now *devices.Device) bool {
	switch {
	case old.State() != now.State(), old.Kind != now.Kind, !old.CertsFrom.Equal(now.CertsFrom):
		return true
	case old.SecretHash != now.SecretHash && old.SecretHash != now.SecretOld:
		return true
	}
	return now.Kind == devices.Gateway &&
		(old.Current().Comune != now.Current().Comune || !slices.Equal(old.Speaks, now.Speaks))
}
