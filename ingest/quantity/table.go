package quantity

import "strings"

// The units. What a unit is called stands in the table below.
const (
	_ Unit = iota
	One
	Percent
	Permille
	Celsius
	Kelvin
	Fahrenheit
	Pascal
	Hectopascal
	Kilopascal
	Bar
	MillimetreOfMercury
	InchOfMercury
	Watt
	Milliwatt
	Microwatt
	Kilowatt
	DBm
	DeciDBm  // 0.1 dBm
	MilliDBm // 0.001 dBm
	DBW
	Decibel
	DeciDecibel // 0.1 dB
	Bel
	MetrePerSecond
	KilometrePerHour
	Knot
	MilePerHour
	MillimetrePerHour
	MetrePerHour
	Metre
	Kilometre
	Centimetre
	Millimetre
	Micrometre
	Inch
	Foot
	Degree
	Radian
	Second
	Millisecond
	Microsecond
	Nanosecond
	Minute
	Hour
	Day
	Byte
	Kilobyte
	Megabyte
	Gigabyte
	Kibibyte
	Mebibyte
	Bit
	BitPerSecond
	KilobitPerSecond
	MegabitPerSecond
	GigabitPerSecond
	BytePerSecond
	MegabytePerSecond
	Hertz
	Kilohertz
	Megahertz
	Gigahertz
	Ampere
	Milliampere
	Microampere
	Volt
	Millivolt
	Microvolt
	Joule
	Kilojoule
	WattHour
	KilowattHour
	WattPerSquareMetre
	Lux
	Kilolux
	MicrogramPerCubicMetre
	MilligramPerCubicMetre
	NanogramPerCubicMetre
	KilogramPerCubicMetre
	PartPerMillion
	PartPerBillion
	PartPerTrillion
)

// entry is one unit: value in the base unit of its dimension is
// (value − zero) · num / den, or, for a logarithmic unit of power, that figure
// in dBm. Fractions keep conversions free of the error of 0.1.
type entry struct {
	symbol   string // UCUM, or plain where UCUM has no name for it
	dim      Dimension
	num, den float64
	zero     float64
	log      bool
	names    string // other names, separated by blanks: SenML, CEFACT, plain
}

// Sources of the factors: the SI brochure (9th ed.) and NIST SP 811, B.8.
var table = [...]entry{
	0:                      {},
	One:                    {"1", Pure, 1, 1, 0, false, "/ C62 count ratio"},
	Percent:                {"%", Pure, 1, 100, 0, false, "P1 %RH %EL /100 percent pct"},
	Permille:               {"[ppth]", Pure, 1, 1000, 0, false, "‰ /1000 NX"},
	Celsius:                {"Cel", Temperature, 1, 1, 0, false, "CEL °C C degC celsius"},
	Kelvin:                 {"K", Temperature, 1, 1, 273.15, false, "KEL kelvin"},
	Fahrenheit:             {"[degF]", Temperature, 5, 9, 32, false, "FAH °F F degF fahrenheit"},
	Pascal:                 {"Pa", Pressure, 1, 1, 0, false, "PAL pascal"},
	Hectopascal:            {"hPa", Pressure, 100, 1, 0, false, "A97 mbar MBR millibar hectopascal"},
	Kilopascal:             {"kPa", Pressure, 1000, 1, 0, false, "KPA"},
	Bar:                    {"bar", Pressure, 100_000, 1, 0, false, "BAR"},
	MillimetreOfMercury:    {"mm[Hg]", Pressure, 133.322387415, 1, 0, false, "mmHg HN"},
	InchOfMercury:          {"[in_i'Hg]", Pressure, 3386.388640341, 1, 0, false, "inHg F79"},
	Watt:                   {"W", Power, 1000, 1, 0, false, "WTT watt"},
	Milliwatt:              {"mW", Power, 1, 1, 0, false, "C31"},
	Microwatt:              {"uW", Power, 1, 1000, 0, false, "µW μW D80"},
	Kilowatt:               {"kW", Power, 1_000_000, 1, 0, false, "KWT"},
	DBm:                    {"dBm", Power, 1, 1, 0, true, "B[mW] dB[mW]"},
	DeciDBm:                {"0.1dBm", Power, 1, 10, 0, true, "d(B[mW])"},
	MilliDBm:               {"0.001dBm", Power, 1, 1000, 0, true, ""},
	DBW:                    {"dBW", Power, 1, 1, -30, true, "B[W] dB[W]"},
	Decibel:                {"dB", Level, 1, 1, 0, false, "2N dBA dB(A) dB[SPL] decibel"},
	DeciDecibel:            {"0.1dB", Level, 1, 10, 0, false, ""},
	Bel:                    {"B[SPL]", Level, 10, 1, 0, false, "Bspl M72"},
	MetrePerSecond:         {"m/s", Speed, 1, 1, 0, false, "MTS m.s-1 mps"},
	KilometrePerHour:       {"km/h", Speed, 10, 36, 0, false, "KMH kmh kph"},
	Knot:                   {"[kn_i]", Speed, 1852, 3600, 0, false, "kn KNT knot knots kt"},
	MilePerHour:            {"[mi_i]/h", Speed, 44704, 100_000, 0, false, "mph HM"},
	MillimetrePerHour:      {"mm/h", Speed, 1, 3_600_000, 0, false, "H67"},
	MetrePerHour:           {"m/h", Speed, 1, 3600, 0, false, "M60"},
	Metre:                  {"m", Length, 1, 1, 0, false, "MTR metre meter"},
	Kilometre:              {"km", Length, 1000, 1, 0, false, "KMT"},
	Centimetre:             {"cm", Length, 1, 100, 0, false, "CMT"},
	Millimetre:             {"mm", Length, 1, 1000, 0, false, "MMT l/m2"},
	Micrometre:             {"um", Length, 1, 1_000_000, 0, false, "µm μm 4H"},
	Inch:                   {"[in_i]", Length, 254, 10_000, 0, false, "in INH inch"},
	Foot:                   {"[ft_i]", Length, 3048, 10_000, 0, false, "ft FOT foot"},
	Degree:                 {"deg", Angle, 1, 1, 0, false, "° DD lat lon degree degrees"},
	Radian:                 {"rad", Angle, 57.29577951308232, 1, 0, false, "C81"},
	Second:                 {"s", Time, 1, 1, 0, false, "SEC sec seconds"},
	Millisecond:            {"ms", Time, 1, 1000, 0, false, "C26 msec"},
	Microsecond:            {"us", Time, 1, 1_000_000, 0, false, "µs μs B98 usec"},
	Nanosecond:             {"ns", Time, 1, 1_000_000_000, 0, false, "C47"},
	Minute:                 {"min", Time, 60, 1, 0, false, "MIN"},
	Hour:                   {"h", Time, 3600, 1, 0, false, "HUR"},
	Day:                    {"d", Time, 86_400, 1, 0, false, "DAY"},
	Byte:                   {"By", Data, 1, 1, 0, false, "B AD byte bytes"},
	Kilobyte:               {"kBy", Data, 1000, 1, 0, false, "kB 2P"},
	Megabyte:               {"MBy", Data, 1_000_000, 1, 0, false, "MB 4L"},
	Gigabyte:               {"GBy", Data, 1_000_000_000, 1, 0, false, "GB E34"},
	Kibibyte:               {"KiBy", Data, 1024, 1, 0, false, "KiB E64"},
	Mebibyte:               {"MiBy", Data, 1024 * 1024, 1, 0, false, "MiB E63"},
	Bit:                    {"bit", Data, 1, 8, 0, false, "A99"},
	BitPerSecond:           {"bit/s", DataRate, 1, 1, 0, false, "B10 bps"},
	KilobitPerSecond:       {"kbit/s", DataRate, 1000, 1, 0, false, "C74 kbps"},
	MegabitPerSecond:       {"Mbit/s", DataRate, 1_000_000, 1, 0, false, "E20 Mbps"},
	GigabitPerSecond:       {"Gbit/s", DataRate, 1_000_000_000, 1, 0, false, "B80 Gbps"},
	BytePerSecond:          {"By/s", DataRate, 8, 1, 0, false, "B/s P93"},
	MegabytePerSecond:      {"MBy/s", DataRate, 8_000_000, 1, 0, false, "MB/s P95"},
	Hertz:                  {"Hz", Frequency, 1, 1_000_000, 0, false, "HTZ"},
	Kilohertz:              {"kHz", Frequency, 1, 1000, 0, false, "KHZ"},
	Megahertz:              {"MHz", Frequency, 1, 1, 0, false, "MHZ"},
	Gigahertz:              {"GHz", Frequency, 1000, 1, 0, false, "A86"},
	Ampere:                 {"A", Current, 1, 1, 0, false, "AMP"},
	Milliampere:            {"mA", Current, 1, 1000, 0, false, "4K"},
	Microampere:            {"uA", Current, 1, 1_000_000, 0, false, "µA μA B84"},
	Volt:                   {"V", Voltage, 1, 1, 0, false, "VLT"},
	Millivolt:              {"mV", Voltage, 1, 1000, 0, false, "2Z"},
	Microvolt:              {"uV", Voltage, 1, 1_000_000, 0, false, "µV μV D82"},
	Joule:                  {"J", Energy, 1, 1, 0, false, "JOU Ws"},
	Kilojoule:              {"kJ", Energy, 1000, 1, 0, false, "KJO"},
	WattHour:               {"W.h", Energy, 3600, 1, 0, false, "Wh WHR"},
	KilowattHour:           {"kW.h", Energy, 3_600_000, 1, 0, false, "kWh KWH"},
	WattPerSquareMetre:     {"W/m2", Irradiance, 1, 1, 0, false, "D54 W.m-2 W/m² W/m^2"},
	Lux:                    {"lx", Illuminance, 1, 1, 0, false, "LUX lux"},
	Kilolux:                {"klx", Illuminance, 1000, 1, 0, false, "KLX"},
	MicrogramPerCubicMetre: {"ug/m3", Concentration, 1, 1, 0, false, "GQ µg/m³ µg/m3 μg/m³ μg/m3 ug/m³ ug.m-3 ugm3"},
	MilligramPerCubicMetre: {"mg/m3", Concentration, 1000, 1, 0, false, "GP mg/m³ mg.m-3"},
	NanogramPerCubicMetre:  {"ng/m3", Concentration, 1, 1000, 0, false, "ng/m³ ng.m-3"},
	KilogramPerCubicMetre:  {"kg/m3", Concentration, 1_000_000_000, 1, 0, false, "KMQ kg/m³ kg.m-3"},
	PartPerMillion:         {"[ppm]", MixingRatio, 1000, 1, 0, false, "ppm 59"},
	PartPerBillion:         {"[ppb]", MixingRatio, 1, 1, 0, false, "ppb 61"},
	PartPerTrillion:        {"[pptr]", MixingRatio, 1, 1000, 0, false, "ppt"},
}

var bySymbol = func() map[string]Unit {
	out := make(map[string]Unit, 4*len(table))
	for u := One; int(u) < len(table); u++ {
		out[table[u].symbol] = u
		for name := range strings.FieldsSeq(table[u].names) {
			out[name] = u
		}
	}
	return out
}()

// byLower holds the lower-case forms that mean one unit only.
var byLower = func() map[string]Unit {
	out, twice := make(map[string]Unit, len(bySymbol)), map[string]bool{}
	for name, u := range bySymbol {
		low := strings.ToLower(name)
		if other, ok := out[low]; ok && other != u {
			twice[low] = true
		}
		out[low] = u
	}
	for low := range twice {
		delete(out, low)
	}
	return out
}()
