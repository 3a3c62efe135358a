package devices

import (
	"hash/maphash"
	"slices"
)

// indexShards is a power of two such that 100,000 entries make shards of about
// a hundred: cheap to copy, and the array of them is a few pages.
const indexShards = 1024

// index is an immutable map from identity to device. A changed copy shares the
// shards that did not change, so that one change does not copy 100,000 entries.
// A nil index is empty.
//
// A shard is a table with open addressing and linear probing, at most two thirds
// full (Knuth, The Art of Computer Programming, 6.4, algorithm L): with 100,000
// devices what a look-up costs is memory that no cache has, and this touches the
// least of it.
type index struct {
	seed   maphash.Seed
	shards [indexShards][]slot // lengths are powers of two
}

type slot struct {
	hash uint32
	entry
	key string
}

// entry is a device and its number in the registry; without a device it is none.
type entry struct {
	number uint32
	device *Device
}

func (ix *index) get(key string) entry {
	if ix == nil {
		return entry{}
	}
	hash := uint32(maphash.String(ix.seed, key))
	shard := ix.shards[hash%indexShards]
	if len(shard) == 0 {
		return entry{}
	}
	return shard[probe(shard, hash, key)].entry
}

// probe returns the slot of a key, or the free one where it would stand.
func probe(shard []slot, hash uint32, key string) int {
	mask := len(shard) - 1
	for i := int(hash/indexShards) & mask; ; i = (i + 1) & mask {
		if s := &shard[i]; s.device == nil || s.hash == hash && s.key == key {
			return i
		}
	}
}

// with returns a copy in which changes are made; an entry without a device
// removes its key.
func (ix *index) with(changes map[string]entry) *index {
	next := &index{seed: maphash.MakeSeed()}
	if ix != nil {
		*next = *ix
	}
	var touched [indexShards][]slot
	for key, e := range changes {
		hash := uint32(maphash.String(next.seed, key))
		touched[hash%indexShards] = append(touched[hash%indexShards], slot{hash, e, key})
	}
	for i, changed := range touched {
		if len(changed) > 0 {
			next.shards[i] = shardOf(next.shards[i], changed)
		}
	}
	return next
}

// shardOf returns what old holds after changes, whose keys differ.
func shardOf(old, changes []slot) []slot {
	kept := make([]slot, 0, len(old)+len(changes))
	for _, s := range old {
		if s.device != nil && !slices.ContainsFunc(changes, func(c slot) bool { return c.hash == s.hash && c.key == s.key }) {
			kept = append(kept, s)
		}
	}
	for _, c := range changes {
		if c.device != nil {
			kept = append(kept, c)
		}
	}
	size := 1
	for size*2 < len(kept)*3 {
		size *= 2
	}
	next := make([]slot, size)
	for _, s := range kept {
		next[probe(next, s.hash, s.key)] = s
	}
	return next
}
