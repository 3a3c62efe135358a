// Package quantity knows physical quantities, their units and how to convert
// between them. Units are understood by their names in UCUM, in SenML
// (RFC 8428, RFC 8798) and in UN/CEFACT recommendation 20, and by the plain
// spellings that devices use.
package quantity

import "strings"

// Unit is a unit of a source, such as "Pa" or "0.1 dBm". The zero Unit stands
// for the canonical unit of the field that a value goes to.
type Unit uint8

// Dimension is the physical quantity that a unit measures. Values convert only
// within one dimension; gases alone pass from a mixing ratio to a
// concentration, because they have a molar mass (see ToField).
type Dimension uint8

// The dimensions.
const (
	Unknown       Dimension = iota
	Pure                    // ratios, percentages, counts
	Temperature             //
	Pressure                //
	Power                   // electrical or radio, linear or logarithmic
	Level                   // dB: ratios of levels, sound levels
	Speed                   //
	Length                  //
	Angle                   //
	Time                    //
	Data                    // amounts of data
	DataRate                //
	Frequency               //
	Current                 //
	Voltage                 //
	Energy                  //
	Irradiance              //
	Illuminance             //
	Concentration           // mass in a volume of air
	MixingRatio             // parts of a gas in parts of air
)

// Parse returns the unit of that name. It ignores surrounding space and tries
// the name as it stands before it tries it in lower case, since case tells
// apart what other systems keep apart by spelling (mW and MW); and then as it
// would be spelled with ASCII alone: "µg·m⁻³" is ug.m-3, "W/m²" and "W/m^2" are
// W/m2.
func Parse(symbol string) (Unit, bool) {
	symbol = strings.TrimSpace(symbol)
	if u, ok := parse(symbol); ok {
		return u, true
	}
	product, words := spelled(symbol)
	if u, ok := parse(product); ok {
		return u, true
	}
	return parse(words)
}

func parse(symbol string) (Unit, bool) {
	if u, ok := bySymbol[symbol]; ok {
		return u, true
	}
	u, ok := byLower[strings.ToLower(symbol)]
	return u, ok
}

// String returns the unit's symbol in UCUM's notation, "" for the zero Unit.
func (u Unit) String() string { return u.entry().symbol }

// Dimension returns what the unit measures, Unknown for the zero Unit.
func (u Unit) Dimension() Dimension { return u.entry().dim }

func (u Unit) entry() *entry {
	if int(u) < len(table) {
		return &table[u]
	}
	return &table[0]
}
