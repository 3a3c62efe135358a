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
