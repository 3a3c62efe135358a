package process

import (
	"encoding/binary"
	"math"
	"math/bits"

	"rione/ingest"
)

// seen is a reading as far as it is remembered: the hash of its identity
// (device, measurement, extra tags, time) and that of its values. The hashes are
// kept over restarts, so they must not change from release to release; if they
// have to, stateVersion changes too.
type seen struct{ identity, values uint64 }

// seenOf hashes a point.
func seenOf(pt *ingest.Point) seen {
	id := hashText(0, pt.Device.ID)
	id = hashText(id, pt.Measurement.Name)
	for i := range pt.Tags {
		id = hashText(hashText(id, pt.Tags[i].Name), pt.Tags[i].Value)
	}
	values := uint64(len(pt.Fields))
	for i := range pt.Fields {
		f := &pt.Fields[i]
		values = hashText(values, f.Field.Name)
		values = mix(mix(values, math.Float64bits(f.Float)), uint64(f.Int))
		if f.Text != "" {
			values = hashText(values, f.Text)
		}
	}
	return seen{mix(mix(id, uint64(pt.Time.UnixNano())), 1), values}
}

// hashText goes on from h with a text and its length, eight bytes at a time.
func hashText(h uint64, s string) uint64 {
	h = mix(h, uint64(len(s)))
	for ; len(s) >= 8; s = s[8:] {
		h = mix(h, binary.LittleEndian.Uint64([]byte(s[:8])))
	}
	var tail uint64
	for i := range len(s) {
		tail |= uint64(s[i]) << (8 * i)
	}
	return mix(h, tail)
}

// mix combines two words by the two halves of a product. Source: wyhash, Wang
// Yi, public domain; the factor is 2⁶⁴ divided by the golden ratio.
func mix(h, v uint64) uint64 {
	hi, lo := bits.Mul64(h^v, 0x9e3779b97f4a7c15)
	return hi ^ lo
}
