package senml

import (
	"math"
	"strconv"
	"unicode/utf8"

	"rione/ingest/decode/wire"
)

// cursor reads CBOR (RFC 8949) from its front to its end. What it reads was
// found to be well-formed, and so never ends within an item.
type cursor struct{ rest []byte }

// head is how an item begins: its major type and its argument, a number or a
// length.
type head struct {
	major, info byte
	arg         uint64
}

// Major types (RFC 8949, section 3.1).
const (
	unsignedInt byte = iota
	negativeInt
	byteString
	textString
	array
	mapping
	tag
	simple
)

// Additional information, of which the last is of simple values and floats.
const (
	sizeOf1    = 24 // the argument follows in one byte, or two, four, eight
	sizeOf8    = 27
	indefinite = 31
	isFalse    = 20
	isTrue     = 21
	bits16     = 25
	bits32     = 26
	bits64     = 27
)

const breakByte = 0xff // the end of an item of indefinite length

func (c *cursor) head() head {
	h := head{major: c.rest[0] >> 5, info: c.rest[0] & 31}
	h.arg, c.rest = uint64(h.info), c.rest[1:]
	if h.info >= sizeOf1 && h.info <= sizeOf8 {
		size := 1 << (h.info - sizeOf1)
		h.arg = 0
		for _, b := range c.rest[:size] {
			h.arg = h.arg<<8 | uint64(b)
		}
		c.rest = c.rest[size:]
	}
	return h
}

// more tells whether another element follows in the item of h, of which n were
// read, and passes over its end.
func (c *cursor) more(h head, n uint64) bool {
	if h.info != indefinite {
		return n < h.arg
	}
	if c.rest[0] == breakByte {
		c.rest = c.rest[1:]
		return false
	}
	return true
}

// skip passes over an item.
func (c *cursor) skip() { c.pass(c.head()) }

// pass passes over what follows the head of an item.
func (c *cursor) pass(h head) {
	switch h.major {
	case byteString, textString:
		if h.info != indefinite {
			c.rest = c.rest[h.arg:]
			return
		}
		for c.more(h, 0) {
			c.skip()
		}
	case array:
		for n := uint64(0); c.more(h, n); n++ {
			c.skip()
		}
	case mapping:
		for n := uint64(0); c.more(h, n); n++ {
			c.skip()
			c.skip()
		}
	case tag:
		c.skip()
	}
}

// whole reads a whole number of 64 bits, or passes over anything else.
func (c *cursor) whole() (int64, bool) {
	h := c.head()
	switch {
	case h.major == unsignedInt && h.arg <= math.MaxInt64:
		return int64(h.arg), true
	case h.major == negativeInt && h.arg <= math.MaxInt64:
		return -1 - int64(h.arg), true
	}
	c.pass(h)
	return 0, false
}

// number reads a finite number, or passes over anything else. Decimal fractions
// (tag 4) are numbers too: RFC 8428, section 6, allows them.
func (c *cursor) number() (float64, bool) {
	h := c.head()
	f := math.NaN()
	switch {
	case h.major == unsignedInt:
		return float64(h.arg), true
	case h.major == negativeInt:
		return -1 - float64(h.arg), true
	case h.major == tag && h.arg == decimalTag:
		return c.decimalFraction()
	case h.major != simple:
	case h.info == bits16:
		f = wire.Float32(half(uint16(h.arg)))
	case h.info == bits32:
		f = wire.Float32(math.Float32frombits(uint32(h.arg)))
	case h.info == bits64:
		f = math.Float64frombits(h.arg)
	}
	c.pass(h)
	return f, f == f && !math.IsInf(f, 0)
}

const decimalTag = 4

// decimalFraction reads an array of a power of ten and a whole number.
func (c *cursor) decimalFraction() (float64, bool) {
	h := c.head()
	if h.major != array {
		c.pass(h)
		return 0, false
	}
	var parts [2]int64
	ok, n := true, 0
	for ; c.more(h, uint64(n)); n++ {
		if n < len(parts) {
			var whole bool
			parts[n], whole = c.whole()
			ok = ok && whole
		} else {
			c.skip()
		}
	}
	if exponent := parts[0]; !ok || n != len(parts) || exponent < -400 || exponent > 400 {
		return 0, false
	}
	return wire.Float([]byte(strconv.FormatInt(parts[1], 10) + "e" + strconv.FormatInt(parts[0], 10)))
}

// half returns the figure of 16 bits (RFC 8949, appendix D).
func half(bits uint16) (f float32) {
	exponent, mantissa := int(bits>>10&31), float32(bits&1023)
	switch exponent {
	case 0:
		f = mantissa / (1 << 24)
	case 31:
		f = float32(math.Inf(1))
		if mantissa != 0 {
			f = float32(math.NaN())
		}
	default:
		f = (mantissa + 1024) * float32(math.Ldexp(1, exponent-25))
	}
	if bits>>15 != 0 {
		f = -f
	}
	return f
}

// text reads a text, which refers to what is read unless it came in pieces, or
// passes over anything else.
func (c *cursor) text() (string, bool) {
	h := c.head()
	if h.major != textString {
		c.pass(h)
		return "", false
	}
	if h.info != indefinite {
		text := c.rest[:h.arg]
		c.rest = c.rest[h.arg:]
		return wire.Text(text), utf8.Valid(text)
	}
	var text []byte
	for c.more(h, 0) {
		piece := c.head()
		text = append(text, c.rest[:piece.arg]...)
		c.rest = c.rest[piece.arg:]
	}
	return wire.Text(text), utf8.Valid(text)
}

// truth reads true or false, or passes over anything else.
func (c *cursor) truth() (is, ok bool) {
	h := c.head()
	c.pass(h)
	return h.info == isTrue, h.major == simple && (h.info == isTrue || h.info == isFalse)
}
