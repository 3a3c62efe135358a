package quantity_test

import (
	"strings"
	"testing"

	"rione/ingest/quantity"
)

func TestNearest(t *testing.T) {
	f := func(symbol, want string) {
		t.Helper()
		got, ok := quantity.Nearest(symbol)
		if got != want || ok != (want != "") {
			t.Errorf("%q: %q, %v, want %q", symbol, got, ok, want)
		}
		if _, known := quantity.Parse(symbol); known {
			t.Errorf("%q is known: nobody would ask what it is near", symbol)
		}
		if want != "" {
			if _, known := quantity.Parse(got); !known {
				t.Errorf("%q is proposed for %q and not known itself", got, symbol)
			}
		}
	}
	// The same letters, other signs.
	f("mgL", "mg/L")
	f("MG-L", "mg/L")
	f("mgm3", "mg/m3")
	f("µg~m3", "ug/m3")
	f("k-W-h", "kW.h")
	f("k.Pa", "kPa")
	// One slip.
	f("celcius", "celsius")
	f("Farenheit", "fahrenheit")
	f("precent", "percent")
	f("hpaa", "hPa")
	f("kelvvin", "kelvin")
	// Too short, too far, or as near to several.
	f("", "")
	f("?", "")
	f("xy", "")
	f("m~s", "")
	f("ppq", "")
	f("ugm", "") // ug/m3 or um
	f("furlong", "")
	f("quux per m2", "")
	f(strings.Repeat("celsius", 10), "")
}

func FuzzNearest(f *testing.F) {
	for _, seed := range []string{"mgL", "°", "W/m²", "⁻⁻", "celcius", "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, symbol string) {
		name, ok := quantity.Nearest(symbol)
		if _, known := quantity.Parse(name); ok != known {
			t.Errorf("%q is near %q, %v", symbol, name, ok)
		}
	})
}
