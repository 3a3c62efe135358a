package devices

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
)

// The index agrees with a map through thousands of changes, and a copy that was
// made before does not see them.
func TestIndexAgreesWithAMap(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	want := map[string]*Device{}
	var ix *index
	check := func(ix *index, want map[string]*Device) {
		t.Helper()
		for n := range 6000 {
			key := fmt.Sprint("k", n)
			if got := ix.get(key).device; got != want[key] {
				t.Fatalf("%s is %v, want %v", key, got, want[key])
			}
		}
	}
	for range 30 {
		changes := map[string]entry{}
		for range 1 + random.IntN(2000) {
			key := fmt.Sprint("k", random.IntN(5000))
			changes[key] = entry{device: &Device{ID: key}}
			if random.IntN(3) == 0 {
				changes[key] = entry{}
			}
		}
		before, held := ix, maps.Clone(want)
		ix = ix.with(changes)
		for key, e := range changes {
			if want[key] = e.device; e.device == nil {
				delete(want, key)
			}
		}
		check(ix, want)
		check(before, held)
	}
	for key := range want {
		ix = ix.with(map[string]entry{key: {}})
	}
	check(ix, nil)
}

// A table is never full: a key that is not there is looked for until a free slot.
func TestIndexKeepsFreeSlots(t *testing.T) {
	for n := range 200 {
		var changes []slot
		for i := range n {
			changes = append(changes, slot{uint32(i) * indexShards, entry{device: &Device{}}, fmt.Sprint(i)})
		}
		shard := shardOf(nil, changes)
		free := 0
		for _, s := range shard {
			if s.device == nil {
				free++
			}
		}
		if free*3 < len(shard) {
			t.Fatalf("%d of %d slots are free with %d entries", free, len(shard), n)
		}
	}
}
