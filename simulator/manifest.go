package simulator

import (
	"crypto/sha256"
	"encoding/hex"
)

// manifest is the XOR of the digests of all messages, topic and payload: it
// does not depend on their order, nor on which process sent which.
type manifest [sha256.Size]byte

func (m *manifest) add(topic string, payload []byte) {
	h := sha256.New()
	h.Write([]byte(topic))
	h.Write([]byte{0})
	h.Write(payload)
	var sum manifest
	h.Sum(sum[:0])
	m.merge(&sum)
}

func (m *manifest) merge(other *manifest) {
	for i, b := range other {
		m[i] ^= b
	}
}

// String returns the manifest in hexadecimal.
func (m *manifest) String() string { return hex.EncodeToString(m[:]) }
