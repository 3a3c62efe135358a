package quantity

import (
	"errors"
	"math"
)

// Errors of conversions.
var (
	// ErrUnknown is returned for a unit that is not in the table.
	ErrUnknown = errors.New("unit is not known")
	// ErrQuantity is returned when the two units measure different things.
	ErrQuantity = errors.New("unit is of another quantity than the field")
	// ErrDomain is returned for a value that the unit cannot have, such as a
	// power of 0 mW on a logarithmic scale.
	ErrDomain = errors.New("value has no counterpart in the field's unit")
)

// Convert returns v, given in from, in the unit whose symbol is to: the Unit
// of a field of the schema. The zero Unit is the canonical one and leaves v as
// it is; "" stands for a pure number.
func Convert(v float64, from Unit, to string) (float64, error) {
	if from == 0 || from.entry().symbol == to {
		return v, nil
	}
	if to == "" {
		return between(v, from, One)
	}
	target, ok := Parse(to)
	if !ok {
		return 0, ErrUnknown
	}
	return between(v, from, target)
}

func between(v float64, from, to Unit) (float64, error) {
	if from == to {
		return v, nil
	}
	a, b := from.entry(), to.entry()
	switch {
	case a.dim == Unknown || b.dim == Unknown:
		return 0, ErrUnknown
	case a.dim != b.dim:
		return 0, ErrQuantity
	case a.log == b.log:
		num, den := a.num*b.den, a.den*b.num
		if a.zero != 0 { // multiplied first, so that 71.6 °F are 22 °C and not a digit less
			return tidy((v*num-a.zero*num)/den+b.zero, max(math.Abs(a.zero), math.Abs(b.zero))), nil
		}
		return tidy(scale(v, num, den)+b.zero, math.Abs(b.zero)), nil
	case a.log: // dBm to mW
		mw := math.Pow(10, scale(v-a.zero, a.num, a.den)/10)
		return scale(mw, b.den, b.num), nil
	default: // mW to dBm
		mw := scale(v, a.num, a.den)
		if mw <= 0 {
			return 0, ErrDomain
		}
		return scale(10*math.Log10(mw), b.den, b.num) + b.zero, nil
	}
}

// tidy returns the decimal of up to nine places that v is but for the rounding of
// binary arithmetic: 0.0051 s are 5.1 ms and not 5.1000000000000005. Anything else
// stays as it is. The rounding is that of v and of what was added to it.
func tidy(v, added float64) float64 {
	const places, exact = 1e9, 1 << 53
	whole := math.Round(v * places)
	if near := whole / places; math.Abs(whole) < exact && math.Abs(near-v) <= 1e-15*max(math.Abs(v), added) {
		return near
	}
	return v
}

// scale returns v·num/den with one rounding where one factor divides the other.
func scale(v, num, den float64) float64 {
	if q := num / den; q == math.Trunc(q) {
		return v * q
	}
	if q := den / num; q == math.Trunc(q) {
		return v / q
	}
	return v * num / den
}
