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
// least of it. So an entry is a quarter of a cache line, and the key is read where
// the device has it, which is asked for next.
type index struct {
	seed   maphash.Seed
	key    func(*Device) string // of a device that the index holds
	shards [indexShards][]entry // lengths are powers of two
}

// entry is a device and its number in the registry; without a device it is none.
type entry struct {
	hash   uint32 // of its key, by the index that holds it
	number uint32
	device *Device
}

// change puts an entry under a key, or removes the key's.
type change struct {
	entry
	key string
}

func newIndex(key func(*Device) string) *index {
	return &index{seed: maphash.MakeSeed(), key: key}
}

// get returns the entry of a key, one without a device when there is none.
func (ix *index) get(key string) entry {
	if ix == nil {
		return entry{}
	}
	hash := uint32(maphash.String(ix.seed, key))
	shard := ix.shards[hash%indexShards]
	if len(shard) == 0 {
		return entry{}
	}
	for i := start(hash, shard); ; i = (i + 1) & (len(shard) - 1) {
		if s := &shard[i]; s.device == nil || s.hash == hash && ix.key(s.device) == key {
			return *s
		}
	}
}

// expect is get for many keys at once, but that it compares hashes only: nothing
// is read of the devices, and in a city in thousands an entry is another key's.
// First it reads where the search for each begins: waits for memory overlap when
// nothing is decided by what comes of it.
func (ix *index) expect(keys []string, found []Expected) {
	clear(found)
	if ix == nil {
		return
	}
	for i, key := range keys {
		hash := uint32(maphash.String(ix.seed, key))
		found[i].hash = hash
		if shard := ix.shards[hash%indexShards]; len(shard) > 0 {
			found[i].Number = int(shard[start(hash, shard)].number)
		}
	}
	for i := range keys {
		e := ix.first(found[i].hash)
		found[i].Device, found[i].Number = e.device, int(e.number)
	}
}

// first returns the first entry of a hash, one without a device when there is
// none.
func (ix *index) first(hash uint32) entry {
	shard := ix.shards[hash%indexShards]
	for i := range shard {
		if s := shard[(start(hash, shard)+i)&(len(shard)-1)]; s.device == nil || s.hash == hash {
			return s
		}
	}
	return entry{}
}

// start is where in its shard a hash is looked for first.
func start(hash uint32, shard []entry) int { return int(hash/indexShards) & (len(shard) - 1) }

// with returns a copy in which changes are made; an entry without a device
// removes its key.
func (ix *index) with(changes map[string]entry) *index {
	next := *ix
	var touched [indexShards][]change
	for key, e := range changes {
		hash := uint32(maphash.String(next.seed, key))
		e.hash = hash
		touched[hash%indexShards] = append(touched[hash%indexShards], change{e, key})
	}
	for i, changed := range touched {
		if len(changed) > 0 {
			next.shards[i] = ix.shardOf(next.shards[i], changed)
		}
	}
	return &next
}

// shardOf returns what old holds after changes, whose keys differ.
func (ix *index) shardOf(old []entry, changes []change) []entry {
	kept := make([]entry, 0, len(old)+len(changes))
	for _, s := range old {
		if s.device != nil && !slices.ContainsFunc(changes, func(c change) bool { return c.hash == s.hash && c.key == ix.key(s.device) }) {
			kept = append(kept, s)
		}
	}
	for _, c := range changes {
		if c.device != nil {
			kept = append(kept, c.entry)
		}
	}
	size := 1
	for size*2 < len(kept)*3 {
		size *= 2
	}
	next := make([]entry, size)
	for _, s := range kept {
		at := start(s.hash, next)
		for next[at].device != nil {
			at = (at + 1) & (size - 1)
		}
		next[at] = s
	}
	return next
}
