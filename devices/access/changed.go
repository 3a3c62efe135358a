package access

import (
	"slices"

	"rione/devices"
)

// Changed returns the ids of devices that have a connection to lose by a change
// of the registry: they were retired or revoked, or what they may do is another.
// A broker that remembers answers must end their connections. Who is new has
// none, and a rotation with an overlap disturbs nobody.
func Changed(before, after *devices.Snapshot) []string {
	var ids []string
	for _, old := range before.All() {
		now := after.Device(old.ID)
		if now == old {
			continue
		}
		if now == nil || grantsDiffer(old, now) {
			ids = append(ids, old.ID)
		}
	}
	return ids
}

func grantsDiffer(a, b *devices.Device) bool {
	if a.State() != b.State() || a.Kind != b.Kind || !a.CertsFrom.Equal(b.CertsFrom) {
		return true
	}
	if a.SecretHash != b.SecretHash && b.SecretOld != a.SecretHash {
		return true
	}
	return b.Kind == devices.Gateway && (a.Current().Comune != b.Current().Comune || !slices.Equal(a.Speaks, b.Speaks))
}
