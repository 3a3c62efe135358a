package record_test

import (
	"fmt"
	"testing"

	"rione/ingest"
	"rione/ingest/record"
)

// fleet is a record as the intake makes them under load: some 1,900 readings of
// 200 devices, 256 KiB.
func fleet() *record.Builder {
	b := &record.Builder{}
	for i := 0; b.Size() < 256<<10; i++ {
		id := fmt.Sprintf("air-%04d", i%200)
		b.Append(&ingest.Message{
			Received: at, Door: "mqtt", Route: "native", Client: id, Topic: "sc/v1/058091/air/" + id + "/up",
			Payload: fmt.Appendf(nil, `{"ts":%d,"seq":%d,"pm10_ugm3":%.1f,"temp_c":%.2f,"rh_pct":%d}`, at.UnixMilli()+int64(i), i, float64(i%97)/3, float64(i%31), i%100),
		})
	}
	return b
}

func BenchmarkAppend(b *testing.B) {
	m := sample()[0]
	var builder record.Builder
	b.ReportAllocs()
	for b.Loop() {
		if builder.Append(&m); builder.Size() > 256<<10 {
			builder.Reset()
		}
	}
}

func BenchmarkSeal(b *testing.B) {
	builder, totals := fleet(), record.NewTotals(1)
	var dst []byte
	b.SetBytes(int64(builder.Size()))
	b.ReportAllocs()
	for b.Loop() {
		dst = builder.Seal(dst[:0], totals.Header(builder, 0))
	}
	b.ReportMetric(float64(builder.Size())/float64(len(dst)), "ratio")
}

func BenchmarkRead(b *testing.B) {
	builder := fleet()
	data := builder.Seal(nil, record.NewTotals(1).Header(builder, 0))
	var r record.Record
	var m ingest.Message
	b.SetBytes(int64(builder.Size()))
	b.ReportAllocs()
	for b.Loop() {
		if err := r.Open(data); err != nil {
			b.Fatal(err)
		}
		for r.Next(&m) {
		}
	}
}
