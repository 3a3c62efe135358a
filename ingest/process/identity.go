package process

import (
	"hash/maphash"
	"math"

	"rione/ingest"
)

// remembered is how many readings of each device are known again when they
// come a second time.
const remembered = 32

// memory is a ring of the newest readings of a device.
type memory struct {
	ring [remembered]seen
	next uint8
}

type seen struct{ identity, values uint64 }

// seed makes the hashes of this process; they are never stored.
var seed = maphash.MakeSeed()

// seenBefore tells whether a reading of the same identity (measurement, extra
// tags, time) and the same values is remembered, and remembers pt. The same
// identity with other values is a correction: the later one wins.
func (s *deviceState) seenBefore(pt *ingest.Point) bool {
	now := seen{identityOf(pt), valuesOf(pt)}
	for i := range s.seen.ring {
		if s.seen.ring[i].identity == now.identity {
			known := s.seen.ring[i] == now
			s.seen.ring[i] = now
			return known
		}
	}
	s.seen.ring[s.seen.next] = now
	s.seen.next = (s.seen.next + 1) % remembered
	return false
}

func identityOf(pt *ingest.Point) uint64 {
	h := maphash.String(seed, pt.Measurement.Name)
	for _, t := range pt.Tags {
		h = mix(mix(h, maphash.String(seed, t.Name)), maphash.String(seed, t.Value))
	}
	return mix(h, uint64(pt.Time.UnixNano()))
}

func valuesOf(pt *ingest.Point) uint64 {
	h := uint64(len(pt.Fields))
	for i := range pt.Fields {
		f := &pt.Fields[i]
		h = mix(mix(h, math.Float64bits(f.Float)), uint64(f.Int))
		h = mix(h, uint64(len(f.Field.Name)))
		if f.Text != "" {
			h = mix(h, maphash.String(seed, f.Text))
		}
	}
	return h
}

// mix combines two words; the multiplier is that of FNV-1a, the rotation
// spreads its weak low bits.
func mix(h, v uint64) uint64 {
	h = (h ^ v) * 0x100000001b3
	return h<<31 | h>>33
}
