package decodetest

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rione/ingest"
)

// Fuzz feeds payloads to a decoder, starting from testdata. Whatever comes in,
// it must not panic, must answer with readings or a refusal, and must not let
// through what no field takes.
func Fuzz(f *testing.F, newDecoder func() ingest.Decoder, topics ...string) {
	f.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "*"))
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		if b, err := os.ReadFile(file); err == nil && !strings.Contains(file, ".expect.") {
			f.Add(b, uint8(0))
		}
	}
	topics = append(topics, "")
	d := newDecoder()
	f.Fuzz(func(t *testing.T, payload []byte, topic uint8) {
		m := &ingest.Message{
			Topic: topics[int(topic)%len(topics)], Payload: payload,
			Received: time.Date(2025, 11, 22, 7, 0, 0, 0, time.UTC),
		}
		var out ingest.Readings
		harmless(t, d.Decode(m, &out), &out)
	})
}

func harmless(t *testing.T, err error, out *ingest.Readings) {
	t.Helper()
	var refusal *ingest.Refusal
	if err != nil && !errors.As(err, &refusal) {
		t.Fatalf("%T is no refusal: %v", err, err)
	}
	if err == nil && len(out.All()) == 0 {
		t.Fatal("neither a reading nor a refusal")
	}
	for _, r := range out.All() {
		if len(r.Values) == 0 && r.Position == nil {
			t.Fatalf("a reading of nothing: %+v", r)
		}
		for _, v := range r.Values {
			if v.Field == "" || math.IsNaN(v.Num) || math.IsInf(v.Num, 0) {
				t.Fatalf("no field takes %+v", v)
			}
		}
	}
}

// Bombs feeds a decoder what would unfold beyond any limit; it must refuse each
// with one of the reasons that are meant for it.
func Bombs(t *testing.T, d ingest.Decoder, topic string) {
	t.Helper()
	deep := strings.Repeat("[", 100_000)
	f := func(payload string) {
		t.Helper()
		var out ingest.Readings
		err := d.Decode(&ingest.Message{Topic: topic, Payload: []byte(payload)}, &out)
		var refusal *ingest.Refusal
		if !errors.As(err, &refusal) || refusal.Reason != ingest.TooLarge && refusal.Reason != ingest.Unparsable {
			t.Errorf("%.20q…: %v; want too_large or unparsable", payload, err)
		}
	}
	f(deep)
	f(deep + strings.Repeat("]", 100_000))
	f(strings.Repeat(`{"a":`, 400) + "1" + strings.Repeat("}", 400))
	f("[" + strings.Repeat("1,", 1_000_000) + "1]")
	f(`{"a":[` + strings.Repeat("{},", 1_000_000) + "{}]}")
	f("\x9b\x00\x00\x00\x01\x00\x00\x00\x00")     // CBOR: an array of 2³²
	f("\x81\xbb\x7f\xff\xff\xff\xff\xff\xff\xff") // a map of 2⁶³
	f("\x81\xa1\x00\x7b\x00\x00\x00\xff\xff\xff\xff\xff")
	f(strings.Repeat("\x81", 100_000))
	f("\x12\xff\xff\xff\xff\x0f\x0a\x01a") // protobuf: a metric of 4 GB
	f("\x1f\x8b\x08\x00\x00\x00\x00\x00")
}
