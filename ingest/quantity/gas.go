package quantity

import (
	"errors"
	"strings"
)

// Reference is the state of air that a concentration is stated for.
type Reference struct {
	Celsius    float64 // temperature, °C
	Kilopascal float64 // pressure, kPa
}

// EUReference is the reference state for gaseous pollutants in ambient air,
// 20 °C and 101.3 kPa (Directive 2008/50/EC, annex VI, section C; kept by
// Directive (EU) 2024/2881).
func EUReference() Reference { return Reference{Celsius: 20, Kilopascal: 101.3} }

const (
	gasConstant = 8.31446261815324 // J/(mol·K), CODATA 2018, exact
	zeroCelsius = 273.15           // K
)

// molarVolume returns litres per mole of an ideal gas.
func (r Reference) molarVolume() float64 {
	return gasConstant * (r.Celsius + zeroCelsius) / r.Kilopascal
}

// molarMass returns g/mol of the gas that a field is about, from the standard
// atomic weights (IUPAC 2021, abridged), or 0 when it is about none.
func molarMass(field string) float64 {
	gas, _, _ := strings.Cut(field, "_")
	switch gas {
	case "no2":
		return 46.005
	case "o3":
		return 47.997
	case "so2":
		return 64.058
	case "co":
		return 28.010
	case "co2":
		return 44.009
	case "no":
		return 30.006
	case "c6h6":
		return 78.114
	}
	return 0
}

// ToField returns v, given in from, in the unit of a field of the schema. It is
// Convert, and beyond that knows the gas that the field is about, so that ppb
// become µg/m³ and the other way round: value = ppb · M / Vm. The reference
// state is ref, or, when ref is nil, the EU's, and then assumed is true (the
// bit AssumedReference of the point).
func ToField(v float64, from Unit, field, unit string, ref *Reference) (value float64, assumed bool, err error) {
	value, err = Convert(v, from, unit)
	if !errors.Is(err, ErrQuantity) {
		return value, false, err
	}
	to, _ := Parse(unit)
	if from.Dimension() == Pure && to.Dimension() == MixingRatio { // RFC 8798: ppm are "/" by 10⁻⁶
		share, _ := between(v, from, One)
		value, err = between(share*1e9, PartPerBillion, to)
		return value, false, err
	}
	mass := molarMass(field)
	if mass == 0 {
		return 0, false, ErrQuantity
	}
	state := EUReference()
	if ref != nil {
		state = *ref
	}
	factor := mass / state.molarVolume() // µg/m³ for each ppb
	switch {
	case from.Dimension() == MixingRatio && to.Dimension() == Concentration:
		ppb, _ := between(v, from, PartPerBillion)
		value, err = between(ppb*factor, MicrogramPerCubicMetre, to)
	case from.Dimension() == Concentration && to.Dimension() == MixingRatio:
		ug, _ := between(v, from, MicrogramPerCubicMetre)
		value, err = between(ug/factor, PartPerBillion, to)
	default:
		return 0, false, ErrQuantity
	}
	return value, ref == nil, err
}
