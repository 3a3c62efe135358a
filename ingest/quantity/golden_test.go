package quantity

import (
	"strings"
	"testing"

	"rione/ingest/schema"
)

// goldenRows say what a figure in a unit is in the unit of a field, for every
// name that a unit has, computed by hand. Sources of the factors:
//
//	SI     SI brochure, 9th edition: prefixes, degree Celsius, minute, hour, day
//	SP811  NIST Special Publication 811, appendix B.8
//	8428   RFC 8428, table of units; 8798: RFC 8798, section 3
//	IEC    IEC 80000-13: binary prefixes, byte of 8 bits
//	TR181  TR-181 2.19: steps of a tenth or a thousandth of dBm and dB
//
// Names of three characters such as A97 are UN/CEFACT Recommendation 20's.
var goldenRows = []struct {
	v     float64
	names string
	to    string
	want  float64
}{
	{0.54, "1 / C62 count ratio", "%", 54},                                                          // 8428: "/" is a share of one
	{54, "% P1 %RH %rH RH% %r.H. %EL /100 percent percentage pct", "%", 54},                         // 8428
	{5, "[ppth] ‰ /1000 NX", "%", 0.5},                                                              // 8798: /1000
	{21.4, "Cel CEL °C C degC celsius deg.C degree.Celsius degrees.Celsius", "Cel", 21.4},           // canonical
	{300, "K KEL kelvin", "Cel", 26.85},                                                             // SI: 300 − 273.15
	{71.6, "[degF] FAH °F F degF fahrenheit deg.F degree.Fahrenheit degrees.Fahrenheit", "Cel", 22}, // SP811: (71.6 − 32) · 5/9
	{101325, "Pa PAL pascal", "hPa", 1013.25},                                                       // SI: one hundredth
	{1013.2, "hPa A97 mbar mb MBR millibar hectopascal", "hPa", 1013.2},                             // SP811: 1 mbar = 100 Pa
	{101.3, "kPa KPA", "hPa", 1013},                                                                 // SI
	{1.02, "bar BAR", "hPa", 1020},                                                                  // SP811: 10⁵ Pa
	{750, "mm[Hg] mmHg HN", "hPa", 999.9179056125},                                                  // SP811: 133.322387415 Pa, conventional
	{30, "[in_i'Hg] inHg F79", "hPa", 1015.9165921023},                                              // SP811: 3386.388640341 Pa, conventional
	{760, "Torr torr UA", "hPa", 1013.25},                                                           // SP811: 101 325/760 Pa
	{1, "atm ATM", "hPa", 1013.25},                                                                  // SP811: 101 325 Pa
	{14.5, "[psi] psi PS", "hPa", 999.7398075093599},                                                // SP811: 6894.757293168 Pa, to twelve digits
	{2, "MW MAW", "W", 2_000_000},                                                                   // SI
	{2_000_000_000, "nW C48", "W", 2},                                                               // SI
	{0.5, "cm/s 2M", "m/s", 0.005},                                                                  // SI
	{10, "[ft_i]/s ft/s FS", "m/s", 3.048},                                                          // SP811: 0.3048 m
	{10, "[yd_i]/s yd/s", "m/s", 9.144},                                                             // SP811: 0.9144 m
	{10, "[yd_i] yd YRD yard", "m", 9.144},                                                          // SP811: 0.9144 m
	{2, "[mi_i] mi SMI mile", "m", 3218.688},                                                        // SP811: 1609.344 m
	{16, "dm DMT", "m", 1.6},                                                                        // SI
	{2, "GiBy GiB E62", "By", 2_147_483_648},                                                        // IEC: 1024³
	{1.5, "TBy TB E35", "By", 1_500_000_000_000},                                                    // IEC: decimal
	{12.5, "kBy/s kB/s P94", "kbit/s", 100},                                                         // IEC: 8000 bit/s
	{2, "MW.h MWh MWH", "kW.h", 2000},                                                               // SI
	{0.000041, "g/m3 A93 g.m-3 mg/L mg/l", "ug/m3", 41},                                             // SI
	{0.64, "kW/m2 kW.m-2", "W/m2", 640},                                                             // SI
	{12.5, "W WTT watt", "W", 12.5},                                                                 // canonical
	{12500, "mW mw C31", "W", 12.5},                                                                 // SI
	{250, "uW µW μW D80", "W", 0.00025},                                                             // SI
	{0.06, "kW KWT", "W", 60},                                                                       // SI
	{-67, "dBm B[mW] dB[mW]", "dBm", -67},                                                           // canonical
	{-214, "0.1dBm d(B[mW])", "dBm", -21.4},                                                         // TR181: XPON
	{-21400, "0.001dBm", "dBm", -21.4},                                                              // TR181: Optical
	{-97, "dBW B[W] dB[W]", "dBm", -67},                                                             // 8798: dBm = dBW + 30
	{0.01, "mW", "dBm", -20},                                                                        // 10·lg 0.01
	{100, "µW", "dBm", -10},                                                                         // 10·lg 0.1
	{62.5, "dB 2N dBA dB(A) dB[SPL] decibel decibels", "dB", 62.5},                                  // canonical
	{65, "0.1dB", "dB", 6.5},                                                                        // TR181: DSL noise margin
	{6.25, "B[SPL] Bspl M72", "dB", 62.5},                                                           // 8428: Bspl are bels, ten dB each
	{5, "m/s MTS m.s-1 mps", "m/s", 5},                                                              // canonical
	{5, "m/s", "km/h", 18},                                                                          // SI: 3.6
	{18, "km/h KMH kmh kph km.h-1", "m/s", 5},                                                       // SI: 1/3.6
	{50, "km/h", "km/h", 50},                                                                        // canonical
	{10, "[kn_i] kn KNT knot knots kt kts", "m/s", 5.144444444444445},                               // SP811: 1852 m in 3600 s
	{10, "[mi_i]/h mph HM mi/h", "m/s", 4.4704},                                                     // SP811: 1609.344 m in 3600 s
	{3.6, "mm/h H67 mm.h-1", "m/s", 1e-6},                                                           // 8798: 1/3 600 000
	{36, "m/h M60", "m/s", 0.01},                                                                    // 8798: 1/3600
	{1.601, "m MTR metre metres meter meters", "m", 1.601},                                          // canonical
	{0.35, "km KMT", "m", 350},                                                                      // SI
	{16.7, "cm CMT", "m", 0.167},                                                                    // SI
	{1601, "mm MMT l/m2", "m", 1.601},                                                               // SI
	{2.4, "mm l/m2", "mm", 2.4},                                                                     // a litre on a square metre stands 1 mm high
	{500, "um µm μm 4H micron", "mm", 0.5},                                                          // SI
	{0.5, "[in_i] in INH inch", "mm", 12.7},                                                         // SP811: 25.4 mm
	{10, "[ft_i] ft FOT foot", "m", 3.048},                                                          // SP811: 0.3048 m
	{247.5, "deg ° DD lat lon degree degrees", "deg", 247.5},                                        // canonical
	{3.141592653589793, "rad C81", "deg", 180},                                                      // SI: 180/π
	{90, "s SEC sec second seconds", "s", 90},                                                       // canonical
	{0.0123, "s", "ms", 12.3},                                                                       // SI
	{12.3, "ms C26 msec millisecond milliseconds", "ms", 12.3},                                      // canonical
	{12300, "us µs μs B98 usec", "ms", 12.3},                                                        // SI
	{12_300_000, "ns C47", "ms", 12.3},                                                              // SI
	{15, "min MIN minute minutes", "s", 900},                                                        // SI: 60 s
	{1.5, "h HUR hr hour hours", "s", 5400},                                                         // SI: 3600 s
	{2, "d DAY day days", "s", 172_800},                                                             // SI: 86 400 s
	{4096, "By B AD byte bytes", "By", 4096},                                                        // canonical
	{4, "kBy kB 2P", "By", 4000},                                                                    // IEC: decimal
	{1.5, "MBy MB 4L", "By", 1_500_000},                                                             // IEC
	{2, "GBy GB E34", "By", 2_000_000_000},                                                          // IEC
	{4, "KiBy KiB E64", "By", 4096},                                                                 // IEC: 1024
	{2, "MiBy MiB E63", "By", 2_097_152},                                                            // IEC: 1024²
	{4096, "bit A99", "By", 512},                                                                    // IEC: 8 bits
	{64_000, "bit/s B10 bps", "kbit/s", 64},                                                         // SI
	{97_000, "kbit/s C74 kbps", "kbit/s", 97_000},                                                   // canonical
	{97_500, "kbit/s", "Mbit/s", 97.5},                                                              // SI
	{97.5, "Mbit/s E20 Mbps", "kbit/s", 97_500},                                                     // SI
	{2.5, "Gbit/s B80 Gbps", "Mbit/s", 2500},                                                        // SI
	{1250, "By/s B/s P93", "kbit/s", 10},                                                            // 8798: 8 bit/s
	{12.5, "MBy/s MB/s P95", "Mbit/s", 100},                                                         // 8798: 8 000 000 bit/s
	{20_000_000, "Hz HTZ", "MHz", 20},                                                               // SI
	{80_000, "kHz KHZ", "MHz", 80},                                                                  // SI
	{160, "MHz MHZ", "MHz", 160},                                                                    // canonical
	{0.08, "GHz A86", "MHz", 80},                                                                    // SI
	{0.0125, "A AMP", "mA", 12.5},                                                                   // SI
	{12.5, "mA 4K", "mA", 12.5},                                                                     // canonical
	{12_500, "uA µA μA B84", "mA", 12.5},                                                            // SI
	{3.6, "V VLT volt volts", "V", 3.6},                                                             // canonical
	{3600, "mV 2Z", "V", 3.6},                                                                       // SI
	{3_600_000, "uV µV μV D82", "V", 3.6},                                                           // SI
	{1_800_000, "J JOU Ws", "kW.h", 0.5},                                                            // SI: 3.6 MJ
	{1800, "kJ KJO", "kW.h", 0.5},                                                                   // SI
	{500, "W.h Wh WHR", "kW.h", 0.5},                                                                // SI
	{0.5, "kW.h kWh KWH", "kW.h", 0.5},                                                              // canonical
	{640, "W/m2 D54 W.m-2 W/m² W/m^2", "W/m2", 640},                                                 // canonical
	{320, "lx LUX lux Lux", "lx", 320},                                                              // canonical
	{0.32, "klx KLX", "lx", 320},                                                                    // SI
	{41, "ug/m3 GQ µg/m³ µg/m3 μg/m³ μg/m3 ug/m³ ug.m-3 ugm3 mcg/m3", "ug/m3", 41},                  // canonical
	{400, "ug/m3", "mg/m3", 0.4},                                                                    // SI
	{0.041, "mg/m3 GP mg/m³ mg.m-3", "ug/m3", 41},                                                   // SI
	{41_000, "ng/m3 ng/m³ ng.m-3", "ug/m3", 41},                                                     // SI
	{41e-9, "kg/m3 KMQ kg/m³ kg.m-3", "ug/m3", 41},                                                  // 8798: ug/m3 = 10⁻⁹ kg/m3
	{412, "[ppm] ppm 59 ppmv umol/mol umol.mol-1", "[ppm]", 412},                                    // canonical
	{412_000, "[ppb] ppb 61 ppbv nmol/mol nmol.mol-1", "[ppm]", 412},                                // 10⁻⁹ over 10⁻⁶
	{412_000_000, "[pptr] ppt", "[ppm]", 412},                                                       // 10⁻¹² over 10⁻⁶
	{10, "dBm", "W", 0.01},                                                                          // 10 mW
	{100, "0.1dBm", "W", 0.01},                                                                      // 10 mW
	{10_000, "0.001dBm", "W", 0.01},                                                                 // 10 mW
	{-20, "dBW", "W", 0.01},                                                                         // 10⁻² W
	{0.001, "W", "dBm", 0},                                                                          // 1 mW
	{10_000, "nW", "dBm", -20},                                                                      // 0.01 mW
	{0.001, "kW", "dBm", 30},                                                                        // 1000 mW
	{0.000001, "MW", "dBm", 30},                                                                     // 1000 mW
	{10, "kn", "km/h", 18.52},                                                                       // SP811: 1852 m in an hour
	{50, "mph", "km/h", 80.4672},                                                                    // SP811: 1609.344 m in an hour
	{2_000_000, "mm/h", "km/h", 2},                                                                  // SI
	{2000, "m/h", "km/h", 2},                                                                        // SI
	{100, "cm/s", "km/h", 3.6},                                                                      // SI
	{10, "ft/s", "km/h", 10.9728},                                                                   // 3.048 m/s
	{10, "yd/s", "km/h", 32.9184},                                                                   // 9.144 m/s
	{1_500_000, "um", "m", 1.5},                                                                     // SI
	{100, "in", "m", 2.54},                                                                          // SP811: 25.4 mm
	{0.0024, "m", "mm", 2.4},                                                                        // SI
	{0.00001, "km", "mm", 10},                                                                       // SI
	{1.2, "cm", "mm", 12},                                                                           // SI
	{0.1, "ft", "mm", 30.48},                                                                        // SP811: 304.8 mm
	{0.01, "yd", "mm", 9.144},                                                                       // SP811: 914.4 mm
	{0.001, "mi", "mm", 1609.344},                                                                   // SP811
	{0.12, "dm", "mm", 12},                                                                          // SI
	{1500, "ms", "s", 1.5},                                                                          // SI
	{1_500_000, "us", "s", 1.5},                                                                     // SI
	{1_500_000_000, "ns", "s", 1.5},                                                                 // SI
	{0.5, "min", "ms", 30_000},                                                                      // SI
	{0.5, "h", "ms", 1_800_000},                                                                     // SI
	{0.5, "d", "ms", 43_200_000},                                                                    // SI
	{2.5, "Gbit/s", "kbit/s", 2_500_000},                                                            // SI
	{12.5, "MB/s", "kbit/s", 100_000},                                                               // 8 bits a byte
	{97_500_000, "bit/s", "Mbit/s", 97.5},                                                           // SI
	{97.5, "Mbit/s", "Mbit/s", 97.5},                                                                // canonical
	{12_500_000, "B/s", "Mbit/s", 100},                                                              // 8 bits a byte
	{12_500, "kB/s", "Mbit/s", 100},                                                                 // 8 bits a byte
	{0.4, "mg/m3", "mg/m3", 0.4},                                                                    // canonical
	{400_000, "ng/m3", "mg/m3", 0.4},                                                                // SI
	{4e-7, "kg/m3", "mg/m3", 0.4},                                                                   // SI
	{0.0004, "g/m3", "mg/m3", 0.4},                                                                  // SI
}

// TestGoldenRows converts every row, and fails for a name that no row has.
func TestGoldenRows(t *testing.T) {
	tried := map[string]bool{}
	for _, row := range goldenRows {
		for name := range strings.FieldsSeq(row.names) {
			tried[name] = true
			u, ok := Parse(name)
			if !ok {
				t.Errorf("unit %q is not known", name)
				continue
			}
			if got, err := Convert(row.v, u, row.to); err != nil || !near(got, row.want) {
				t.Errorf("%v %s = %v %s (%v); want %v", row.v, name, got, row.to, err, row.want)
			}
		}
	}
	for u := One; int(u) < len(table); u++ {
		for _, name := range append(strings.Fields(table[u].names), table[u].symbol) {
			if !tried[name] {
				t.Errorf("no golden row tries %q", name)
			}
		}
	}
}

// TestGoldenRowsAreComplete: each unit is tried in each unit that fields have of
// what it measures, by one of its names at least.
func TestGoldenRowsAreComplete(t *testing.T) {
	tried := map[[2]string]bool{}
	for _, row := range goldenRows {
		u, _ := Parse(strings.Fields(row.names)[0])
		tried[[2]string{u.String(), row.to}] = true
	}
	for _, m := range schema.All() {
		for i := range m.Fields {
			to := m.Fields[i].Unit
			field, _ := Parse(to)
			for u := One; int(u) < len(table); u++ {
				if to != "" && u.Dimension() == field.Dimension() && !tried[[2]string{u.String(), to}] {
					t.Errorf("no golden row tries %v in %s", u, to)
				}
			}
		}
	}
}

// TestSpellings: what stands beside a figure in real payloads.
func TestSpellings(t *testing.T) {
	f := func(want Unit, spellings ...string) {
		t.Helper()
		for _, s := range spellings {
			if u, ok := Parse(s); u != want || ok != (want != 0) {
				t.Errorf("%q is %v, %v; want %v", s, u, ok, want)
			}
		}
	}
	f(Celsius, "℃", "º C", "° C", "deg C", "DEG C", "degrees Celsius", "Degree Celsius", "deg_C", "cel")
	f(Fahrenheit, "℉", "º F", "degrees fahrenheit")
	f(Percent, "% RH", "%rh", "Percent", " % ")
	f(MicrogramPerCubicMetre, "µg⋅m⁻³", "μg·m⁻³", "ug m-3", "µg m⁻³", "ug/m^3", "UG/M3", "µg / m³", "ug_m3")
	f(MilligramPerCubicMetre, "mg·m⁻³", "mg m-3", "mg/m^3")
	f(MetrePerSecond, "m⋅s⁻¹", "m s-1", "m*s^-1", "M/S")
	f(MillimetrePerHour, "mm⋅h⁻¹", "mm h-1")
	f(WattPerSquareMetre, "W⋅m⁻²", "W m-2", "W/m²", "w/m^2", "W/m**2")
	f(Hectopascal, "mb", "HPA", "mBar")
	f(Decibel, "dB A", "dB(a)", "db", "dB (A)")
	f(Millimetre, "L/m2", "l/m²", "MM")
	f(Milliwatt, "mW", "mw")
	f(Megawatt, "MW") // a thousand million times as much
	f(Microsecond, "µs", "μs")
	f(0, "hm", "ps", "m.s", "dB(C)", "", "µS/cm", "#/cm³", "%/°C", strings.Repeat("m", 1000))
}

// TestShareOfGas reads SenML's "/" for a mixing ratio: 1 ppm is 10⁻⁶ (RFC 8798).
func TestShareOfGas(t *testing.T) {
	f := func(v float64, unit Unit, want float64) {
		t.Helper()
		got, assumed, err := ToField(v, unit, "co2_ppm", "[ppm]", nil)
		if err != nil || assumed || !near(got, want) {
			t.Errorf("%v %v = %v ppm, %v, %v; want %v", v, unit, got, assumed, err, want)
		}
	}
	f(0.000412, One, 412)
	f(0.05, Percent, 500)
	if _, _, err := ToField(0.1, One, "no2_ugm3", "ug/m3", nil); err == nil {
		t.Error("a share became a concentration")
	}
}

// TestWholeFigures are exact where the figures are: nobody wants to read
// 21.999999999999996 °C.
func TestWholeFigures(t *testing.T) {
	f := func(v float64, unit, to string, want float64) {
		t.Helper()
		u, _ := Parse(unit)
		if got, err := Convert(v, u, to); err != nil || got != want {
			t.Errorf("%v %s = %v %s (%v); want %v exactly", v, unit, got, to, err, want)
		}
	}
	f(71.6, "°F", "Cel", 22)
	f(50, "°F", "Cel", 10)
	f(-40, "°F", "Cel", -40)
	f(293.15, "K", "Cel", 20)
	f(-214, "0.1dBm", "dBm", -21.4)
	f(-21400, "0.001dBm", "dBm", -21.4)
	f(100860, "Pa", "hPa", 1008.6)
}
