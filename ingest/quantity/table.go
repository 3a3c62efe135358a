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
	Torr
	Atmosphere
	PoundPerSquareInch
	Watt
	Milliwatt
	Microwatt
	Nanowatt
	Kilowatt
	Megawatt
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
	CentimetrePerSecond
	FootPerSecond
	YardPerSecond
	Metre
	Kilometre
	Centimetre
	Millimetre
	Micrometre
	Inch
	Foot
	Yard
	Mile
	Decimetre
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
	Gibibyte
	Terabyte
	Bit
	BitPerSecond
	KilobitPerSecond
	MegabitPerSecond
	GigabitPerSecond
	BytePerSecond
	MegabytePerSecond
	KilobytePerSecond
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
	MegawattHour
	WattPerSquareMetre
	KilowattPerSquareMetre
	Lux
	Kilolux
	MicrogramPerCubicMetre
	MilligramPerCubicMetre
	NanogramPerCubicMetre
	KilogramPerCubicMetre
	GramPerCubicMetre
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
	Percent:                {"%", Pure, 1, 100, 0, false, "P1 %RH %rH RH% %r.H. %EL /100 percent percentage pct"},
	Permille:               {"[ppth]", Pure, 1, 1000, 0, false, "‰ /1000 NX"},
	Celsius:                {"Cel", Temperature, 1, 1, 0, false, "CEL °C C degC celsius deg.C degree.Celsius degrees.Celsius"},
	Kelvin:                 {"K", Temperature, 1, 1, 273.15, false, "KEL kelvin"},
	Fahrenheit:             {"[degF]", Temperature, 5, 9, 32, false, "FAH °F F degF fahrenheit deg.F degree.Fahrenheit degrees.Fahrenheit"},
	Pascal:                 {"Pa", Pressure, 1, 1, 0, false, "PAL pascal"},
	Hectopascal:            {"hPa", Pressure, 100, 1, 0, false, "A97 mbar mb MBR millibar hectopascal"},
	Kilopascal:             {"kPa", Pressure, 1000, 1, 0, false, "KPA"},
	Bar:                    {"bar", Pressure, 100_000, 1, 0, false, "BAR"},
	MillimetreOfMercury:    {"mm[Hg]", Pressure, 133.322387415, 1, 0, false, "mmHg HN"},
	InchOfMercury:          {"[in_i'Hg]", Pressure, 3386.388640341, 1, 0, false, "inHg F79"},
	Torr:                   {"Torr", Pressure, 20_265, 152, 0, false, "torr UA"},
	Atmosphere:             {"atm", Pressure, 101_325, 1, 0, false, "ATM"},
	PoundPerSquareInch:     {"[psi]", Pressure, 6894.757293168, 1, 0, false, "psi PS"},
	Watt:                   {"W", Power, 1000, 1, 0, false, "WTT watt"},
	Milliwatt:              {"mW", Power, 1, 1, 0, false, "mw C31"},
	Microwatt:              {"uW", Power, 1, 1000, 0, false, "D80"},
	Nanowatt:               {"nW", Power, 1, 1_000_000, 0, false, "C48"},
	Kilowatt:               {"kW", Power, 1_000_000, 1, 0, false, "KWT"},
	Megawatt:               {"MW", Power, 1_000_000_000, 1, 0, false, "MAW"},
	DBm:                    {"dBm", Power, 1, 1, 0, true, "B[mW] dB[mW]"},
	DeciDBm:                {"0.1dBm", Power, 1, 10, 0, true, "d(B[mW])"},
	MilliDBm:               {"0.001dBm", Power, 1, 1000, 0, true, ""},
	DBW:                    {"dBW", Power, 1, 1, -30, true, "B[W] dB[W]"},
	Decibel:                {"dB", Level, 1, 1, 0, false, "2N dBA dB(A) dB[SPL] decibel decibels"},
	DeciDecibel:            {"0.1dB", Level, 1, 10, 0, false, ""},
	Bel:                    {"B[SPL]", Level, 10, 1, 0, false, "Bspl M72"},
	MetrePerSecond:         {"m/s", Speed, 1, 1, 0, false, "MTS m.s-1 mps"},
	KilometrePerHour:       {"km/h", Speed, 10, 36, 0, false, "KMH kmh kph km.h-1"},
	Knot:                   {"[kn_i]", Speed, 1852, 3600, 0, false, "kn KNT knot knots kt kts"},
	MilePerHour:            {"[mi_i]/h", Speed, 44704, 100_000, 0, false, "mph HM mi/h"},
	MillimetrePerHour:      {"mm/h", Speed, 1, 3_600_000, 0, false, "H67 mm.h-1"},
	MetrePerHour:           {"m/h", Speed, 1, 3600, 0, false, "M60"},
	CentimetrePerSecond:    {"cm/s", Speed, 1, 100, 0, false, "2M"},
	FootPerSecond:          {"[ft_i]/s", Speed, 3048, 10_000, 0, false, "ft/s FS"},
	YardPerSecond:          {"[yd_i]/s", Speed, 9144, 10_000, 0, false, "yd/s"},
	Metre:                  {"m", Length, 1, 1, 0, false, "MTR metre metres meter meters"},
	Kilometre:              {"km", Length, 1000, 1, 0, false, "KMT"},
	Centimetre:             {"cm", Length, 1, 100, 0, false, "CMT"},
	Millimetre:             {"mm", Length, 1, 1000, 0, false, "MMT l/m2"},
	Micrometre:             {"um", Length, 1, 1_000_000, 0, false, "4H micron"},
	Inch:                   {"[in_i]", Length, 254, 10_000, 0, false, "in INH inch"},
	Foot:                   {"[ft_i]", Length, 3048, 10_000, 0, false, "ft FOT foot"},
	Yard:                   {"[yd_i]", Length, 9144, 10_000, 0, false, "yd YRD yard"},
	Mile:                   {"[mi_i]", Length, 1_609_344, 1000, 0, false, "mi SMI mile"},
	Decimetre:              {"dm", Length, 1, 10, 0, false, "DMT"},
	Degree:                 {"deg", Angle, 1, 1, 0, false, "° DD lat lon degree degrees"},
	Radian:                 {"rad", Angle, 57.29577951308232, 1, 0, false, "C81"},
	Second:                 {"s", Time, 1, 1, 0, false, "SEC sec second seconds"},
	Millisecond:            {"ms", Time, 1, 1000, 0, false, "C26 msec millisecond milliseconds"},
	Microsecond:            {"us", Time, 1, 1_000_000, 0, false, "B98 usec"},
	Nanosecond:             {"ns", Time, 1, 1_000_000_000, 0, false, "C47"},
	Minute:                 {"min", Time, 60, 1, 0, false, "MIN minute minutes"},
	Hour:                   {"h", Time, 3600, 1, 0, false, "HUR hr hour hours"},
	Day:                    {"d", Time, 86_400, 1, 0, false, "DAY day days"},
	Byte:                   {"By", Data, 1, 1, 0, false, "B AD byte bytes"},
	Kilobyte:               {"kBy", Data, 1000, 1, 0, false, "kB 2P"},
	Megabyte:               {"MBy", Data, 1_000_000, 1, 0, false, "MB 4L"},
	Gigabyte:               {"GBy", Data, 1_000_000_000, 1, 0, false, "GB E34"},
	Kibibyte:               {"KiBy", Data, 1024, 1, 0, false, "KiB E64"},
	Mebibyte:               {"MiBy", Data, 1024 * 1024, 1, 0, false, "MiB E63"},
	Gibibyte:               {"GiBy", Data, 1024 * 1024 * 1024, 1, 0, false, "GiB E62"},
	Terabyte:               {"TBy", Data, 1_000_000_000_000, 1, 0, false, "TB E35"},
	Bit:                    {"bit", Data, 1, 8, 0, false, "A99"},
	BitPerSecond:           {"bit/s", DataRate, 1, 1, 0, false, "B10 bps"},
	KilobitPerSecond:       {"kbit/s", DataRate, 1000, 1, 0, false, "C74 kbps"},
	MegabitPerSecond:       {"Mbit/s", DataRate, 1_000_000, 1, 0, false, "E20 Mbps"},
	GigabitPerSecond:       {"Gbit/s", DataRate, 1_000_000_000, 1, 0, false, "B80 Gbps"},
	BytePerSecond:          {"By/s", DataRate, 8, 1, 0, false, "B/s P93"},
	MegabytePerSecond:      {"MBy/s", DataRate, 8_000_000, 1, 0, false, "MB/s P95"},
	KilobytePerSecond:      {"kBy/s", DataRate, 8000, 1, 0, false, "kB/s P94"},
	Hertz:                  {"Hz", Frequency, 1, 1_000_000, 0, false, "HTZ"},
	Kilohertz:              {"kHz", Frequency, 1, 1000, 0, false, "KHZ"},
	Megahertz:              {"MHz", Frequency, 1, 1, 0, false, "MHZ"},
	Gigahertz:              {"GHz", Frequency, 1000, 1, 0, false, "A86"},
	Ampere:                 {"A", Current, 1, 1, 0, false, "AMP"},
	Milliampere:            {"mA", Current, 1, 1000, 0, false, "4K"},
	Microampere:            {"uA", Current, 1, 1_000_000, 0, false, "B84"},
	Volt:                   {"V", Voltage, 1, 1, 0, false, "VLT volt volts"},
	Millivolt:              {"mV", Voltage, 1, 1000, 0, false, "2Z"},
	Microvolt:              {"uV", Voltage, 1, 1_000_000, 0, false, "D82"},
	Joule:                  {"J", Energy, 1, 1, 0, false, "JOU Ws"},
	Kilojoule:              {"kJ", Energy, 1000, 1, 0, false, "KJO"},
	WattHour:               {"W.h", Energy, 3600, 1, 0, false, "Wh WHR"},
	KilowattHour:           {"kW.h", Energy, 3_600_000, 1, 0, false, "kWh KWH"},
	MegawattHour:           {"MW.h", Energy, 3_600_000_000, 1, 0, false, "MWh MWH"},
	WattPerSquareMetre:     {"W/m2", Irradiance, 1, 1, 0, false, "D54 W.m-2"},
	KilowattPerSquareMetre: {"kW/m2", Irradiance, 1000, 1, 0, false, "kW.m-2"},
	Lux:                    {"lx", Illuminance, 1, 1, 0, false, "LUX lux"},
	Kilolux:                {"klx", Illuminance, 1000, 1, 0, false, "KLX"},
	MicrogramPerCubicMetre: {"ug/m3", Concentration, 1, 1, 0, false, "GQ ug.m-3 ugm3 mcg/m3"},
	MilligramPerCubicMetre: {"mg/m3", Concentration, 1000, 1, 0, false, "GP mg.m-3"},
	NanogramPerCubicMetre:  {"ng/m3", Concentration, 1, 1000, 0, false, "ng.m-3"},
	KilogramPerCubicMetre:  {"kg/m3", Concentration, 1_000_000_000, 1, 0, false, "KMQ kg.m-3"},
	GramPerCubicMetre:      {"g/m3", Concentration, 1_000_000, 1, 0, false, "A93 g.m-3 mg/L mg/l"},
	PartPerMillion:         {"[ppm]", MixingRatio, 1000, 1, 0, false, "ppm 59 ppmv umol/mol umol.mol-1"},
	PartPerBillion:         {"[ppb]", MixingRatio, 1, 1, 0, false, "ppb 61 ppbv nmol/mol nmol.mol-1"},
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

// byLower holds the lower-case forms that mean one unit only. Codes of UN/CEFACT
// are written in capitals: in small letters HM would be another unit.
var byLower = func() map[string]Unit {
	out, twice := make(map[string]Unit, len(bySymbol)), map[string]bool{}
	for name, u := range bySymbol {
		if len(name) > 1 && name == strings.ToUpper(name) && name != strings.ToLower(name) {
			continue
		}
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
