package process

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"rione/devices"
	"rione/ingest"
	"rione/ingest/schema"
)

var checksBegin = time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)

// checked feeds values of air.temp_c of one device (15 °C a minute, two days
// still) and returns what each fails.
type checked struct {
	c      *checks
	tracks *tracks
	number int
}

func newChecked() checked { return checked{newChecks(), &tracks{}, 7} }

// of is k for another device.
func (k checked) of(number int) checked { return checked{k.c, k.tracks, number} }

func (k checked) at(after time.Duration, value float64) ingest.Quality {
	return k.series(0, after, value)
}

// series is at for one of the device's series.
func (k checked) series(n uint64, after time.Duration, value float64) ingest.Quality {
	key := mix(uint64(k.number)+1, n+1)
	return k.c.look(k.tracks.of(k.number, 100_000), place{k.number, key}, schema.Lookup("air").Field("temp_c"), value, checksBegin.Add(after))
}

func TestRateOfChange(t *testing.T) {
	k := newChecked()
	f := func(after time.Duration, value float64, want ingest.Quality) {
		t.Helper()
		if got := k.at(after, value); got != want {
			t.Errorf("%v after %v: %d; want %d", value, after, got, want)
		}
	}
	f(0, 20, 0)
	f(time.Minute, 35, 0)                       // 15 °C in a minute
	f(2*time.Minute, 50.5, ingest.RateOfChange) // more
	f(2*time.Minute, 50.5, ingest.RateOfChange) // once more: it is not counted twice
	f(3*time.Minute, 26, 0)                     // back: compared with the last good one
	f(3*time.Minute+time.Second, 31, 0)         // a short pause counts as a minute
	f(3*time.Minute+2*time.Second, 47, ingest.RateOfChange)
	f(time.Minute, -40, 0)                      // late: not compared
	f(13*time.Minute, 75, 0)                    // 44 °C in ten minutes are within the limit
	f(14*time.Minute, -10, ingest.RateOfChange) // a new level …
	f(15*time.Minute, -10, ingest.RateOfChange) // …
	f(16*time.Minute, -10, 0)                   // … is believed at the third reading
	f(17*time.Minute, -9, 0)                    //
	f(17*time.Minute+7*time.Hour, 60, 0)        // after a long pause nothing is compared
}

func TestStuck(t *testing.T) {
	k := newChecked()
	step := 5 * time.Hour
	for i := range 9 { // 40 hours
		if got := k.at(time.Duration(i)*step, 21.5); got != 0 {
			t.Fatalf("reading %d is %d", i, got)
		}
	}
	if got := k.at(50*time.Hour, 21.5); got != 0 { // two days, but few readings
		t.Errorf("the tenth reading is %d", got)
	}
	_, _ = k.at(51*time.Hour, 21.5), k.at(52*time.Hour, 21.5)
	if got := k.at(53*time.Hour, 21.5); got != ingest.Stuck {
		t.Errorf("the same for 53 hours is %d", got)
	}
	if got := k.at(54*time.Hour, 21.6); got != 0 {
		t.Errorf("it moved and is %d", got)
	}
	if got := k.at(55*time.Hour, 21.6); got != 0 {
		t.Errorf("it stands still anew and is %d", got)
	}
}

// TestChecksOfALargeCity: 100,000 devices are all compared with themselves.
func TestChecksOfALargeCity(t *testing.T) {
	k := newChecked()
	const fleet = 100_000
	for i := range fleet {
		for n := range uint64(3) {
			k.of(i).series(n, 0, 20)
		}
	}
	for i := range fleet {
		for n := range uint64(3) {
			if got := k.of(i).series(n, time.Minute, 50); got != ingest.RateOfChange {
				t.Fatalf("series %d of device %d is forgotten: %d", n, i, got)
			}
		}
	}
	if n := len(k.c.saved(*k.tracks)); n != checkedOnDisk*checkedBytes {
		t.Errorf("the checkpoint holds %d bytes", n)
	}
}

// TestSeriesOfADeviceAreBounded: one that invents series forgets its own, and
// nobody else's.
func TestSeriesOfADeviceAreBounded(t *testing.T) {
	k := newChecked()
	k.of(1).at(0, 20)
	for n := range uint64(10 * maxFollowed) {
		k.series(n, 0, 20)
	}
	if n := len(k.tracks.of(7, 0).series); n != maxFollowed {
		t.Errorf("%d series are followed; want %d", n, maxFollowed)
	}
	if got := k.of(1).at(time.Minute, 50); got != ingest.RateOfChange {
		t.Errorf("another device's series is forgotten: %d", got)
	}
	kept := 0
	for n := range uint64(10 * maxFollowed) {
		if k.tracks.find(place{7, hashText(mix(8, n+1), "temp_c") | 1}) != nil {
			kept++
		}
	}
	if kept != maxFollowed {
		t.Errorf("%d of the series are known; want %d", kept, maxFollowed)
	}
}

// TestSeriesInAnyOrder: what is found does not depend on the order in which a
// device says it.
func TestSeriesInAnyOrder(t *testing.T) {
	k, random := newChecked(), rand.New(rand.NewPCG(1, 2))
	for n := range uint64(50) {
		k.series(n, 0, float64(n))
	}
	for round := range 20 {
		for _, n := range random.Perm(50) {
			if got := k.series(uint64(n), time.Duration(round+1)*time.Minute, float64(n)+0.1); got != 0 {
				t.Fatalf("series %d was taken for another: %d", n, got)
			}
		}
	}
	if n := len(k.tracks.of(7, 0).series); n != 50 {
		t.Errorf("%d series are followed; want 50", n)
	}
}

// TestNumberOfAnotherDevice: in a registry that was made anew a number may be
// another device's. Its values are not compared with those of the one before.
func TestNumberOfAnotherDevice(t *testing.T) {
	k := newChecked()
	k.at(0, 20)
	other := func(after time.Duration, value float64) ingest.Quality {
		return k.c.look(k.tracks.of(7, 0), place{7, 12345}, schema.Lookup("air").Field("temp_c"), value, checksBegin.Add(after))
	}
	if got := other(time.Minute, 60); got != 0 {
		t.Errorf("the first value of another device is %d", got)
	}
	if got := other(2*time.Minute, 90); got != ingest.RateOfChange {
		t.Errorf("its leap is %d", got)
	}
}

func TestChecksOverARestart(t *testing.T) {
	a := newChecked()
	for i := range 100 {
		a.of(i).at(0, 20)
		a.of(i).at(time.Minute, 20.5)
		a.of(i).at(2*time.Minute, 60) // a strike
	}
	saved := a.c.saved(*a.tracks)
	b := newChecked()
	b.c.restore(saved)
	if got := b.c.saved(*b.tracks); len(got) != len(saved) {
		t.Errorf("%d bytes are restored; want %d", len(got), len(saved))
	}
	b.of(50).at(-time.Hour, 0) // late: it changes nothing, and takes the series out of the checkpoint
	if got := b.c.saved(*b.tracks); len(got) != len(saved) {
		t.Errorf("%d bytes are saved after one device spoke; want %d", len(got), len(saved))
	}
	for i := range 100 {
		for j, value := range []float64{60, 60, 60.5} {
			after := time.Duration(3+j) * time.Minute
			x, y := a.of(i).at(after, value), b.of(i).at(after, value)
			if x != y {
				t.Fatalf("device %d: %d and %d after a restart", i, x, y)
			}
		}
	}
	if !bytes.Equal(sorted(b.c.saved(*b.tracks)), sorted(a.c.saved(*a.tracks))) {
		t.Error("what is known after a restart is not what is known without")
	}
	b.c.restore(saved[:len(saved)-1]) // cut short, or nothing: it begins anew
	b.c.restore(make([]byte, 2*checkedBytes))
	b.c.restore(nil)
}

// sorted returns what saved returned in the order of the series' keys.
func sorted(saved []byte) []byte {
	return bytes.Join(slices.SortedFunc(slices.Chunk(saved, checkedBytes), bytes.Compare), nil)
}

// TestLimitsHaveAField: a limit of a field that does not exist would panic at
// start; here it is named. Steps are within the field's range.
func TestLimitsHaveAField(t *testing.T) {
	n := 0
	for _, m := range schema.All() {
		for _, f := range m.Fields {
			if f.Limits == (schema.Limits{}) {
				continue
			}
			n++
			if f.Role != schema.Gauge || f.Limits.Step < 0 || f.Limits.Still < 0 || f.Limits.Step > f.Max-f.Min {
				t.Errorf("%s.%s has the limits %+v", m.Name, f.Name, f.Limits)
			}
		}
	}
	if n < 10 {
		t.Errorf("%d fields have limits", n)
	}
}

// TestSuspectsOfTheChecks goes through the pipeline: what fails is not in the
// field, and stands in suspect with its bit.
func TestSuspectsOfTheChecks(t *testing.T) {
	p, w := newPipeline(benchOptions(t, 1)), newWork()
	p.snapshot, p.routes = p.opt.Registry.Snapshot(), p.opt.Routes()
	send := func(minute int, payload string) {
		m := ingest.Message{
			Received: checksBegin.Add(time.Duration(minute) * time.Minute), Door: "mqtt", Route: "native", Client: "air-00000",
			Topic: "sc/v1/058091/air/air-00000/up", Payload: []byte(payload), Index: minute,
		}
		p.message(&m, devices.Expected{}, w)
	}
	for i, temperature := range []float64{20, 20.5, 45, 21} {
		send(i, fmt.Sprintf(`{"ts":%d,"temp_c":%g,"rh_pct":50}`, checksBegin.Add(time.Duration(i)*time.Minute).Unix(), temperature))
	}
	send(5, fmt.Sprintf(`{"ts":%d,"fcnt":-3}`, checksBegin.Add(5*time.Minute).Unix()))
	var got []string
	for i := range w.points {
		pt := &w.points[i]
		for _, f := range pt.Fields {
			if f.Field.Name == "temp_c" || pt.Measurement == ofSuspects {
				got = append(got, fmt.Sprintf("%s=%g", f.Field.Name, f.Float+float64(f.Int)))
			}
		}
	}
	if want := "[temp_c=20 temp_c=20.5 value=45 bits=4 temp_c=21 value=-3 bits=2]"; fmt.Sprint(got) != want {
		t.Errorf("%v; want %s", got, want)
	}
}
