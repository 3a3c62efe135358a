package changelog

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// A message of the streams is one part of an encoded set:
//
//	"RNE"  version  id[16]  index u16  count u16  crc32c u32  bytes
//
// Integers are big-endian; the checksum covers everything but itself.
const (
	formatMagic   = "RNE"
	formatVersion = 3 // 1 knew neither states nor grants, 2 neither calibrations nor invalid periods
	partHeader    = len(formatMagic) + 1 + 16 + 2 + 2 + 4
	maxParts      = 1<<16 - 1
)

// errVersion is returned for a part that a newer rione wrote.
var errVersion = errors.New("the registry was written by a newer rione; upgrade this one")

// part is one piece of a set.
type part struct {
	id    [16]byte // of the set, drawn at random
	index uint16   // from 0
	count uint16   // of the set
	bytes []byte
}

// split returns the messages of an encoded set, each of at most size bytes.
func split(encoded []byte, size int) ([][]byte, error) {
	size -= partHeader
	count := max(1, (len(encoded)+size-1)/size)
	if count > maxParts {
		return nil, fmt.Errorf("the change set takes %d messages, the limit is %d: split the import", count, maxParts)
	}
	p := part{count: uint16(count)}
	rand.Read(p.id[:])
	messages := make([][]byte, count)
	for i := range messages {
		n := min(size, len(encoded))
		p.index, p.bytes = uint16(i), encoded[:n]
		messages[i] = p.message()
		encoded = encoded[n:]
	}
	return messages, nil
}

func (p *part) message() []byte {
	m := make([]byte, 0, partHeader+len(p.bytes))
	m = append(m, formatMagic...)
	m = append(m, formatVersion)
	m = append(m, p.id[:]...)
	m = binary.BigEndian.AppendUint16(m, p.index)
	m = binary.BigEndian.AppendUint16(m, p.count)
	m = binary.BigEndian.AppendUint32(m, checksum(m, p.bytes))
	return append(m, p.bytes...)
}

// parsePart reads a message; the part's bytes are those of the message.
func parsePart(m []byte) (*part, error) {
	if len(m) < partHeader || string(m[:len(formatMagic)]) != formatMagic {
		return nil, errors.New("message is not a part of a change set")
	}
	if v := m[len(formatMagic)]; v == 0 || v > formatVersion {
		return nil, fmt.Errorf("format version %d: %w", v, errVersion)
	}
	p := &part{
		id:    [16]byte(m[4:20]),
		index: binary.BigEndian.Uint16(m[20:]),
		count: binary.BigEndian.Uint16(m[22:]),
		bytes: m[partHeader:],
	}
	if binary.BigEndian.Uint32(m[24:]) != checksum(m[:24], p.bytes) {
		return nil, errors.New("part of a change set is damaged: checksum")
	}
	if p.index >= p.count {
		return nil, fmt.Errorf("part %d of %d does not exist", p.index, p.count)
	}
	return p, nil
}

func checksum(header, bytes []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	return crc32.Update(crc32.Checksum(header, table), table, bytes)
}

// assembler puts the parts of a set together. Writers leave no gap between the
// parts of one set, so a part that does not follow the one before tells that
// the set before was never finished: its parts are orphans and are forgotten.
type assembler struct {
	open  part // the last part taken
	bytes []byte
}

// add returns the encoded set once p completes it, else nil. It keeps p's
// bytes.
func (a *assembler) add(p *part) []byte {
	switch {
	case p.index == 0:
		a.bytes = p.bytes[:len(p.bytes):len(p.bytes)]
	case a.isNext(p) && len(a.bytes)+len(p.bytes) <= maxSet:
		a.bytes = append(a.bytes, p.bytes...)
	default:
		a.reset()
		return nil
	}
	a.open = part{id: p.id, index: p.index, count: p.count}
	if p.index+1 < p.count {
		return nil
	}
	whole := a.bytes
	a.reset()
	return whole
}

func (a *assembler) isNext(p *part) bool {
	return len(a.bytes) > 0 && p.id == a.open.id && p.count == a.open.count && p.index == a.open.index+1
}

// reset forgets an unfinished set.
func (a *assembler) reset() { *a = assembler{} }
