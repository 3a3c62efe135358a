package park

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/klauspost/compress/s2"
)

// The format of a parked batch, version 1. Integers are unsigned varints unless
// said otherwise; a string is its length and its bytes.
//
//	'K' version
//	body, S2 block: bucket lines × {Δrecord(zigzag) index length} text
//
// A reader keeps reading every older version.
const (
	magic   = 'K'
	version = 1

	// maxBody bounds what a batch may expand to.
	maxBody = 64 << 20
)

var (
	// ErrCorrupt is returned for a batch that cannot be read.
	ErrCorrupt = errors.New("parked batch is corrupt")
	// ErrNewer is returned for a batch of a version that this release does not
	// know.
	ErrNewer = errors.New("parked batch was written by a newer rione; upgrade this one")
)

// Origin is the message that a line is of; the zero Origin is no message.
type Origin struct {
	Record uint64 // sequence in the journal
	Index  int    // place within the record
}

// Batch is lines for one bucket, each with its origin.
type Batch struct {
	Bucket  string
	Text    []byte // line protocol, each line with its newline
	ends    []int  // of each line in Text
	origins []Origin
}

// Add appends a line, which ends with a newline.
func (b *Batch) Add(line []byte, from Origin) {
	b.Text = append(b.Text, line...)
	b.ends = append(b.ends, len(b.Text))
	b.origins = append(b.origins, from)
}

// Len returns the number of lines.
func (b *Batch) Len() int { return len(b.ends) }

// Line returns line i with its newline, and its origin.
func (b *Batch) Line(i int) ([]byte, Origin) {
	start := 0
	if i > 0 {
		start = b.ends[i-1]
	}
	return b.Text[start:b.ends[i]], b.origins[i]
}

// Reset forgets the lines and keeps the memory.
func (b *Batch) Reset() {
	b.Text, b.ends, b.origins = b.Text[:0], b.ends[:0], b.origins[:0]
}

// encode returns b in the format above.
func (b *Batch) encode() []byte {
	body := binary.AppendUvarint(nil, uint64(len(b.Bucket)))
	body = append(body, b.Bucket...)
	body = binary.AppendUvarint(body, uint64(b.Len()))
	last := uint64(0)
	for i, from := range b.origins {
		line, _ := b.Line(i)
		body = binary.AppendVarint(body, int64(from.Record-last))
		body = binary.AppendUvarint(body, uint64(from.Index))
		body = binary.AppendUvarint(body, uint64(len(line)))
		last = from.Record
	}
	body = append(body, b.Text...)
	return append([]byte{magic, version}, s2.Encode(nil, body)...)
}

// decode appends the lines of data to b and returns their bucket. b is as it
// was when it fails, or when b has lines of another bucket: then ok is false.
func (b *Batch) decode(data []byte) (ok bool, err error) {
	body, err := expand(data)
	if err != nil {
		return false, err
	}
	in := input{rest: body}
	bucket := string(in.bytes(in.uvarint()))
	if b.Len() > 0 && bucket != b.Bucket {
		return false, nil
	}
	text, lines := len(b.Text), b.Len()
	n := in.uvarint()
	if n > uint64(len(in.rest)) {
		in.bad = true
	}
	last, end := uint64(0), uint64(text)
	for ; n > 0 && !in.bad; n-- {
		last += uint64(in.varint())
		index := in.uvarint()
		end += min(in.uvarint(), maxBody)
		b.origins = append(b.origins, Origin{last, int(index)})
		b.ends = append(b.ends, int(end))
	}
	if in.bad || end-uint64(text) != uint64(len(in.rest)) {
		b.ends, b.origins = b.ends[:lines], b.origins[:lines]
		return false, fmt.Errorf("%w: its lines are not what its header says", ErrCorrupt)
	}
	b.Bucket, b.Text = bucket, append(b.Text, in.rest...)
	return true, nil
}

func expand(data []byte) ([]byte, error) {
	switch {
	case len(data) < 2 || data[0] != magic || data[1] < 1:
		return nil, fmt.Errorf("%w: it does not begin like a batch", ErrCorrupt)
	case data[1] > version:
		return nil, fmt.Errorf("%w (version %d, this release knows up to %d)", ErrNewer, data[1], version)
	}
	if n, err := s2.DecodedLen(data[2:]); err != nil || n > maxBody {
		return nil, fmt.Errorf("%w: its length is impossible", ErrCorrupt)
	}
	body, err := s2.Decode(nil, data[2:])
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return body, nil
}

// input reads integers and bytes; after a bad one everything is zero.
type input struct {
	rest []byte
	bad  bool
}

func (in *input) uvarint() uint64 {
	v, n := binary.Uvarint(in.rest)
	in.skip(n)
	return v
}

func (in *input) varint() int64 {
	v, n := binary.Varint(in.rest)
	in.skip(n)
	return v
}

func (in *input) skip(n int) {
	if n <= 0 {
		in.bad, in.rest = true, nil
		return
	}
	in.rest = in.rest[n:]
}

func (in *input) bytes(n uint64) []byte {
	if n > uint64(len(in.rest)) {
		in.bad, in.rest = true, nil
		return nil
	}
	out := in.rest[:n]
	in.rest = in.rest[n:]
	return out
}
