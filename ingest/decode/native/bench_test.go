package native

import (
	"testing"

	"rione/ingest"
)

func BenchmarkDecode(b *testing.B) {
	f := func(name, payload string) {
		b.Helper()
		b.Run(name, func(b *testing.B) {
			m := &ingest.Message{Topic: "sc/v1/058091/air/dev-00042/up", Payload: []byte(payload)}
			d, out := New(), new(ingest.Readings)
			b.SetBytes(int64(len(m.Payload)))
			b.ReportAllocs()
			for b.Loop() {
				out.Reset()
				if err := d.Decode(m, out); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	f("flat", `{"device_id":"dev-00042","ts":1763791200123,"temp_c":21.4,"rh_pct":48.5,"pm25_ugm3":12.25}`)
	f("flat_seq", `{"ts": 1763791200123, "seq": 17, "temp_c": 21.4, "rh_pct": 48, "pm10_ugm3": 20.5, "pm25_ugm3": 11.5, "battery_pct": 83}`)
	f("senml", `[{"bn":"dev-00042:","bt":1763791200.123,"n":"temp_c","v":21.4},{"n":"rh_pct","v":48.5},{"n":"pm25_ugm3","v":12.25}]`)
}

func TestNoAllocations(t *testing.T) {
	m := &ingest.Message{
		Topic:   "sc/v1/058091/air/dev-00042/up",
		Payload: []byte(`{"device_id":"dev-00042","ts":1763791200123,"seq":3,"temp_c":21.4,"rh_pct":48.5,"battery_pct":83}`),
	}
	d, out := New(), new(ingest.Readings)
	allocs := testing.AllocsPerRun(100, func() {
		out.Reset()
		if err := d.Decode(m, out); err != nil {
			t.Fatal(err)
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations per message; want none", allocs)
	}
}
