package devices

import (
	"hash/maphash"
	"maps"
)

// indexShards is a power of two such that 100,000 entries make shards of about
// a hundred: cheap to copy, and the array of them is one page or two.
const indexShards = 1024

// index is an immutable map from identity to device. A changed copy shares the
// shards that did not change, so that one change does not copy 100,000 entries.
// A nil index is empty.
type index struct {
	seed   maphash.Seed
	shards [indexShards]map[string]*Device
}

func (ix *index) get(key string) *Device {
	if ix == nil {
		return nil
	}
	return ix.shards[ix.shard(key)][key]
}

func (ix *index) shard(key string) int {
	return int(maphash.String(ix.seed, key) % indexShards)
}

// with returns a copy in which changes are made; a nil device removes its key.
func (ix *index) with(changes map[string]*Device) *index {
	next := &index{seed: maphash.MakeSeed()}
	if ix != nil {
		*next = *ix
	}
	var own [indexShards]bool
	for key, d := range changes {
		i := next.shard(key)
		if !own[i] {
			own[i] = true
			if next.shards[i] = maps.Clone(next.shards[i]); next.shards[i] == nil {
				next.shards[i] = make(map[string]*Device)
			}
		}
		if d == nil {
			delete(next.shards[i], key)
		} else {
			next.shards[i][key] = d
		}
	}
	return next
}
