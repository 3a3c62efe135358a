package encode

import (
	"encoding/binary"
	"encoding/hex"
	"hash/fnv"
)

// hash64 returns the same number for the same names.
func hash64(names ...string) uint64 {
	h := fnv.New64a()
	for _, n := range names {
		h.Write([]byte(n))
		h.Write([]byte{0})
	}
	return h.Sum64()
}

// EUI returns an EUI-64 of the locally administered range, so that it is
// nobody's.
func EUI(names ...string) string {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], hash64(names...))
	b[0] = b[0]&^1 | 2
	return hex.EncodeToString(b[:])
}

// uuid returns a UUID (version 8, RFC 9562) made of names.
func uuid(names ...string) string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], hash64(names...))
	binary.BigEndian.PutUint64(b[8:], hash64(append(names, "2")...))
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80
	s := hex.EncodeToString(b[:])
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}
