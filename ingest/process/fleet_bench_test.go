package process

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"rione/ingest/journal"
)

// BenchmarkFleet is BenchmarkPipeline by the size of the registry: what a
// message costs when its device is one of 1,000 or of 100,000, each of which
// has spoken before. The records are built, and what that leaves to the garbage
// collector is done, while nobody measures.
func BenchmarkFleet(b *testing.B) {
	for _, fleet := range []int{1_000, 100_000} {
		b.Run(fmt.Sprint(fleet), func(b *testing.B) { benchFleet(b, fleet) })
	}
}

const (
	fleetRecord = 500 // messages
	fleetBuilt  = 100 // records at a time
)

func benchFleet(b *testing.B, fleet int) {
	p, w := newPipeline(benchOptions(b, fleet)), newWork()
	built := 0
	process := func(records int) (cpu time.Duration) {
		list := make([]journal.Entry, records)
		for i := range list {
			list[i] = journal.Entry{Seq: uint64(built + 1), Data: benchRecord(built, fleetRecord, fleet)}
			built++
		}
		runtime.GC()
		before := cpuTime(b)
		for _, e := range list {
			processRecord(b, p, e, w)
		}
		return cpuTime(b) - before
	}
	process(2 * max(fleet/fleetRecord, fleetBuilt))
	const part = fleetBuilt * fleetRecord
	var costs []float64 // of a message, by parts
	for n := 0; b.Loop(); n++ {
		if n == len(costs)*part {
			b.StopTimer()
			costs = append(costs, float64(process(fleetBuilt))/part)
			b.StartTimer()
		}
	}
	slices.Sort(costs)
	b.ReportMetric(costs[len(costs)/2], "cpu-ns/msg")
	b.ReportMetric(costs[0], "least-ns/msg")
}

func processRecord(b *testing.B, p *pipeline, e journal.Entry, w *work) {
	b.Helper()
	w.reset()
	if err := p.record.Open(e.Data); err != nil {
		b.Fatal(err)
	}
	if err := p.run(e, w); err != nil {
		b.Fatal(err)
	}
	if len(w.points) != fleetRecord || len(w.refused) != 0 {
		b.Fatalf("%d lines, refused %v", len(w.points), w.refused)
	}
}
