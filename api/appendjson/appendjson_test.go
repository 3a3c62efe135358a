package appendjson

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"
)

func TestStrings(t *testing.T) {
	f := func(s, want string) {
		t.Helper()
		if got := string(String([]byte("x"), s)); got != "x"+want {
			t.Errorf("%q: %s, want x%s", s, got, want)
		}
	}
	f("", `""`)
	f("air-1", `"air-1"`)
	f(" ~", `" ~"`) // the first and the last plain character
	f(`a "b" \`, `"a \"b\" \\"`)
	f("tab\t", `"tab\t"`)
	f("del\x7f", "\"del\x7f\"")
	f("Città", `"Città"`)
	f("</script>", `"</script>"`) // the answer's type keeps it from being a page
	f("cut \xff", "\"cut \\ufffd\"")
}

func TestMembers(t *testing.T) {
	if got, want := string(Member([]byte("{"), `a"b`, "Città")), `{"a\"b":"Città"`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestNumbers(t *testing.T) {
	f := func(v float64, want string) {
		t.Helper()
		got := Number(nil, v)
		if string(got) != want {
			t.Errorf("%v: %s, want %s", v, got, want)
		}
		if !json.Valid(got) {
			t.Errorf("%v: %s is no JSON", v, got)
		}
	}
	f(0, "0")
	f(math.Copysign(0, -1), "-0")
	f(21.4, "21.4")
	f(-0.1, "-0.1")
	f(1e21, "1000000000000000000000")
	f(math.SmallestNonzeroFloat32, "0.000000000000000000000000000000000000000000001401298464324817")
	f(math.NaN(), "null")
	f(math.Inf(1), "null")
	f(math.Inf(-1), "null")
}

func TestTimes(t *testing.T) {
	f := func(at time.Time, want string) {
		t.Helper()
		if got := string(Time(nil, at)); got != want {
			t.Errorf("%v: %s, want %s", at, got, want)
		}
	}
	rome := time.FixedZone("CEST", 2*3600)
	f(time.Date(2026, 7, 1, 1, 30, 0, 0, rome), `"2026-06-30T23:30:00Z"`)
	f(time.Date(2026, 7, 1, 12, 0, 0, 123_000_017, time.UTC), `"2026-07-01T12:00:00.123000017Z"`)
}

// TestInPlace holds that an answer that has grown to its size costs nothing more.
func TestInPlace(t *testing.T) {
	at, b := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC), make([]byte, 0, 256)
	if n := testing.AllocsPerRun(100, func() { Number(Time(Member(b, "device_id", "air-1"), at), 21.4) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzString(f *testing.F) {
	for _, s := range []string{"", "plain", `"quoted\"`, "tab\t", "è", "\xff\xfe", "\u2028", "a\x00b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var got string
		if err := json.Unmarshal(String(nil, s), &got); err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		if want := strings.ToValidUTF8(s, "\ufffd"); got != want && strings.Count(got, "\ufffd") == 0 {
			t.Errorf("%q became %q", s, got)
		}
	})
}
