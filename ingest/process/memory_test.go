package process

import (
	"testing"
	"time"

	"rione/devices"
	"rione/ingest"
	"rione/ingest/schema"
)

func point(device string, at time.Time, values ...float64) *ingest.Point {
	m := schema.Lookup("air")
	p := &ingest.Point{Measurement: m, Device: &devices.Device{ID: device}, Time: at}
	for i, v := range values {
		p.Fields = append(p.Fields, ingest.FieldValue{Field: &m.Fields[i], Float: v})
	}
	return p
}

func TestIdentity(t *testing.T) {
	base := seenOf(point("air-1", received, 21.5))
	f := func(what string, p *ingest.Point, sameIdentity, sameValues bool) {
		t.Helper()
		if s := seenOf(p); (s.identity == base.identity) != sameIdentity || (s.values == base.values) != sameValues {
			t.Errorf("%s: same identity %v, same values %v", what, s.identity == base.identity, s.values == base.values)
		}
	}
	f("the same", point("air-1", received, 21.5), true, true)
	f("other values", point("air-1", received, 21.25), true, false)
	f("a value more", point("air-1", received, 21.5, 1), true, false)
	f("another device", point("air-2", received, 21.5), false, true)
	f("another time", point("air-1", received.Add(1), 21.5), false, true)
	tagged := point("air-1", received, 21.5)
	tagged.Tags = []ingest.Tag{{Name: "grade", Value: "reference"}}
	f("a tag", tagged, false, true)
	other := point("air-1", received, 21.5)
	other.Measurement = schema.Lookup("weather")
	f("another measurement", other, false, true)
	text := point("air-1", received)
	text.Fields = []ingest.FieldValue{{Field: &schema.Field{Name: "text", Type: schema.Text}, Text: "a"}}
	again := *text
	again.Fields = []ingest.FieldValue{{Field: text.Fields[0].Field, Text: "b"}}
	if seenOf(text).values == seenOf(&again).values {
		t.Error("another text has the same values")
	}
}

// The hashes are kept over restarts and so may never change.
func TestHashesAreTheSameForEver(t *testing.T) {
	p := point("air-00042", time.Unix(1772359200, 17).UTC(), 21.5, 48)
	p.Tags = []ingest.Tag{{Name: "grade", Value: "reference"}}
	if got, want := seenOf(p), (seen{0xe1849b6c739689f0, 0x7f33a418952b3a54}); got != want {
		t.Errorf("%#x, want %#x", got, want)
	}
}

func TestMemory(t *testing.T) {
	m := newMemory()
	f := func(s seen, want verdict) {
		t.Helper()
		if got := m.note(s); got != want {
			t.Errorf("%v: verdict %d, want %d", s, got, want)
		}
	}
	f(seen{1, 1}, unseen)
	for range 10 {
		f(seen{1, 1}, repeated)
	}
	f(seen{1, 2}, corrected)
	f(seen{1, 2}, repeated)
	f(seen{1, 1}, corrected)
	for i := range uint64(memoryWays - 1) { // all of one set
		f(seen{1 + (i+1)*memorySets, 0}, unseen)
	}
	f(seen{1, 1}, repeated)
	f(seen{1 + memoryWays*memorySets, 0}, unseen)
	f(seen{1, 1}, unseen)
}

func TestMemoryOverARestart(t *testing.T) {
	m := newMemory()
	const n = rememberedOnDisk + 1000
	for i := range uint64(n) {
		m.note(seen{mix(i, 1), i})
	}
	m.note(seen{mix(n-1, 1), 7}) // a correction
	data := m.append(nil)
	if len(data) != 16*rememberedOnDisk {
		t.Errorf("%d bytes", len(data))
	}
	again := newMemory()
	if err := again.restore(data); err != nil {
		t.Fatal(err)
	}
	if v := again.note(seen{mix(n-1, 1), 7}); v != repeated {
		t.Errorf("the newest: verdict %d", v)
	}
	if v := again.note(seen{mix(n-2, 1), n - 2}); v != repeated {
		t.Errorf("the one before: verdict %d", v)
	}
	if v := again.note(seen{mix(0, 1), 0}); v != unseen {
		t.Errorf("the oldest: verdict %d", v)
	}
	if err := again.restore(data[:17]); err == nil {
		t.Error("half a reading is no error")
	}
}

func BenchmarkNote(b *testing.B) {
	m := newMemory()
	p := point("air-00042", received, 21.5, 48, 12.25)
	b.ReportAllocs()
	for b.Loop() {
		p.Time = p.Time.Add(time.Millisecond)
		m.note(seenOf(p))
	}
}
