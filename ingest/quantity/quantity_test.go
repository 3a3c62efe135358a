package quantity

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"rione/ingest/schema"
)

// close tells whether two figures agree to the digits that were computed by
// hand.
func near(a, b float64) bool { return math.Abs(a-b) <= 1e-9*math.Max(1, math.Abs(b)) }

// TestGolden holds values computed by hand; the factors are those of NIST
// SP 811, appendix B.8, unless the line says otherwise.
func TestGolden(t *testing.T) {
	f := func(v float64, from, to string, want float64) {
		t.Helper()
		u, ok := Parse(from)
		if !ok {
			t.Fatalf("unit %q is not known", from)
		}
		if got, err := Convert(v, u, to); err != nil || !near(got, want) {
			t.Errorf("%v %s = %v %s (%v); want %v", v, from, got, to, err, want)
		}
	}
	f(273.15, "K", "Cel", 0)
	f(293.15, "K", "Cel", 20)
	f(212, "[degF]", "Cel", 100)
	f(-40, "FAH", "Cel", -40)
	f(21.4, "CEL", "Cel", 21.4)
	f(100860, "Pa", "hPa", 1008.6)
	f(101.325, "kPa", "hPa", 1013.25)
	f(1, "bar", "hPa", 1000)
	f(1013.25, "mbar", "hPa", 1013.25)
	f(760, "mm[Hg]", "hPa", 1013.2501443540001) // 760 · 1.33322387415
	f(29.92, "inHg", "hPa", 1013.2074812300273) // 29.92 · 33.86388640341
	f(0.54, "/", "%", 54)
	f(0.54, "1", "%", 54)
	f(54, "%RH", "%", 54)
	f(5, "[ppth]", "%", 0.5)
	f(12, "1", "", 12)
	f(-214, "0.1dBm", "dBm", -21.4)
	f(-21400, "0.001dBm", "dBm", -21.4)
	f(-30, "dBW", "dBm", 0) // RFC 8798: dBm = dBW + 30
	f(1, "mW", "dBm", 0)
	f(100, "mW", "dBm", 20)
	f(1, "W", "dBm", 30)
	f(1, "uW", "dBm", -30)
	f(20, "dBm", "W", 0.1)
	f(65, "0.1dB", "dB", 6.5)
	f(36, "km/h", "m/s", 10)
	f(10, "m/s", "km/h", 36)
	f(10, "knots", "m/s", 5.144444444444444) // 1 kn = 1852 m/h
	f(10, "mph", "m/s", 4.4704)
	f(1601, "mm", "m", 1.601)
	f(16.754, "cm", "m", 0.16754)
	f(1, "in", "mm", 25.4)
	f(10, "[ft_i]", "m", 3.048)
	f(2.5, "cm", "mm", 25)
	f(math.Pi, "rad", "deg", 180)
	f(59.2413333333, "ms", "ms", 59.2413333333)
	f(0.012, "s", "ms", 12)
	f(52875, "us", "ms", 52.875)
	f(2, "h", "s", 7200)
	f(1, "d", "s", 86400)
	f(1, "KiB", "By", 1024)
	f(1, "MB", "By", 1e6)
	f(16, "bit", "By", 2)
	f(975.31, "Mbit/s", "kbit/s", 975310)
	f(263300, "kbit/s", "Mbit/s", 263.3)
	f(1, "B/s", "kbit/s", 0.008)
	f(2.4, "GHz", "MHz", 2400)
	f(20_000_000, "Hz", "MHz", 20)
	f(12500, "uA", "mA", 12.5)
	f(3426, "mV", "V", 3.426)
	f(1.5, "kW", "W", 1500)
	f(3_600_000, "J", "kW.h", 1)
	f(93400, "Wh", "kW.h", 93.4)
	f(1, "klx", "lx", 1000)
	f(0.45, "GP", "ug/m3", 450)
	f(450, "GQ", "mg/m3", 0.45)
	f(0.4, "ng/m3", "ug/m3", 0.0004)
	f(400_000, "ppb", "[ppm]", 400)
}

// TestGas holds conversions computed by hand at 20 °C and 101.3 kPa, where a
// mole takes 8.31446261815324 · 293.15 / 101.3 = 24.06121 l, and, for the
// declared reference, at 25 °C and 101.325 kPa, where it takes 24.46540 l.
func TestGas(t *testing.T) {
	ambient := &Reference{Celsius: 25, Kilopascal: 101.325}
	f := func(v float64, unit Unit, field, to string, ref *Reference, want float64, assumed bool) {
		t.Helper()
		got, flag, err := ToField(v, unit, field, to, ref)
		if err != nil || math.Abs(got-want) > 5e-4*want || flag != assumed {
			t.Errorf("%v %v of %s = %v, %v, %v; want %v, %v", v, unit, field, got, flag, err, want, assumed)
		}
	}
	f(1, PartPerBillion, "no2_ugm3", "ug/m3", nil, 1.9120, true)
	f(21.5, PartPerBillion, "no2_ugm3", "ug/m3", nil, 41.108, true)
	f(60, PartPerBillion, "o3_ugm3", "ug/m3", nil, 119.687, true)
	f(10, PartPerBillion, "so2_ugm3", "ug/m3", nil, 26.623, true)
	f(0.4, PartPerMillion, "co_mgm3", "mg/m3", nil, 0.46565, true)
	f(1, PartPerBillion, "c6h6_ugm3", "ug/m3", nil, 3.24647, true)
	f(1, PartPerBillion, "no2_ugm3", "ug/m3", ambient, 1.88041, false)
	f(732, MilligramPerCubicMetre, "co2_ppm", "[ppm]", nil, 400.2, true)
	f(41, MicrogramPerCubicMetre, "no2_ugm3", "ug/m3", nil, 41, false) // nothing assumed
	f(0.02, MilligramPerCubicMetre, "no2_ugm3", "ug/m3", nil, 20, false)
	f(300, Kelvin, "temp_c", "Cel", nil, 26.85, false)
}

func TestConversionErrors(t *testing.T) {
	f := func(v float64, from Unit, field, to string, want error) {
		t.Helper()
		if got, _, err := ToField(v, from, field, to, nil); !errors.Is(err, want) {
			t.Errorf("%v %v to %s: %v, %v; want %v", v, from, to, got, err, want)
		}
	}
	f(1, Celsius, "press_hpa", "hPa", ErrQuantity)
	f(1, PartPerBillion, "pm10_ugm3", "ug/m3", ErrQuantity) // particles have no molar mass
	f(1, Celsius, "no2_ugm3", "ug/m3", ErrQuantity)
	f(1, Celsius, "x", "", ErrQuantity)
	f(1, Celsius, "x", "furlong", ErrUnknown)
	f(1, Unit(250), "x", "Cel", ErrUnknown)
	f(0, Milliwatt, "rssi_dbm", "dBm", ErrDomain)
	f(-1, Watt, "rssi_dbm", "dBm", ErrDomain)
}

func TestSchemaUnits(t *testing.T) {
	for _, m := range schema.All() {
		for _, field := range m.Fields {
			u, ok := Parse(field.Unit)
			if field.Unit != "" && (!ok || u.String() != field.Unit) {
				t.Errorf("%s.%s: the canonical unit %q is not in the table", m.Name, field.Name, field.Unit)
			}
			if v, err := Convert(1.5, u, field.Unit); err != nil || v != 1.5 {
				t.Errorf("%s.%s: 1.5 %s became %v (%v)", m.Name, field.Name, field.Unit, v, err)
			}
		}
	}
}

// TestNames checks that no name means two units, and that the three systems'
// names for a unit agree.
func TestNames(t *testing.T) {
	seen := map[string]Unit{}
	for u := One; int(u) < len(table); u++ {
		for _, name := range append(strings.Fields(table[u].names), table[u].symbol) {
			if other, ok := seen[name]; ok {
				t.Errorf("%q names both %v and %v", name, other, u)
			}
			seen[name] = u
			if got, ok := Parse(" " + name + " "); !ok || got != u {
				t.Errorf("Parse(%q) = %v, %v; want %v", name, got, ok, u)
			}
		}
		if u.Dimension() == Unknown || table[u].num <= 0 || table[u].den <= 0 {
			t.Errorf("%v is not filled in: %+v", u, table[u])
		}
	}
	if _, ok := Parse("parsec"); ok {
		t.Error("parsec is known")
	}
	if _, ok := Parse(""); ok {
		t.Error("the empty symbol is a unit")
	}
	if u, ok := Parse("MILLIBAR"); !ok || u != Hectopascal {
		t.Errorf("case is not forgiven: %v, %v", u, ok)
	}
	if u, ok := Parse("mw"); ok && u != Milliwatt {
		t.Errorf("mw is %v", u)
	}
}

// TestSecondaryUnits holds the table of RFC 8798, section 3: a value in the
// secondary unit is scale times as many of the primary one, plus offset.
func TestSecondaryUnits(t *testing.T) {
	f := func(secondary, primary string, scale, offset float64) {
		t.Helper()
		s, ok1 := Parse(secondary)
		p, ok2 := Parse(primary)
		if !ok1 || !ok2 {
			t.Errorf("%s (%v) or %s (%v) is not known", secondary, ok1, primary, ok2)
			return
		}
		if got, err := between(7, s, p); err != nil || !near(got, 7*scale+offset) {
			t.Errorf("7 %s = %v %s (%v); want %v", secondary, got, primary, err, 7*scale+offset)
		}
	}
	f("ms", "s", 1./1000, 0)
	f("min", "s", 60, 0)
	f("h", "s", 3600, 0)
	f("MHz", "Hz", 1e6, 0)
	f("kW", "W", 1000, 0)
	f("Wh", "J", 3600, 0)
	f("kWh", "J", 3.6e6, 0)
	f("KiB", "B", 1024, 0)
	f("GB", "B", 1e9, 0)
	f("Mbit/s", "bit/s", 1e6, 0)
	f("B/s", "bit/s", 8, 0)
	f("MB/s", "bit/s", 8e6, 0)
	f("mV", "V", 1./1000, 0)
	f("mA", "A", 1./1000, 0)
	f("dBm", "dBW", 1, -30)
	f("/100", "/", 1./100, 0)
	f("/1000", "/", 1./1000, 0)
	f("hPa", "Pa", 100, 0)
	f("mm", "m", 1./1000, 0)
	f("cm", "m", 1./100, 0)
	f("km", "m", 1000, 0)
	f("km/h", "m/s", 1/3.6, 0)
	f("mm/h", "m/s", 1/3.6e6, 0)
	f("m/h", "m/s", 1./3600, 0)
	f("ug/m3", "kg/m3", 1e-9, 0)
}

func TestRoundTrip(t *testing.T) {
	for u := One; int(u) < len(table); u++ {
		for w := One; int(w) < len(table); w++ {
			if u.Dimension() != w.Dimension() {
				if _, err := between(1, u, w); !errors.Is(err, ErrQuantity) {
					t.Errorf("%v to %v: %v", u, w, err)
				}
				continue
			}
			for _, v := range []float64{0.001, 1, 21.4, 1013.25} {
				there, err := between(v, u, w)
				if err != nil {
					t.Fatalf("%v %v to %v: %v", v, u, w, err)
				}
				if math.IsInf(there, 0) {
					continue // thousands of dBW are more watts than a float holds
				}
				back, err := between(there, w, u)
				if err != nil || math.Abs(back-v) > 1e-9*math.Max(1, v) {
					t.Errorf("%v %v to %v and back: %v (%v)", v, u, w, back, err)
				}
			}
		}
	}
}

func TestBand(t *testing.T) {
	f := func(field string, v float64, want int) {
		t.Helper()
		if got, ok := Band(field, v); got != want || ok != (want > 0) {
			t.Errorf("Band(%s, %v) = %d, %v; want %d", field, v, got, ok, want)
		}
	}
	f("pm25_ugm3", 0, Good)
	f("pm25_ugm3", 5, Good)
	f("pm25_ugm3", 5.01, Fair)
	f("pm25_ugm3", 141, ExtremelyPoor)
	f("pm10_ugm3", 45, Fair)
	f("pm10_ugm3", 195, Poor)
	f("no2_ugm3", 60, Moderate)
	f("no2_ugm3", 101, VeryPoor)
	f("o3_ugm3", 60, Good)
	f("o3_ugm3", 160, Poor)
	f("so2_ugm3", 275, VeryPoor)
	f("so2_ugm3", math.Inf(1), ExtremelyPoor)
	f("so2_ugm3", math.NaN(), 0)
	f("so2_ugm3", -1, 0)
	f("co_mgm3", 1, 0)
	if got := Worst(Good, Poor, Fair); got != Poor {
		t.Errorf("Worst = %d", got)
	}
	if got := Worst(); got != 0 {
		t.Errorf("Worst of nothing = %d", got)
	}
}

func TestEnergeticMean(t *testing.T) {
	f := func(want float64, levels ...float64) {
		t.Helper()
		if got := EnergeticMean(levels...); math.Abs(got-want) > 0.005 {
			t.Errorf("EnergeticMean(%v) = %v; want %v", levels, got, want)
		}
	}
	f(60, 60, 60, 60)
	f(67.40, 60, 70) // 10·lg((10⁶+10⁷)/2) = 10·lg(5.5·10⁶)
	f(76.99, 80, 0)  // half of the energy: −3.01 dB
	if !math.IsNaN(EnergeticMean()) {
		t.Error("the mean of no levels is a level")
	}
	if got := EnergeticMeanOver([]float64{60, 70}, []float64{9, 1}); math.Abs(got-62.79) > 0.005 { // 10·lg(1.9·10⁶)
		t.Errorf("weighted mean = %v", got)
	}
	if !math.IsNaN(EnergeticMeanOver([]float64{60}, nil)) {
		t.Error("levels without times have a mean")
	}
}

func TestConvertAllocatesNothing(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() {
		_, _, _ = ToField(100860, Pascal, "press_hpa", "hPa", nil)
		_, _, _ = ToField(21.5, PartPerBillion, "no2_ugm3", "ug/m3", nil)
		_, _ = Parse("hPa")
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkToField(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_, _, _ = ToField(100860, Pascal, "press_hpa", "hPa", nil)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("hPa")
	f.Fuzz(func(t *testing.T, symbol string) {
		if u, ok := Parse(symbol); ok != (u != 0) || ok && u.Dimension() == Unknown {
			t.Errorf("Parse(%q) = %v, %v", symbol, u, ok)
		}
	})
}

// TestNoDust: what a conversion of a decimal makes is a decimal again, without
// the digits that binary arithmetic adds; the figures by hand.
func TestNoDust(t *testing.T) {
	f := func(v float64, from Unit, to string, want float64) {
		t.Helper()
		if got, err := Convert(v, from, to); err != nil || got != want {
			t.Errorf("%v %v: %v %s (%v); want %v", v, from, got, to, err, want)
		}
	}
	f(0.0051, Second, "ms", 5.1)
	f(300, Kelvin, "Cel", 26.85)
	f(273.25, Kelvin, "Cel", 0.1)
	f(273.15, Kelvin, "Cel", 0)
	f(32, Fahrenheit, "Cel", 0)
	f(33.8, Fahrenheit, "Cel", 1)
	f(0.07, One, "%", 7)
	f(0.57, One, "%", 57)
	f(98.7, Kilopascal, "hPa", 987)
	f(101.33, Kilopascal, "hPa", 1013.3)
	f(4.35, Metre, "mm", 4350)
	f(1.1, KilometrePerHour, "m/s", 1.1/3.6) // no decimal: as it comes
	f(-110, DBW, "dBm", -80)
	f(1e-8, Kilometre, "mm", 0.01)
	f(0.1, Nanosecond, "s", 1e-10) // finer than nine places
	f(123456789.1, Metre, "km", 123456.7891)
}

// TestTidyIsNothingMuch: what is tidied away is within the rounding.
func TestTidyIsNothingMuch(t *testing.T) {
	rng := rand.New(rand.NewPCG(15, 9))
	for range 100_000 {
		v := rng.NormFloat64() * math.Pow(10, float64(rng.IntN(24)-12))
		if got := tidy(v, 0); math.Abs(got-v) > 1e-15*math.Abs(v) {
			t.Fatalf("tidy(%v) = %v", v, got)
		}
	}
	for _, v := range []float64{math.Inf(1), math.Inf(-1), math.MaxFloat64, 5e-324} {
		if got := tidy(v, 0); got != v {
			t.Errorf("tidy(%v) = %v", v, got)
		}
	}
}
