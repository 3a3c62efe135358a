package decodetest

import (
	"errors"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"

	"rione/ingest"
)

// maxUnfolded is what a decoder may allocate for one message, bytes. The fullest
// that the limits of wire let through take four fifths of it, most of it in
// growing what the parser then keeps.
const maxUnfolded = 64 << 20

// bombs would unfold beyond any limit, whatever reads them.
func bombs() map[string]string {
	return map[string]string{
		"JSON, deep and open":         strings.Repeat("[", 100_000),
		"JSON, deep":                  strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000),
		"JSON, objects in objects":    strings.Repeat(`{"a":`, 400) + "1" + strings.Repeat("}", 400),
		"JSON, a million numbers":     "[" + strings.Repeat("1,", 1_000_000) + "1]",
		"JSON, a million objects":     `{"a":[` + strings.Repeat("{},", 1_000_000) + "{}]}",
		"JSON, a million members":     `{"a":1` + strings.Repeat(`,"temperature":1`, 1_000_000) + "}",
		"JSON, a million records":     `[{"n":"temp_c","v":1}` + strings.Repeat(`,{"n":"temp_c","v":1}`, 1_000_000) + "]",
		"CBOR, an array of 2³²":       "\x9b\x00\x00\x00\x01\x00\x00\x00\x00",
		"CBOR, a map of 2⁶³":          "\x81\xbb\x7f\xff\xff\xff\xff\xff\xff\xff",
		"CBOR, a text of 2³²":         "\x81\xa1\x00\x7b\x00\x00\x00\xff\xff\xff\xff\xff",
		"CBOR, bytes of 2⁶³":          "\x81\xa1\x08\x5b\x7f\xff\xff\xff\xff\xff\xff\xff",
		"CBOR, deep":                  strings.Repeat("\x81", 100_000),
		"CBOR, deep and endless":      strings.Repeat("\x9f", 100_000),
		"CBOR, tags of tags":          "\x81\xa1\x02" + strings.Repeat("\xc4", 100_000),
		"CBOR, a million empty maps":  "\x9a\x00\x0f\x42\x40" + strings.Repeat("\xa0", 1_000_000),
		"protobuf, a metric of 4 GB":  "\x12\xff\xff\xff\xff\x0f\x0a\x01a",
		"protobuf, a length of 2⁶⁴":   "\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
		"protobuf, a million metrics": strings.Repeat("\x12\x00", 1_000_000),
		"gzip":                        "\x1f\x8b\x08\x00\x00\x00\x00\x00",
	}
}

// Bombs feeds a decoder what would unfold beyond any limit; it must refuse each
// with one of the reasons that are meant for it, and within bounds of memory.
func Bombs(t *testing.T, d ingest.Decoder, topic string) {
	t.Helper()
	all := bombs()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		err := Bounded(t, name, d, topic, all[name])
		var refusal *ingest.Refusal
		if !errors.As(err, &refusal) || refusal.Reason != ingest.TooLarge && refusal.Reason != ingest.Unparsable {
			t.Errorf("%s: %v; want too_large or unparsable", name, err)
		}
	}
}

// Lies feeds bombs to a decoder of bytes of fixed sizes, to which most of them
// mean something: it may read or refuse them, within bounds of memory.
func Lies(t *testing.T, d ingest.Decoder) {
	t.Helper()
	for name, payload := range bombs() {
		_ = Bounded(t, name, d, "", payload)
	}
}

// Bounded decodes one message and fails when that takes more memory than any
// message may.
func Bounded(t *testing.T, name string, d ingest.Decoder, topic, payload string) error {
	t.Helper()
	m := &ingest.Message{Topic: topic, Payload: []byte(payload)}
	var out ingest.Readings
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := d.Decode(m, &out)
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > maxUnfolded {
		t.Errorf("%s: %d MiB for a message of %d KiB", name, took>>20, len(payload)>>10)
	}
	return err
}
