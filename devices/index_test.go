package devices

import (
	"fmt"
	"hash/maphash"
	"maps"
	"math/rand/v2"
	"testing"
)

// The index agrees with a map through thousands of changes, and a copy that was
// made before does not see them.
func TestIndexAgreesWithAMap(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	want := map[string]*Device{}
	ix := newIndex(idOf)
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

// Of two keys with one hash each has its own entry, though either may be expected
// for the other.
func TestIndexOfTwoKeysWithOneHash(t *testing.T) {
	ix := newIndex(idOf)
	a, b := &Device{ID: "a"}, &Device{ID: "b"}
	hash := uint32(maphash.String(ix.seed, "a"))
	both := []change{{entry{hash, 1, b}, "b"}, {entry{hash, 2, a}, "a"}}
	ix.shards[hash%indexShards] = ix.shardOf(nil, both)
	if e := ix.get("a"); e.device != a || e.number != 2 {
		t.Errorf("a is %+v", e)
	}
	found := make([]Expected, 1)
	if ix.expect([]string{"a"}, found); found[0].Device != b || found[0].Number != 1 {
		t.Errorf("expected is %+v, want the first of that hash", found[0])
	}
	ix.shards[hash%indexShards] = ix.shardOf(ix.shards[hash%indexShards], []change{{entry{hash: hash}, "b"}})
	if ix.expect([]string{"a"}, found); found[0].Device != a || ix.get("a").device != a {
		t.Errorf("without b, expected is %+v", found[0])
	}
}

// One device stands in two indexes under two keys, and is found by that of each.
func TestIndexByExternalIdentity(t *testing.T) {
	d := &Device{ID: "air-1", ExternalID: "a84041"}
	ix := newIndex(externalOf).with(map[string]entry{d.ExternalID: {number: 7, device: d}})
	if e := ix.get("a84041"); e.device != d || e.number != 7 {
		t.Errorf("by its key it is %+v", e)
	}
	if e := ix.get("air-1"); e.device != nil {
		t.Errorf("by the other's key it is %+v", e)
	}
	if e := ix.with(map[string]entry{"a84041": {}}).get("a84041"); e.device != nil {
		t.Errorf("removed, it is %+v", e)
	}
	var none *index
	if e := none.get("air-1"); e.device != nil {
		t.Errorf("an index of nothing has %+v", e)
	}
}

// A table is never full: a key that is not there is looked for until a free slot.
func TestIndexKeepsFreeSlots(t *testing.T) {
	for n := range 200 {
		var changes []change
		for i := range n {
			changes = append(changes, change{entry{hash: uint32(i) * indexShards, device: &Device{}}, fmt.Sprint(i)})
		}
		shard := newIndex(idOf).shardOf(nil, changes)
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
