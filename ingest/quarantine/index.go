package quarantine

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// head is what the index keeps of an entry.
type head struct {
	Entry        // without payload
	seq   uint64 // in the stream
	whose string // its subject without the id
	size  int64
	kept  time.Time // when it came into the stream
}

// index is what is in the stream, in memory: by id, and in the order of the
// stream.
type index struct {
	byID  map[string]*head
	order []*head // ascending by seq; some may be gone from byID
	usage usage
}

func newIndex(most limits) index { return index{byID: map[string]*head{}, usage: newUsage(most)} }

// put enters h and returns the entry of that id that it replaces, nil if there
// was none.
func (x *index) put(h *head) (old *head) {
	old = x.byID[h.ID]
	x.remove(old)
	x.byID[h.ID] = h
	x.order = append(x.order, h)
	x.usage.add(h)
	return old
}

// remove forgets h, if it is still the entry of its id.
func (x *index) remove(h *head) {
	if h == nil || !x.has(h) {
		return
	}
	delete(x.byID, h.ID)
	x.usage.subtract(h)
	if len(x.order) > 2*len(x.byID)+1000 {
		x.order = slices.DeleteFunc(x.order, func(h *head) bool { return !x.has(h) })
	}
}

func (x *index) has(h *head) bool { return x.byID[h.ID] == h }

// excess returns the entries of a holder that came first and have to go until
// it is within the limit.
func (x *index) excess(of holder, most Limit) []*head {
	var out []*head
	left := x.usage.held[of]
	for _, h := range x.order {
		if most.holds(left) {
			break
		}
		if x.has(h) && slices.Contains(holders(h), of) {
			out = append(out, h)
			left = left.minus(h)
		}
	}
	return out
}

// old returns the entries that came before since.
func (x *index) old(since time.Time) []*head {
	for len(x.order) > 0 && !x.has(x.order[0]) {
		x.order = x.order[1:]
	}
	var out []*head
	for _, h := range x.order {
		if !h.kept.Before(since) {
			break
		}
		if x.has(h) {
			out = append(out, h)
		}
	}
	return out
}

// sorted returns the heads that fit, oldest receipt first.
func (x *index) sorted(f Filter) []*head {
	var out []*head
	for _, h := range x.byID {
		if f.fits(h) {
			out = append(out, h)
		}
	}
	slices.SortFunc(out, func(a, b *head) int {
		return cmp.Or(a.Received.Compare(b.Received), cmp.Compare(a.seq, b.seq))
	})
	return out
}

// groups sums up heads, which stand oldest first.
func groups(heads []*head) []Group {
	type key struct{ reason, field, unit string }
	by := map[key]*Group{}
	devices := map[key]map[string]bool{}
	for _, h := range heads {
		k := key{string(h.Reason), h.Field, h.Unit}
		g := by[k]
		if g == nil {
			g = &Group{Reason: h.Reason, Field: h.Field, Unit: h.Unit, Hint: Hint(h.Reason), Oldest: h.Received}
			by[k], devices[k] = g, map[string]bool{}
		}
		g.Count++
		g.Detail, g.Newest = h.Detail, h.Received
		devices[k][h.Device] = true
		g.Devices = len(devices[k])
	}
	out := make([]Group, 0, len(by))
	for _, g := range by {
		out = append(out, *g)
	}
	slices.SortFunc(out, func(a, b Group) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(string(a.Reason)+a.Field+a.Unit, string(b.Reason)+b.Field+b.Unit))
	})
	return out
}
