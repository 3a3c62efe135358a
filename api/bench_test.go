package api

import (
	"fmt"
	"testing"
	"time"

	"rione/devices"
	"rione/geo"
	"rione/ingest"
)

func BenchmarkStored(b *testing.B) {
	l, points := benchPoints(b, 10_000)
	b.ReportAllocs()
	at := noon
	for b.Loop() {
		at = at.Add(time.Second)
		for i := range points {
			points[i].Time = at
		}
		l.Stored(points)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(points)), "ns/point")
}

func bigRig(b *testing.B, n int) *rig {
	b.Helper()
	fleet := make([]devices.Device, n)
	kinds := devices.Kinds()
	for i := range fleet {
		p := geo.Point{Lat: 41.7 + float64(i%1000)*0.0004, Lon: 12.2 + float64(i/1000)*0.004}
		fleet[i] = device(fmt.Sprintf("dev-%06d", i), kinds[i%len(kinds)], "058091", "Municipio I", p)
	}
	return newRig(b, fleet)
}

func (r *rig) bench(b *testing.B, path string, least int) {
	b.ReportAllocs()
	for b.Loop() {
		if w := r.do(request{path: path}); w.Code != 200 || w.Body.Len() < least {
			b.Fatalf("%d, %d bytes", w.Code, w.Body.Len())
		}
	}
}

// BenchmarkLatest10000 is the answer with the latest values of 10,000 devices.
func BenchmarkLatest10000(b *testing.B) {
	r := bigRig(b, 10_000)
	for _, d := range r.registry.Snapshot().All() {
		r.latest.Stored([]ingest.Point{point(b, d, "air", noon, map[string]float64{"temp_c": 21.5, "rh_pct": 40.25, "pm10_ugm3": 18, "pm25_ugm3": 9.5})})
	}
	r.bench(b, "/v1/readings/latest?limit=10000", 2_000_000)
}

// BenchmarkBBox100000 looks for a small box among 100,000 devices.
func BenchmarkBBox100000(b *testing.B) {
	r := bigRig(b, 100_000)
	r.bench(b, "/v1/devices?bbox=12.4,41.8,12.45,41.85&limit=1000", 100_000)
}

func BenchmarkTick(b *testing.B) {
	r := bigRig(b, 10_000)
	_, points := benchPoints(b, 1)
	all := r.registry.Snapshot().All()
	b.ReportAllocs()
	for b.Loop() {
		for _, d := range all {
			points[0].Device = d
			points[0].Time = points[0].Time.Add(time.Millisecond)
			r.latest.Stored(points)
		}
		r.live.tick()
	}
}
