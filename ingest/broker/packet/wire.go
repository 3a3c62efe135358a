package packet

import (
	"bytes"
	"encoding/binary"
	"unicode/utf8"
)

// cursor takes fields off the front of a packet's body. Once something is
// missing or not valid, bad stays set and every further field is empty.
type cursor struct {
	b   []byte
	bad bool
}

func (c *cursor) take(n int) []byte {
	if c.bad || n > len(c.b) {
		c.bad = true
		return nil
	}
	v := c.b[:n:n]
	c.b = c.b[n:]
	return v
}

func (c *cursor) byte() byte {
	if v := c.take(1); v != nil {
		return v[0]
	}
	return 0
}

func (c *cursor) uint16() uint16 {
	if v := c.take(2); v != nil {
		return binary.BigEndian.Uint16(v)
	}
	return 0
}

func (c *cursor) uint32() uint32 {
	if v := c.take(4); v != nil {
		return binary.BigEndian.Uint32(v)
	}
	return 0
}

func (c *cursor) varint() uint32 {
	v, n := varint(c.b)
	if n <= 0 {
		c.bad = true
		return 0
	}
	c.take(n)
	return v
}

// binary takes bytes with their length before them.
func (c *cursor) binary() []byte { return c.take(int(c.uint16())) }

// text takes a UTF-8 string, which must be valid and without U+0000.
func (c *cursor) text() []byte {
	v := c.binary()
	if !utf8.Valid(v) || bytes.IndexByte(v, 0) >= 0 {
		c.bad = true
		return nil
	}
	return v
}

// filter takes a topic filter, which has at least one character.
func (c *cursor) filter() []byte {
	v := c.text()
	c.bad = c.bad || len(v) == 0
	return v
}

// varint reads a variable byte integer and returns its length: 0 when b is too
// short, -1 when it has more than four bytes.
func varint(b []byte) (v uint32, n int) {
	for n < 4 {
		if n == len(b) {
			return 0, 0
		}
		v |= uint32(b[n]&0x7f) << (7 * n)
		n++
		if b[n-1] < 0x80 {
			return v, n
		}
	}
	return 0, -1
}

func appendVarint(dst []byte, v uint32) []byte {
	for v >= 0x80 {
		dst = append(dst, byte(v)|0x80)
		v >>= 7
	}
	return append(dst, byte(v))
}

func varintLen(v uint32) int {
	n := 1
	for ; v >= 0x80; v >>= 7 {
		n++
	}
	return n
}

func appendText[T string | []byte](dst []byte, s T) []byte {
	return append(binary.BigEndian.AppendUint16(dst, uint16(len(s))), s...)
}
