package changelog_test

import (
	"runtime"
	"testing"

	"rione/devices/changelog"
)

const city = 100_000

// BenchmarkImport stores a city in one change set.
func BenchmarkImport(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		l := open(b, newJetStream(b), changelog.Options{})
		put := fleet(city)
		b.StartTimer()
		apply(b, l, put...)
	}
}

// BenchmarkOpen folds a city that stands in the stream, with its checkpoint.
func BenchmarkOpen(b *testing.B) {
	js := newJetStream(b)
	l := open(b, js, changelog.Options{})
	apply(b, l, fleet(city)...)
	b.ReportAllocs()
	for b.Loop() {
		open(b, js, changelog.Options{})
	}
}

// BenchmarkApply changes one device of a city.
func BenchmarkApply(b *testing.B) {
	l := open(b, newJetStream(b), changelog.Options{})
	apply(b, l, fleet(city)...)
	b.ReportAllocs()
	for b.Loop() {
		apply(b, l, device("dev-050000"))
	}
}

// BenchmarkHeap tells what the snapshot of a city keeps in memory.
func BenchmarkHeap(b *testing.B) {
	js := newJetStream(b)
	apply(b, open(b, js, changelog.Options{}), fleet(city)...)
	for b.Loop() {
		before := heap()
		l := open(b, js, changelog.Options{})
		s := l.Snapshot()
		b.ReportMetric(float64(heap()-before)/1e6, "MB/snapshot")
		runtime.KeepAlive(s)
	}
}

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
