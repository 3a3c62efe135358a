package process

import (
	"fmt"
	"testing"
	"time"

	"rione/ingest/journal"
)

// BenchmarkFleet is BenchmarkPipeline by the size of the registry: what a
// message costs when its device is one of 1,000 or of 100,000, each of which
// has spoken before. The records are built while nobody measures.
func BenchmarkFleet(b *testing.B) {
	for _, fleet := range []int{1_000, 100_000} {
		b.Run(fmt.Sprint(fleet), func(b *testing.B) { benchFleet(b, fleet) })
	}
}

func benchFleet(b *testing.B, fleet int) {
	const perRecord = 500
	p := newPipeline(benchOptions(b, fleet))
	w := newWork()
	built := 0
	process := func() (cpu time.Duration) {
		e := journal.Entry{Seq: uint64(built + 1), Data: benchRecord(built, perRecord, fleet)}
		built++
		w.reset()
		before := cpuTime(b)
		if err := p.record.Open(e.Data); err != nil {
			b.Fatal(err)
		}
		if err := p.run(e, w); err != nil {
			b.Fatal(err)
		}
		if len(w.points) != perRecord || len(w.refused) != 0 {
			b.Fatalf("%d lines, refused %v", len(w.points), w.refused)
		}
		return cpuTime(b) - before
	}
	for range max(1, 2*fleet/perRecord) {
		process()
	}
	var cpu time.Duration
	n := 0
	for b.Loop() {
		if n%perRecord == 0 {
			b.StopTimer()
			cpu += process()
			b.StartTimer()
		}
		n++
	}
	b.ReportMetric(float64(cpu)/float64((n+perRecord-1)/perRecord*perRecord), "cpu-ns/msg")
}
