package senml

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"rione/ingest/decode/wire"
)

// TestResolvedVectors compares with the resolved forms that the RFC's authors
// generated. Where a record means now, they wrote the time of generation.
func TestResolvedVectors(t *testing.T) {
	now := time.Unix(1498780179, 0)
	f := func(name string) {
		t.Helper()
		got := resolveFile(t, name)
		b, err := os.ReadFile("testdata/resolved/" + name + ".resolved.json")
		if err != nil {
			t.Fatal(err)
		}
		var want []struct {
			N, U string
			T, V float64
		}
		if err := json.Unmarshal(b, &want); err != nil {
			t.Fatal(err)
		}
		if len(got) != len(want) {
			t.Fatalf("%s: %d records; want %d", name, len(got), len(want))
		}
		for i, w := range want {
			at := got[i].time.at
			if at < relative {
				at += time.Duration(now.UnixNano())
			}
			if got[i].name != w.N || got[i].unit != w.U || got[i].value != w.V || math.Abs(at.Seconds()-w.T) > 1e-6 {
				t.Errorf("%s, record %d: %+v; want %+v", name, i, got[i], w)
			}
		}
	}
	f("rfc8428-ex1")
	f("rfc8428-ex2")
	f("rfc8428-ex3")
	f("rfc8428-ex4")
	f("rfc8428-ex5")
}

func resolveFile(t *testing.T, name string) []resolved {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var p wire.Parser
	v, err := p.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	var list []record
	for _, item := range v.GetArray() {
		r, err := readRecord(item, &p)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, r)
	}
	return resolveAll(t, list)
}

func resolveAll(t *testing.T, list []record) []resolved {
	t.Helper()
	var b base
	b.reset()
	out := make([]resolved, 0, len(list))
	for i := range list {
		r, err := b.resolve(&list[i])
		if err != nil {
			t.Fatal(err)
		}
		r.name = string([]byte(r.name)) // it lives until the next record
		out = append(out, r)
	}
	return out
}

// TestResolveLiterally compares with a slow, literal reading of RFC 8428,
// section 4.6, on random packs: for each record, each base field is looked for
// backwards from the record itself.
func TestResolveLiterally(t *testing.T) {
	rnd := rand.New(rand.NewPCG(8428, 1))
	for range 2000 {
		list := make([]record, 1+rnd.IntN(12))
		for i := range list {
			list[i] = randomRecord(rnd)
		}
		list[0].has |= hasBaseName
		list[0].baseName = "b"
		got := resolveAll(t, list)
		for i := range list {
			want := literally(list[:i+1])
			if g := got[i]; g.name != want.name || g.unit != want.unit || g.time.at != want.time.at ||
				g.has&(hasValue|hasSum) != want.has || g.value != want.value || g.sum != want.sum {
				t.Fatalf("record %d of %+v:\n got %+v\nwant %+v", i, list, g, want)
			}
		}
	}
}

func randomRecord(rnd *rand.Rand) record {
	r := record{has: present(rnd.UintN(1 << 13))}
	r.has &^= hasVersion | hasText | hasBool | hasData
	pick := func() float64 { return float64(rnd.IntN(100)) }
	names := []string{"", "x", "y:z"}
	r.name, r.baseName = names[rnd.IntN(3)], names[1+rnd.IntN(2)]
	r.unit, r.baseUnit = names[rnd.IntN(3)], names[rnd.IntN(3)]
	r.value, r.baseValue, r.sum, r.baseSum = pick(), pick(), pick(), pick()
	r.time = instant{time.Duration(pick()) * time.Second, time.Second}
	r.baseTime = instant{time.Duration(1e9+pick()) * time.Second, time.Second}
	if !r.is(hasValue) {
		r.value = 0
	}
	if !r.is(hasSum) {
		r.sum = 0
	}
	return r
}

// literally resolves the last record of a pack.
func literally(pack []record) resolved {
	last := &pack[len(pack)-1]
	nearest := func(p present) *record {
		for i := len(pack) - 1; i >= 0; i-- {
			if pack[i].is(p) {
				return &pack[i]
			}
		}
		return nil
	}
	out := resolved{name: last.name, unit: last.unit, value: last.value, sum: last.sum, has: last.has & (hasValue | hasSum)}
	if r := nearest(hasBaseName); r != nil {
		out.name = r.baseName + last.name
	}
	if !last.is(hasUnit) {
		out.unit = ""
		if r := nearest(hasBaseUnit); r != nil {
			out.unit = r.baseUnit
		}
	}
	if last.is(hasTime) {
		out.time.at = last.time.at
	}
	if r := nearest(hasBaseTime); r != nil {
		out.time.at += r.baseTime.at
	}
	if r := nearest(hasBaseSum); r != nil {
		out.sum += r.baseSum
		out.has |= hasSum
	}
	if r := nearest(hasBaseValue); r != nil && (last.is(hasValue) || !last.is(hasSum)) {
		out.value += r.baseValue
		out.has |= hasValue
	}
	return out
}

func TestSplit(t *testing.T) {
	f := func(whole, base, own string, want name) {
		t.Helper()
		if got := split(whole, base, own); got != want {
			t.Errorf("split(%q, %q, %q) = %+v; want %+v", whole, base, own, got, want)
		}
	}
	f("temp_c", "", "dev-1", name{field: "temp_c"})
	f("dev-1:temp_c", "dev-1:", "dev-1", name{device: "dev-1", field: "temp_c"})
	f("dev-1/temp_c", "dev-1/", "", name{device: "dev-1", field: "temp_c"})
	f("dev-1:nonsense", "dev-1:", "", name{device: "dev-1", field: "nonsense"})
	f("dev-2:temp_c", "", "dev-1", name{device: "dev-2", field: "temp_c"})
	f("net_if:ifname=eth0/1,role=wan:rx_bytes", "", "dev-1",
		name{measurement: "net_if", tags: "ifname=eth0/1,role=wan", field: "rx_bytes"})
	f("urn:dev:ow:10e2:wifi_radio:band=5g:clients", "urn:dev:ow:10e2:", "",
		name{device: "urn:dev:ow:10e2", measurement: "wifi_radio", tags: "band=5g", field: "clients"})
	f("dev-1:wifi_radio:band=5g:clients", "dev-1:wifi_radio:band=5g:", "",
		name{device: "dev-1", measurement: "wifi_radio", tags: "band=5g", field: "clients"})
	f("urn:dev:ow:10e2", "", "", name{device: "urn:dev:ow:10e2"})
	f("urn:dev:ow:10e2", "", "dev-1", name{device: "urn:dev:ow:10e2"})
	f("foo:bar", "", "dev-1", name{field: "foo:bar"})
	f("city/dev-2/temp_c", "", "", name{device: "city/dev-2", field: "temp_c"})
	f("foo/bar", "", "", name{field: "foo/bar"})
	f("net_if:ifname=eth0/1:rx_bytes", "", "", name{measurement: "net_if", tags: "ifname=eth0/1", field: "rx_bytes"})
	f("nonsense", "", "", name{field: "nonsense"})
}

func FuzzSplit(f *testing.F) {
	f.Add("dev-1:net_if:ifname=eth0:rx_bytes", 6, "dev-1")
	f.Fuzz(func(t *testing.T, whole string, cut int, own string) {
		if cut < 0 || cut > len(whole) {
			cut = 0
		}
		n := split(whole, whole[:cut], own)
		if len(n.device)+len(n.measurement)+len(n.tags)+len(n.field) > len(whole) {
			t.Errorf("split(%q) made more of it: %+v", whole, n)
		}
	})
}
