package senml

import (
	"encoding/hex"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"

	"rione/ingest"
	"rione/ingest/decode/wire"
)

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestNumbers holds the numbers of RFC 8949, appendix A, and those beside them
// that RFC 8428 allows. A trailing byte shows that no more was read than the item.
func TestNumbers(t *testing.T) {
	f := func(item string, want float64, ok bool) {
		t.Helper()
		c := cursor{unhex(t, item+"60")}
		got, gotOK := c.number()
		if gotOK != ok || ok && got != want || len(c.rest) != 1 {
			t.Errorf("%s: %v, %v, %d bytes left; want %v, %v", item, got, gotOK, len(c.rest), want, ok)
		}
	}
	f("00", 0, true)
	f("17", 23, true)
	f("1818", 24, true)
	f("1903e8", 1000, true)
	f("1a000f4240", 1_000_000, true)
	f("1b000000e8d4a51000", 1e12, true)
	f("1bffffffffffffffff", 18446744073709551615, true)
	f("20", -1, true)
	f("3903e7", -1000, true)
	f("3bffffffffffffffff", -18446744073709551616, true)
	f("f90000", 0, true)
	f("f93c00", 1, true)
	f("f93e00", 1.5, true)
	f("f97bff", 65504, true)
	f("f90400", 0.000061035156, true) // 2⁻¹⁴, as far as 32 bits tell
	f("f90001", 5.9604645e-8, true)   // 2⁻²⁴
	f("f9c400", -4, true)
	f("f9cd5a", -21.40625, true)
	f("fa47c35000", 100_000, true)
	f("fa41ab3333", 21.4, true)
	f("fb3ff199999999999a", 1.1, true)
	f("fbc010666666666666", -4.1, true)
	f("c4821a00000000 05", 5, true) // an exponent of 0 in four bytes
	f("c48221196ab3", 273.15, true) // RFC 8949, section 3.4.4
	f("c49f21196ab3ff", 273.15, true)

	f("f97c00", 0, false) // infinities, no numbers
	f("f97e00", 0, false)
	f("fa7f800000", 0, false)
	f("fb7ff8000000000000", 0, false)
	f("c4811a00000000", 0, false) // no mantissa
	f("c49f21ff", 0, false)
	f("c483012103", 0, false) // three parts
	f("c4f6", 0, false)
	f("c482390fff01", 0, false) // 10⁻⁴⁰⁹⁶
	f("c48201c249010000000000000000", 0, false)
	f("c249010000000000000000", 0, false)
	f("f4", 0, false)
	f("6161", 0, false)
	f("7f616161 62ff", 0, false)
	f("a261610182010203", 0, false)
	f("bf6161019f0102ff03ff", 0, false)
	f("c074323031332d30332d32315432303a30343a30305a", 0, false)
}

func TestTexts(t *testing.T) {
	f := func(item, want string, ok bool) {
		t.Helper()
		c := cursor{unhex(t, item+"60")}
		got, gotOK := c.text()
		if gotOK != ok || ok && got != want || len(c.rest) != 1 {
			t.Errorf("%s: %q, %v, %d bytes left; want %q", item, got, gotOK, len(c.rest), want)
		}
	}
	f("60", "", true)
	f("6449455446", "IETF", true)
	f("62c3bc", "ü", true)
	f("7f657374726561646d696e67ff", "streaming", true)
	f("7fff", "", true)
	f("61ff", "", false)
	f("7f61c361bcff", "ü", true)
	f("4161", "", false)
	f("01", "", false)
	f("80", "", false)
}

func TestTruth(t *testing.T) {
	f := func(item string, want, ok bool) {
		t.Helper()
		c := cursor{unhex(t, item+"60")}
		if got, gotOK := c.truth(); gotOK != ok || ok && got != want || len(c.rest) != 1 {
			t.Errorf("%s: %v, %v, %d bytes left", item, got, gotOK, len(c.rest))
		}
	}
	f("f4", false, true)
	f("f5", true, true)
	f("f6", false, false)
	f("01", false, false)
	f("15", false, false) // 21, whose argument looks like true
	f("8101", false, false)
}

// anything returns a random value that the library can write.
func anything(rng *rand.Rand, depth int) any {
	kinds := 9
	if depth > 3 {
		kinds = 6
	}
	switch rng.IntN(kinds) {
	case 0:
		return rng.Int64() >> rng.IntN(64)
	case 1:
		return -rng.Int64() >> rng.IntN(64)
	case 2:
		return rng.NormFloat64() * 1000
	case 3:
		return strings.Repeat("ü", rng.IntN(40))
	case 4:
		return rng.IntN(2) == 0
	case 5:
		return make([]byte, rng.IntN(300))
	case 6:
		return cbor.Tag{Number: 1000 + uint64(rng.IntN(1000)), Content: anything(rng, depth+1)}
	case 7:
		list := make([]any, rng.IntN(30))
		for i := range list {
			list[i] = anything(rng, depth+1)
		}
		return list
	}
	m := map[any]any{}
	for range rng.IntN(8) {
		m[rng.Int64N(20)-8] = anything(rng, depth+1)
	}
	return m
}

// TestLikeTheLibrary writes random records with the library and reads them as
// the library reads them back.
func TestLikeTheLibrary(t *testing.T) {
	rng := rand.New(rand.NewPCG(8428, 8949))
	for range 5_000 {
		fields := map[any]any{}
		for range rng.IntN(8) {
			fields[rng.Int64N(18)-7] = anything(rng, 1)
		}
		b, err := cbor.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		c := cursor{b}
		got, err := readMap(&c)
		if len(c.rest) != 0 && err == nil {
			t.Fatalf("%x: %d bytes are left", b, len(c.rest))
		}
		if c = (cursor{b}); true {
			if c.skip(); len(c.rest) != 0 {
				t.Fatalf("%x: skipped all but %d bytes", b, len(c.rest))
			}
		}
		compareWithMap(t, b, got, err != nil)
	}
}

// compareWithMap compares a record with the library's reading of it.
func compareWithMap(t *testing.T, b []byte, got record, refused bool) {
	t.Helper()
	var fields map[any]any
	mode, err := cbor.DecOptions{IntDec: cbor.IntDecConvertSignedOrFail}.DecMode()
	if err == nil {
		err = mode.Unmarshal(b, &fields)
	}
	if err != nil {
		t.Fatal(err)
	}
	for label, to := range map[int64]string{labelBaseName: got.baseName, labelBaseUnit: got.baseUnit, labelName: got.name, labelUnit: got.unit} {
		v, present := fields[label]
		s, ok := v.(string)
		if present && !ok != refused && !refused {
			t.Errorf("%x: label %d is no text and was taken", b, label)
		}
		if ok && !refused && s != to {
			t.Errorf("%x: label %d is %q; want %q", b, label, to, s)
		}
	}
	for label, to := range map[int64]float64{labelValue: got.value, labelSum: got.sum, labelBaseValue: got.baseValue} {
		var want float64
		switch v := fields[label].(type) {
		case int64:
			want = float64(v)
		case float64:
			want = v
		default:
			continue
		}
		if !refused && to != want {
			t.Errorf("%x: label %d is %v; want %v", b, label, to, want)
		}
	}
}

// TestMaps holds packs of a form that JSON does not have.
func TestMaps(t *testing.T) {
	f := func(what, pack, want string) {
		t.Helper()
		var out ingest.Readings
		err := New().Decode(&ingest.Message{Payload: unhex(t, pack), Received: time.Unix(1_700_000_000, 0)}, &out)
		var refusal *ingest.Refusal
		got := "read"
		if errors.As(err, &refusal) {
			got = string(refusal.Reason)
		}
		if got != want {
			t.Errorf("%s: %s (%v); want %s", what, got, err, want)
		}
		if list := out.All(); want == "read" && (len(list) != 1 || list[0].Device != "a" || list[0].Values[0] != (ingest.Value{Field: "temp_c", Num: 21.4})) {
			t.Errorf("%s: %+v", what, list)
		}
	}
	const n, v = "00 68 613a74656d705f63", "02 fa41ab3333" // a:temp_c, 21.4 in 32 bits
	f("a map", "81 a2"+n+v, "read")
	f("of no stated length", "9f bf"+n+v+"ff ff", "read")
	f("values first", "81 a2"+v+n, "read")
	f("with what is not known", "81 a5"+n+v+"09 8101 64616e7973 f6 4101 00", "read")
	f("with the update time", "81 a3"+n+v+"07 01", "read")
	f("with a label that must be understood", "81 a3"+n+v+"62785f 00", "unparsable")
	f("a label twice", "81 a3"+n+v+v, "unparsable")
	f("a record that is no map", "81 01", "unparsable")
	f("a name that is no text", "81 a2 00 01"+v, "unparsable")
	f("a name that is not UTF-8", "81 a2 00 62c328"+v, "unparsable")
	f("a value that is no number", "81 a2"+n+"02 f4", "wrong_type")
	f("cut short", "81 a2"+n+"02 fa41ab", "unparsable")
	f("something behind it", "80 00", "unparsable")
	f("nothing", "80", "empty")
}

func TestHalf(t *testing.T) {
	for bits := range 1 << 16 {
		want := math.Ldexp(float64(bits&1023), -24)
		if e := bits >> 10 & 31; e > 0 {
			want = math.Ldexp(1+float64(bits&1023)/1024, e-15)
		}
		if bits>>15 != 0 {
			want = -want
		}
		if got := float64(half(uint16(bits))); bits>>10&31 < 31 && got != want {
			t.Fatalf("half(%04x) = %v; want %v", bits, got, want)
		}
	}
	if inf := half(0xfc00); !math.IsInf(float64(inf), -1) {
		t.Errorf("half(fc00) = %v", inf)
	}
	if nan := wire.Float32(half(0x7e01)); nan == nan {
		t.Errorf("half(7e01) = %v", nan)
	}
}
