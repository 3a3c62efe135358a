package presence

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"rione/devices"
)

// cityOf makes n devices in comuni of five hundred: sixty in a hundred are
// carried by gateways, thirty by each.
func cityOf(n int) (list []devices.Device) {
	every := [...]time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute}
	for c := 0; len(list) < n; c++ {
		code := fmt.Sprintf("%06d", 58000+c)
		for g := range 10 {
			id := fmt.Sprintf("gw-%s-%02d", code, g)
			list = append(list, gateway(id, code, 5*time.Minute))
			for i := range 30 {
				list = append(list, via(sensor(fmt.Sprintf("lora-%s-%02d-%02d", code, g, i), code, 15*time.Minute), id))
			}
		}
		for i := range 190 {
			list = append(list, sensor(fmt.Sprintf("air-%s-%03d", code, i), code, every[i%len(every)]))
		}
	}
	return list[:n]
}

// A day of ten thousand devices, over the night in which Italy's clocks go back:
// a gateway fails, a comune is without power, two hundred batteries die, and
// rione itself is stopped for ten minutes. Nothing else is told.
func TestADayOfTenThousand(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: a day of ten thousand devices, in -short")
	}
	for name, night := range map[string]time.Time{
		"autumn": time.Date(2026, 10, 24, 12, 0, 0, 0, time.UTC), // back at 01:00 UTC of the 25th
		"spring": time.Date(2026, 3, 28, 12, 0, 0, 0, time.UTC),  // forth at 01:00 UTC of the 29th
	} {
		t.Run(name, func(t *testing.T) { aDay(t, night) })
	}
}

func aDay(t *testing.T, begin time.Time) {
	w := newTown(t, Options{}, cityOf(10_000)...)
	w.now, w.tick = begin, 30*time.Second
	const failed, dark = "gw-058003-04", "058007"
	random := rand.New(rand.NewPCG(1, 2))
	death := map[string]time.Duration{} // since the beginning
	for len(death) < 200 {
		d := w.entries[w.order[random.IntN(len(w.order))]]
		if d.Kind != devices.Gateway && d.Via != failed && d.Current().Comune != dark {
			death[d.ID] = 2*time.Hour + time.Duration(random.IntN(int(20*time.Hour)))
		}
	}
	between := func(from, to time.Duration) bool { s := w.now.Sub(begin); return s >= from && s < to }
	w.off = func(d *devices.Device) bool {
		if at, dies := death[d.ID]; dies && between(at, 1000*time.Hour) {
			return true
		}
		return (d.ID == failed || d.Via == failed) && between(4*time.Hour, 7*time.Hour) ||
			d.Current().Comune == dark && between(8*time.Hour, 10*time.Hour)
	}
	w.run(16 * time.Hour)
	w.stopped = true
	w.run(10 * time.Minute)
	w.stopped = false
	w.run(8 * time.Hour)

	want := []string{"comune_wide " + dark + " closed 500", "gateway_down " + failed + " closed 31", "own_fault  closed 0"}
	for id := range death {
		want = append(want, "silent "+id+" open 1")
	}
	got := w.raised()
	slices.Sort(got)
	slices.Sort(want)
	if slices.Equal(got, want) {
		return
	}
	for _, e := range got {
		if !slices.Contains(want, e) {
			t.Errorf("told, and should not be: %s", e)
		}
	}
	for _, e := range want {
		if !slices.Contains(got, e) {
			t.Errorf("not told: %s", strings.TrimSpace(e))
		}
	}
}

// BenchmarkStep is what a step costs with 100,000 devices of which a sixth
// spoke since the one before; the metrics say what the engine and a checkpoint
// hold of each device.
func BenchmarkStep(b *testing.B) {
	w := newTown(b, Options{}, cityOf(100_000)...)
	empty := heap()
	w.run(20 * time.Minute)
	held := heap() - empty
	var turns [6]map[string]Word
	for i, id := range w.order {
		if turns[i%len(turns)] == nil {
			turns[i%len(turns)] = map[string]Word{}
		}
		turns[i%len(turns)][id] = Word{}
	}
	turn := 0
	b.ReportAllocs()
	for b.Loop() {
		w.now = w.now.Add(tick)
		heard := turns[turn%len(turns)]
		for id := range heard {
			heard[id] = Word{Received: w.now, Said: w.now}
		}
		w.step(heard)
		turn++
	}
	b.ReportMetric(float64(held)/float64(len(w.order)), "heap-B/device")
	b.ReportMetric(float64(len(w.e.State()))/float64(len(w.order)), "state-B/device")
}

// heap returns the bytes in use.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
