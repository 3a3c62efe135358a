package changelog_test

import (
	"bytes"
	"fmt"
	"runtime"
	"testing"
	"time"

	"rione/devices"
	"rione/devices/changelog"
	"rione/geo"
)

// BenchmarkCity shows together what a city of 100,000 devices costs: the import
// of its file (read, planned, stored, folded), the same file again, a start, and
// the snapshot in memory.
func BenchmarkCity(b *testing.B) {
	file := cityFile()
	for b.Loop() {
		js := newJetStream(b)
		l := open(b, js, changelog.Options{})
		begin := time.Now()
		if n := importCity(b, l, file); n.Added != city {
			b.Fatalf("imported %+v", n)
		}
		b.ReportMetric(time.Since(begin).Seconds(), "s/import")
		begin = time.Now()
		if n := importCity(b, l, file); n.Unchanged != city {
			b.Fatalf("imported again %+v", n)
		}
		b.ReportMetric(time.Since(begin).Seconds(), "s/import-again")
		before := heap()
		begin = time.Now()
		again := open(b, js, changelog.Options{})
		b.ReportMetric(time.Since(begin).Seconds(), "s/start")
		s := again.Snapshot()
		if s.Len() != city {
			b.Fatalf("%d devices", s.Len())
		}
		b.ReportMetric(float64(heap()-before)/1e6, "MB/snapshot")
		runtime.KeepAlive(s)
	}
}

// cityFile is an import of a city, each device with a name and an identity.
func cityFile() []byte {
	var file bytes.Buffer
	file.WriteString("device_id,kind,comune,name,lat,lon,interval_s,external_id\n")
	for i := range city {
		fmt.Fprintf(&file, "dev-%06d,air,058091,Centralina %d,%.5f,%.5f,60,serial-%06d\n", i, i, 41.8+float64(i%317)*0.0006, 12.4+float64(i/317)*0.0006, i)
	}
	return file.Bytes()
}

func importCity(b *testing.B, l *changelog.Log, file []byte) devices.Summary {
	b.Helper()
	in, err := devices.ReadCSV(bytes.NewReader(file), devices.NewGazetteer(geo.NewIndex(nil)))
	if err != nil {
		b.Fatal(err)
	}
	set, summary := devices.Plan(l.Snapshot(), in)
	set.Author = "benchmark"
	if _, err := l.Apply(b.Context(), set); err != nil {
		b.Fatal(err)
	}
	return summary
}
