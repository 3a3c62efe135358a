package wire

import (
	"math"
	"strconv"
)

// Float32 returns the figure that a sender who has only 32 bits means: of the
// decimals that read back as the same 32 bits the shortest, so that 21.4 is
// 21.4 and not 21.399999618530273, the double next to those bits. It differs
// from that double by less than the 32 bits can tell apart. Whole numbers are
// exact in 32 bits and stay as they are, and so does what is no number.
//
// It is for binary formats, whose type says how much the sender knew. A number
// written in decimals is the number that it spells.
func Float32(f float32) float64 {
	wide := float64(f)
	if wide == math.Trunc(wide) || wide != wide || math.IsInf(wide, 0) {
		return wide
	}
	var buf [24]byte
	short, err := strconv.ParseFloat(Text(strconv.AppendFloat(buf[:0], wide, 'e', -1, 32)), 64)
	if err != nil { // digits of a finite number: it cannot fail
		return wide
	}
	return short
}
