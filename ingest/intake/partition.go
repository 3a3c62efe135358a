package intake

import (
	"strings"

	"rione/ingest"
)

// partitionOf keeps the messages of a device together and so in order. Who is
// known by name stays where its name leads, with every device that it speaks
// for. Behind an outer broker only the topic tells: a device's topics differ in
// their last level, and those of a Sparkplug edge node, whose births its later
// messages need, in what follows the message type.
//
// The answer is the same in every release, since what is in the journal lies
// where an earlier start has put it.
func partitionOf(m *ingest.Message, partitions int) int {
	if partitions == 1 {
		return 0
	}
	h := uint64(fnvOffset)
	if m.Client != "" {
		h = fnv1a(h, m.Client)
	} else if group, node, ok := sparkplugNode(m.Topic); ok {
		h = fnv1a(fnv1a(h, group), node)
	} else if i := strings.LastIndexByte(m.Topic, '/'); i > 0 {
		h = fnv1a(h, m.Topic[:i])
	} else {
		h = fnv1a(h, m.Topic)
	}
	return int(h % uint64(partitions))
}

// sparkplugNode splits spBv1.0/group/type/node[/device].
func sparkplugNode(topic string) (group, node string, ok bool) {
	rest, ok := strings.CutPrefix(topic, "spBv1.0/")
	if !ok {
		return "", "", false
	}
	group, rest, _ = strings.Cut(rest, "/")
	_, rest, ok = strings.Cut(rest, "/")
	node, _, _ = strings.Cut(rest, "/")
	return group, node, ok
}

// FNV-1a, 64 bits, by Fowler, Noll and Vo.
const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

func fnv1a(h uint64, s string) uint64 {
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * fnvPrime
	}
	return h
}
