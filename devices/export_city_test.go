package devices_test

import (
	"runtime"
	"testing"

	"rione/devices"
)

// weighed is where an export goes; now and then it weighs what the process holds.
type weighed struct {
	bytes, sinceLook int
	most             uint64 // heap in use after a collection, bytes
}

const weighEvery = 2 << 20

// Write implements io.Writer.
func (w *weighed) Write(b []byte) (int, error) {
	w.bytes += len(b)
	if w.sinceLook += len(b); w.sinceLook >= weighEvery {
		w.sinceLook = 0
		w.most = max(w.most, heapInUse())
	}
	return len(b), nil
}

func heapInUse() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// An export of a city holds no more in memory than that of a street: it is written
// as it goes.
func TestExportOfACityIsNotGathered(t *testing.T) {
	list := snapshot(t, fleet(t, 50_000)...).All()
	for _, format := range devices.FileFormats() {
		w := &weighed{}
		before := heapInUse()
		if err := format.Write(w, list); err != nil {
			t.Fatal(err)
		}
		if w.bytes < 3*weighEvery/2 || w.most == 0 {
			t.Fatalf("%s: %d bytes, too few to tell", format.Name, w.bytes)
		}
		if grown := int64(w.most) - int64(before); grown > 1<<20 {
			t.Errorf("%s: %d bytes are held while %d are written", format.Name, grown, w.bytes)
		}
	}
	runtime.KeepAlive(list)
}

// BenchmarkExport100000 writes a city in each format.
func BenchmarkExport100000(b *testing.B) {
	list := snapshot(b, fleet(b, 100_000)...).All()
	for _, format := range devices.FileFormats() {
		b.Run(format.Name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				w := &weighed{sinceLook: -1 << 40}
				if err := format.Write(w, list); err != nil {
					b.Fatal(err)
				}
				b.SetBytes(int64(w.bytes))
			}
		})
	}
}
