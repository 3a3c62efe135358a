package process

import (
	"fmt"
	"log/slog"
	"syscall"
	"testing"
	"time"

	"rione/devices"
	"rione/geo"
	"rione/ingest"
	"rione/ingest/decode/native"
	"rione/ingest/journal"
	"rione/ingest/record"
)

// BenchmarkPipeline is the way of a message from the record to line protocol:
// native flat JSON of three fields, 500 messages a record, 200 devices, no
// reading twice.
func BenchmarkPipeline(b *testing.B) {
	const perRecord, fleet = 500, 200
	p := newPipeline(benchOptions(b, fleet))
	records := make([][]byte, 600)
	for i := range records {
		records[i] = benchRecord(i, perRecord, fleet)
	}
	w := newWork()
	n := 0
	b.ReportAllocs()
	before := cpuTime(b)
	for b.Loop() {
		if n%perRecord == 0 {
			w.reset()
			if n/perRecord%len(records) == 0 {
				p.memory = newMemory()
			}
			e := journal.Entry{Seq: uint64(n + 1), Data: records[n/perRecord%len(records)]}
			if err := p.record.Open(e.Data); err != nil {
				b.Fatal(err)
			}
			if err := p.run(e, w); err != nil {
				b.Fatal(err)
			}
			if len(w.points) != perRecord || len(w.refused) != 0 {
				b.Fatalf("%d lines, refused %v", len(w.points), w.refused)
			}
		}
		n++
	}
	b.ReportMetric(float64(cpuTime(b)-before)/float64(n), "cpu-ns/op")
}

// cpuTime is what the process has used so far. On a machine with other work it
// says more than the clock.
func cpuTime(tb testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// scatter is a prime by which the devices speak in an order that is neither that
// of their ids nor that of their memory, as those of a city do.
const scatter = 7919

func benchRecord(i, messages, fleet int) []byte {
	var r record.Builder
	base := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	for k := range messages {
		n := i*messages + k
		at := base.Add(time.Duration(n) * time.Millisecond)
		id := fmt.Sprintf("air-%05d", n*scatter%fleet)
		r.Append(&ingest.Message{
			Received: at, Door: "mqtt", Route: "native", Client: id, Topic: "sc/v1/058091/air/" + id + "/up",
			Payload: fmt.Appendf(nil, `{"ts":%d,"seq":%d,"temp_c":21.4,"rh_pct":48.5,"pm25_ugm3":12.25}`, at.UnixMilli(), n),
		})
	}
	return r.Seal(nil, record.NewTotals(1).Header(&r, 0))
}

func benchOptions(tb testing.TB, fleet int) Options {
	list := make([]devices.Device, fleet)
	for i := range list {
		list[i] = devices.Device{ID: fmt.Sprintf("air-%05d", i), Kind: devices.Air, Placements: []devices.Placement{{
			Comune: "058091", Zone: "Municipio I", Point: geo.Point{Lat: 41.9, Lon: 12.5}, Cell: "132f61",
		}}}
	}
	snapshot, err := devices.NewSnapshot(1, list)
	if err != nil {
		tb.Fatal(err)
	}
	routes, err := ingest.NewRoutes(ingest.DefaultRoutes())
	if err != nil {
		tb.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	return Options{
		Registry: registry{snapshot}, Routes: func() *ingest.Routes { return routes },
		Decoder: func(string) ingest.Decoder { return native.New() }, Clock: UseServerTime,
		Metrics: NewMetrics(nil), Unknown: NewUnknownFields(log), Logger: log,
	}
}

type registry struct{ s *devices.Snapshot }

func (r registry) Snapshot() *devices.Snapshot { return r.s }

var journalEntry = journal.Entry{Seq: 1}
