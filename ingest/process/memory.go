package process

import (
	"encoding/binary"
	"errors"
)

const (
	memorySets = 1 << 15 // a power of two
	memoryWays = 4

	// rememberedOnDisk is how many of the newest readings a checkpoint holds.
	rememberedOnDisk = 4096
)

// verdict says what is new about a reading.
type verdict uint8

const (
	unseen    verdict = iota
	repeated          // same identity, same values
	corrected         // same identity, other values: the later one wins
)

// memory knows readings again when they come a second time. It is of fixed
// size, 2 MiB: a reading is found by its identity in one of 32,768 sets, each a
// cache line, and pushed out by the fourth newer one of the same set. That is
// after 131,072 newer readings on the average, and before 16,384 in two cases of
// a thousand.
type memory struct {
	sets   [][memoryWays]seen // the newest stands first; the zero identity is an empty place
	recent []seen             // ring of the newest, for the checkpoint
	oldest int                // in recent, once that is full
}

func newMemory() *memory {
	return &memory{sets: make([][memoryWays]seen, memorySets), recent: make([]seen, 0, rememberedOnDisk)}
}

// note tells what is new about s and remembers it.
func (m *memory) note(s seen) verdict {
	set := &m.sets[s.identity%memorySets]
	for i := range set {
		if set[i].identity != s.identity {
			continue
		}
		if set[i].values == s.values {
			return repeated
		}
		set[i] = s
		m.keep(s)
		return corrected
	}
	copy(set[1:], set[:memoryWays-1])
	set[0] = s
	m.keep(s)
	return unseen
}

func (m *memory) keep(s seen) {
	if len(m.recent) < rememberedOnDisk {
		m.recent = append(m.recent, s)
		return
	}
	m.recent[m.oldest] = s
	m.oldest = (m.oldest + 1) % rememberedOnDisk
}

// append appends the newest readings, oldest first: 16 bytes each, identity and
// values, little-endian.
func (m *memory) append(dst []byte) []byte {
	for i := range m.recent {
		s := m.recent[(m.oldest+i)%len(m.recent)]
		dst = binary.LittleEndian.AppendUint64(dst, s.identity)
		dst = binary.LittleEndian.AppendUint64(dst, s.values)
	}
	return dst
}

// restore remembers what append wrote.
func (m *memory) restore(data []byte) error {
	if len(data)%16 != 0 {
		return errors.New("remembered readings are cut short")
	}
	for ; len(data) > 0; data = data[16:] {
		m.note(seen{binary.LittleEndian.Uint64(data), binary.LittleEndian.Uint64(data[8:])})
	}
	return nil
}
