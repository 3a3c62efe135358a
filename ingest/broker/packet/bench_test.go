package packet

import "testing"

func BenchmarkParsePublish(b *testing.B) {
	d := Delivery{Topic: "sc/v1/058091/air/air-0001/up", Payload: make([]byte, 100), QoS: 1, ID: 7}
	wire := AppendPublish(nil, V4, &d)
	var p Publish
	b.ReportAllocs()
	b.SetBytes(int64(len(wire)))
	for b.Loop() {
		h, n, err := ParseHeader(wire)
		if err == nil {
			err = ParsePublish(V4, h.Flags, wire[n:], &p)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendAck(b *testing.B) {
	var out []byte
	b.ReportAllocs()
	for b.Loop() {
		out = AppendAck(out[:0], V5, TypePuback, 7, Success, "")
	}
}
