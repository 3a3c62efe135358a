// Package record is the format in which the journal keeps raw messages: many
// in one record, compressed, with a header by which the ledger is checked. The
// intake writes it, the processor and the replay read it.
package record

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"time"
	"unsafe"

	"github.com/klauspost/compress/s2"

	"rione/ingest"
)

// The record format, version 1. All integers are unsigned varints unless said
// otherwise; a string is its length and its bytes.
//
//	'J' version
//	epoch first count page base doors×{name total} bodyLength
//	CRC-32C of everything before and of the compressed body, 4 bytes little-endian
//	body, S2 block: count × {door Δreceived(zigzag ns from base) route client topic payload}
//
// A reader keeps reading every older version.
const (
	magic   = 'J'
	version = 1

	// maxBody bounds what a record may expand to, so that a corrupt length
	// cannot claim the memory of the machine.
	maxBody = 64 << 20
)

var (
	// ErrCorrupt is returned for a record that cannot be read: cut short or
	// altered.
	ErrCorrupt = errors.New("journal record is corrupt")
	// ErrNewer is returned for a record of a version that this release does not
	// know. It is whole, and not to be passed over.
	ErrNewer = errors.New("journal record was written by a newer rione; upgrade this one")
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// DoorCount is how many messages a door has handed over since the epoch began,
// this record included.
type DoorCount struct {
	Door  string
	Total uint64
}

// Header is what a record says of itself. It is written by the intake and
// believed by nobody: the processor counts the messages again.
type Header struct {
	Epoch uint64      // boot of the intake, Unix nanoseconds
	First uint64      // ordinal of the first message within the epoch, from 0
	Count int         // messages in the record
	Page  uint64      // page of the ledger within the epoch
	Doors []DoorCount // cumulative, one entry a door that has ever sent
}

// Builder gathers messages into a record. The zero value is ready.
type Builder struct {
	body  []byte
	base  int64
	count int
	doors []DoorCount // Total counts this record only
}

// Append adds a copy of m.
func (b *Builder) Append(m *ingest.Message) {
	received := m.Received.UnixNano()
	if b.count == 0 {
		b.base = received
	}
	b.count++
	b.body = binary.AppendUvarint(b.body, uint64(b.door(m.Door)))
	b.body = binary.AppendVarint(b.body, received-b.base)
	b.body = appendString(b.body, m.Route)
	b.body = appendString(b.body, m.Client)
	b.body = appendString(b.body, m.Topic)
	b.body = binary.AppendUvarint(b.body, uint64(len(m.Payload)))
	b.body = append(b.body, m.Payload...)
}

func (b *Builder) door(name string) int {
	for i := range b.doors {
		if b.doors[i].Door == name {
			b.doors[i].Total++
			return i
		}
	}
	b.doors = append(b.doors, DoorCount{Door: name, Total: 1})
	return len(b.doors) - 1
}

// Count returns the number of messages.
func (b *Builder) Count() int { return b.count }

// Size returns the bytes of the body before compression.
func (b *Builder) Size() int { return len(b.body) }

// Doors returns how many messages of each door are in the record.
func (b *Builder) Doors() []DoorCount { return b.doors }

// Reset empties the builder and keeps its memory.
func (b *Builder) Reset() {
	b.body, b.count, b.doors = b.body[:0], 0, b.doors[:0]
}

// Seal appends the whole record to dst. h.Doors must list the builder's doors
// first and in the order of Doors, which Totals.Header takes care of; h.Count
// is filled in.
func (b *Builder) Seal(dst []byte, h Header) []byte {
	start := len(dst)
	dst = append(dst, magic, version)
	dst = binary.AppendUvarint(dst, h.Epoch)
	dst = binary.AppendUvarint(dst, h.First)
	dst = binary.AppendUvarint(dst, uint64(b.count))
	dst = binary.AppendUvarint(dst, h.Page)
	dst = binary.AppendVarint(dst, b.base)
	dst = binary.AppendUvarint(dst, uint64(len(h.Doors)))
	for _, d := range h.Doors {
		dst = appendString(dst, d.Door)
		dst = binary.AppendUvarint(dst, d.Total)
	}
	dst = binary.AppendUvarint(dst, uint64(len(b.body)))
	head := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	body := len(dst)
	dst = appendS2(dst, b.body)
	sum := crc32.Update(crc32.Checksum(dst[start:head], castagnoli), castagnoli, dst[body:])
	binary.LittleEndian.PutUint32(dst[head:], sum)
	return dst
}

func appendS2(dst, src []byte) []byte {
	need := s2.MaxEncodedLen(len(src))
	if cap(dst)-len(dst) < need {
		grown := make([]byte, len(dst), len(dst)+need)
		copy(grown, dst)
		dst = grown
	}
	out := s2.Encode(dst[len(dst):len(dst)+need], src)
	return dst[:len(dst)+len(out)]
}

// Record is a record being read: its header, then its messages by Next.
type Record struct {
	Header

	base int64
	read int
	body []byte
	rest []byte
	err  error
}

// Open reads data into r, whose memory is reused. The messages that Next gives
// refer to r's memory: they are valid until the following Open. A record that
// cannot be opened has an empty header and no messages, and Err says why.
func (r *Record) Open(data []byte) error {
	r.err = r.open(data)
	if r.err != nil {
		r.Header = Header{Doors: r.Doors[:0]}
		r.rest, r.read = nil, 0
	}
	return r.err
}

func (r *Record) open(data []byte) error {
	in := input{b: data}
	if in.byte() != magic {
		return fmt.Errorf("%w: it does not begin like a record", ErrCorrupt)
	}
	switch v := in.byte(); {
	case v > version:
		return fmt.Errorf("%w (version %d, this release knows up to %d)", ErrNewer, v, version)
	case v < 1:
		return fmt.Errorf("%w: it has no version", ErrCorrupt)
	}
	r.Epoch, r.First = in.uvarint(), in.uvarint()
	count := in.uvarint()
	r.Page, r.base = in.uvarint(), in.varint()
	r.openDoors(&in)
	size := in.uvarint()
	head := len(data) - len(in.b)
	if in.bad || size > maxBody || count > size || len(in.b) < 4 {
		return fmt.Errorf("%w: its header is cut short", ErrCorrupt)
	}
	r.Count = int(count)
	sum, body := binary.LittleEndian.Uint32(in.b), in.b[4:]
	if crc32.Update(crc32.Checksum(data[:head], castagnoli), castagnoli, body) != sum {
		return fmt.Errorf("%w: its checksum does not hold", ErrCorrupt)
	}
	return r.expand(body, int(size))
}

// openDoors keeps the names of the record before, which are the same as a rule.
func (r *Record) openDoors(in *input) {
	known := r.Doors
	r.Doors = r.Doors[:0]
	for n := in.uvarint(); n > 0 && !in.bad; n-- {
		name := in.bytes()
		i := len(r.Doors)
		if i < len(known) && known[i].Door == string(name) {
			r.Doors = append(r.Doors, DoorCount{Door: known[i].Door, Total: in.uvarint()})
		} else {
			r.Doors = append(r.Doors, DoorCount{Door: string(name), Total: in.uvarint()})
		}
	}
}

func (r *Record) expand(body []byte, size int) error {
	if n, err := s2.DecodedLen(body); err != nil || n != size {
		return fmt.Errorf("%w: its body is not of the length it says", ErrCorrupt)
	}
	out, err := s2.Decode(r.body[:cap(r.body)], body)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	r.body, r.rest, r.read = out, out, 0
	return nil
}

// Next reads the following message into m and tells whether there was one.
// After it returned false, Err tells whether the record ended as it should.
func (r *Record) Next(m *ingest.Message) bool {
	if r.err != nil || r.read == r.Count {
		if r.err == nil && len(r.rest) != 0 {
			r.err = fmt.Errorf("%w: bytes follow its last message", ErrCorrupt)
		}
		return false
	}
	in := input{b: r.rest}
	door := in.uvarint()
	received := r.base + in.varint()
	route, client, topic := view(in.bytes()), view(in.bytes()), view(in.bytes())
	payload := in.bytes()
	if in.bad || door >= uint64(len(r.Doors)) {
		r.err = fmt.Errorf("%w: message %d of %d cannot be read", ErrCorrupt, r.read+1, r.Count)
		return false
	}
	*m = ingest.Message{
		Received: time.Unix(0, received).UTC(), Door: r.Doors[door].Door,
		Route: route, Client: client, Topic: topic, Payload: payload, Index: r.read,
	}
	r.rest = in.b
	r.read++
	return true
}

// Err returns why reading stopped before the end, or nil.
func (r *Record) Err() error { return r.err }

// view returns b as a string without copying it. The string is valid as long as
// the record's memory is, which Open's contract passes on to the reader.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

func appendString(dst []byte, s string) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(s)))
	return append(dst, s...)
}

// input reads the record's integers and strings; after a bad one everything is
// zero.
type input struct {
	b   []byte
	bad bool
}

func (in *input) byte() byte {
	if len(in.b) == 0 {
		in.bad = true
		return 0
	}
	c := in.b[0]
	in.b = in.b[1:]
	return c
}

func (in *input) uvarint() uint64 {
	v, n := binary.Uvarint(in.b)
	return v * uint64(in.skip(n))
}

func (in *input) varint() int64 {
	v, n := binary.Varint(in.b)
	return v * int64(in.skip(n))
}

// skip passes n bytes and returns 1, or marks the input bad and returns 0.
func (in *input) skip(n int) int {
	if n <= 0 {
		in.bad, in.b = true, nil
		return 0
	}
	in.b = in.b[n:]
	return 1
}

func (in *input) bytes() []byte {
	n := in.uvarint()
	if n > uint64(len(in.b)) {
		in.bad, in.b = true, nil
		return nil
	}
	out := in.b[:n:n]
	in.b = in.b[n:]
	return out
}
