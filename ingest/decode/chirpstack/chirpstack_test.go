package chirpstack

import (
	"os"
	"testing"

	"rione/ingest"
	"rione/ingest/decode/decodetest"
)

func decoder() ingest.Decoder { return New(nil) }

func TestVectors(t *testing.T) { decodetest.Run(t, decoder) }

func TestBombs(t *testing.T) { decodetest.Bombs(t, New(nil), "") }

func FuzzDecode(f *testing.F) {
	decodetest.Fuzz(f, decoder, "application/a/device/0101010101010101/event/up")
}

func BenchmarkDecode(b *testing.B) {
	payload, err := os.ReadFile("testdata/object-air.json")
	if err != nil {
		b.Fatal(err)
	}
	m := &ingest.Message{Topic: "application/a/device/1000000000000001/event/up", Payload: payload}
	d, out := New(nil), new(ingest.Readings)
	b.SetBytes(int64(len(payload)))
	b.ReportAllocs()
	for b.Loop() {
		out.Reset()
		if err := d.Decode(m, out); err != nil {
			b.Fatal(err)
		}
	}
}
