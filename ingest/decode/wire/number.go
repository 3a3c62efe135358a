package wire

import (
	"math"
	"strconv"
	"strings"
	"unsafe"

	"github.com/valyala/fastjson"
)

// Text returns b as a string without copying. It is valid as long as b is
// unchanged: a value of Parser, until the next Parse.
func Text(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// Raw returns the literal of v as it stands in the payload (numbers) or as
// text (strings); valid until the next call of a method of p.
func (p *Parser) Raw(v *fastjson.Value) string {
	if v.Type() == fastjson.TypeString {
		return Text(v.GetStringBytes())
	}
	p.n = v.MarshalTo(p.n[:0])
	return Text(p.n)
}

// Float returns the number that v is, correctly rounded, and false when it is
// none: NaN and infinities are no numbers, and neither is a magnitude beyond
// float64.
func (p *Parser) Float(v *fastjson.Value) (float64, bool) {
	if v == nil || v.Type() != fastjson.TypeNumber {
		return 0, false
	}
	p.n = v.MarshalTo(p.n[:0])
	return Float(p.n)
}

// Uint returns the non-negative whole number that v is.
func (p *Parser) Uint(v *fastjson.Value) (uint64, bool) {
	f, ok := p.Float(v)
	if !ok || f < 0 || f != math.Trunc(f) || f >= 1<<63 {
		return 0, false
	}
	if f < 1<<53 {
		return uint64(f), true
	}
	n, err := strconv.ParseUint(Text(p.n), 10, 64)
	return n, err == nil
}

// Loose is Float that also takes a number written as text, as old firmware and
// some languages do.
func (p *Parser) Loose(v *fastjson.Value) (float64, bool) {
	if v != nil && v.Type() == fastjson.TypeString {
		return Float(v.GetStringBytes())
	}
	return p.Float(v)
}

// Float returns the decimal number that b spells, correctly rounded.
func Float(b []byte) (float64, bool) {
	if f, ok := exact(b); ok {
		return f, true
	}
	for _, c := range b { // ParseFloat knows names and notations that JSON does not
		if (c < '0' || c > '9') && c != '.' && c != '-' && c != '+' && c != 'e' && c != 'E' {
			return 0, false
		}
	}
	f, err := strconv.ParseFloat(Text(b), 64)
	return f, err == nil
}

// exact is the short way for up to 15 digits without an exponent: a whole
// number and a power of ten that float64 both holds exactly, so that their
// quotient is rounded once (Clinger, "How to read floating point numbers
// accurately", 1990).
func exact(b []byte) (float64, bool) {
	digits, frac, dot := uint64(0), -1, false
	i := 0
	if len(b) > 0 && b[0] == '-' {
		i = 1
	}
	if n := len(b) - i; n == 0 || n > 16 {
		return 0, false
	}
	first := i
	for ; i < len(b); i++ {
		switch c := b[i]; {
		case c >= '0' && c <= '9':
			digits = digits*10 + uint64(c-'0')
		case c == '.' && !dot && i > first:
			dot, frac = true, i
		default:
			return 0, false
		}
	}
	if digits >= 1e15 || frac == len(b)-1 {
		return 0, false
	}
	f := float64(digits)
	if dot {
		f /= powersOfTen[len(b)-1-frac]
	}
	if b[0] == '-' {
		f = -f
	}
	return f, true
}

var powersOfTen = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// NotANumber tells whether text spells NaN or an infinity, which no field
// takes.
func NotANumber(text string) bool {
	text = strings.ToLower(strings.Trim(text, "+- "))
	return text == "nan" || text == "inf" || text == "infinity"
}
