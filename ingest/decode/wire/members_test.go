package wire

import (
	"math"
	"testing"

	"rione/ingest"
	"rione/ingest/quantity"
)

func TestTake(t *testing.T) {
	const payload = `{"a":{"b":21.5,"text":"-3.25","word":"warm","none":null,"list":[1],"big":1e999}}`
	f := func(want float64, found bool, path ...string) {
		t.Helper()
		var p Parser
		v, err := p.ParseObject([]byte(payload))
		if err != nil {
			t.Fatal(err)
		}
		var out ingest.Readings
		r := out.Next()
		if got := p.Take(r, "temp_c", quantity.Kelvin, v, path...); got != found {
			t.Errorf("%v: taken %v", path, got)
		}
		switch {
		case !found && len(r.Values) != 0:
			t.Errorf("%v: %v", path, r.Values)
		case found && (len(r.Values) != 1 || r.Values[0] != ingest.Value{Field: "temp_c", Num: want, Unit: quantity.Kelvin}):
			t.Errorf("%v: %v, want %v", path, r.Values, want)
		}
	}
	f(21.5, true, "a", "b")
	f(-3.25, true, "a", "text") // a number as text is a number
	f(0, false, "a", "word")
	f(0, false, "a", "none")
	f(0, false, "a", "list")
	f(0, false, "a", "big")
	f(0, false, "a", "absent")
	f(0, false, "b", "b")
	f(0, false)
}

func TestTruth(t *testing.T) {
	f := func(json string, want float64, known bool) {
		t.Helper()
		var p Parser
		v, err := p.Parse([]byte(json))
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := p.Truth(v); got != want || ok != known {
			t.Errorf("%s: %v, %v; want %v, %v", json, got, ok, want, known)
		}
	}
	f(`true`, 1, true)
	f(`false`, 0, true)
	f(`1`, 1, true)
	f(`0`, 0, true)
	f(`-7.5`, 1, true)
	f(`"1"`, 1, true)
	f(`"0.0"`, 0, true)
	f(`"on"`, 0, false) // words are the format's own
	f(`null`, 0, false)
	f(`[]`, 0, false)
	var p Parser
	if _, ok := p.Truth(nil); ok {
		t.Error("what is not there is true or false")
	}
}

func TestSigned(t *testing.T) {
	f := func(n, want float64) {
		t.Helper()
		if got := Signed(n); got != want {
			t.Errorf("%v: %v, want %v", n, got, want)
		}
	}
	f(4294967193, -103)
	f(math.MaxUint32, -1)
	f(math.MaxInt32+1, math.MinInt32)
	f(math.MaxInt32, math.MaxInt32)
	f(math.MaxUint32+1, math.MaxUint32+1) // no 32-bit number: left as it is
	f(-103, -103)
	f(0, 0)
}

func TestBand(t *testing.T) {
	f := func(name string, mhz float64, want string) {
		t.Helper()
		if got := Band(name, mhz); got != want {
			t.Errorf("%q at %v MHz: %q, want %q", name, mhz, got, want)
		}
	}
	f("2G", 0, "2g")
	f("2.4GHz", 0, "2g")
	f("5g", 0, "5g")
	f("5G-lower", 5955, "5g") // its name counts more
	f("6G", 0, "6g")
	f("", 2399, "")
	f("", 2400, "2g")
	f("", 2484, "2g")
	f("", 2500, "")
	f("", 4900, "5g")
	f("", 5924, "5g")
	f("", 5925, "6g")
	f("", 7199, "6g")
	f("", 7200, "")
	f("radio0", 5180, "5g")
	f("", math.NaN(), "")

	g := func(channel float64, want string) {
		t.Helper()
		if got := BandOfChannel(channel); got != want {
			t.Errorf("channel %v: %q, want %q", channel, got, want)
		}
	}
	g(0, "")
	g(1, "2g")
	g(14, "2g")
	g(15, "")
	g(31, "")
	g(32, "5g")
	g(177, "5g")
	g(178, "")
}

func TestPercent(t *testing.T) {
	f := func(used, total, want float64, ok bool) {
		t.Helper()
		if got, found := Percent(used, total); got != want || found != ok {
			t.Errorf("%v of %v: %v, %v", used, total, got, found)
		}
	}
	f(0, 4, 0, true)
	f(1, 4, 25, true)
	f(4, 4, 100, true)
	f(5, 4, 0, false)
	f(-1, 4, 0, false)
	f(0, 0, 0, false)
	f(1, -4, 0, false)
	f(1, math.NaN(), 0, false)
}

func TestNames(t *testing.T) {
	public := Names{"WiFi Roma", "Venezia"}
	for name, want := range map[string]bool{"WiFi Roma": true, "Venezia": true, "wifi roma": false, "": false, "Casa Rossi": false} {
		if public.Has(name) != want {
			t.Errorf("%q may be kept: %v", name, !want)
		}
	}
	if (Names)(nil).Has("") {
		t.Error("nothing may be kept, and something is")
	}
}

func TestNumbersAsTheyStand(t *testing.T) {
	f := func(json, want string) {
		t.Helper()
		var p Parser
		v, err := p.Parse([]byte(json))
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Raw(v); got != want {
			t.Errorf("%s: %q, want %q", json, got, want)
		}
	}
	f(`1763791200.250`, "1763791200.250")
	f(`1e3`, "1e3")
	f(`"2025-11-22"`, "2025-11-22")
	f(`18446744073709551617`, "18446744073709551617")
}
