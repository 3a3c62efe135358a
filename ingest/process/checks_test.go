package process

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"rione/ingest"
	"rione/ingest/schema"
)

var checksBegin = time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)

// checked feeds values of air.temp_c (15 °C a minute, two days still) and returns
// what each fails.
type checked struct {
	c      *checks
	series uint64
}

func (k checked) at(after time.Duration, value float64) ingest.Quality {
	return k.c.look(k.series, schema.Lookup("air").Field("temp_c"), value, checksBegin.Add(after))
}

func TestRateOfChange(t *testing.T) {
	k := checked{newChecks(), 7}
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
	k := checked{newChecks(), 7}
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

// TestChecksAreBounded floods the table and looks for what is still remembered.
func TestChecksAreBounded(t *testing.T) {
	c := newChecks()
	f := schema.Lookup("air").Field("temp_c")
	for i := range uint64(200_000) {
		c.look(i*0x9e3779b97f4a7c15, f, 20, checksBegin)
	}
	kept := 0
	for _, set := range c.sets {
		for _, s := range set {
			if s.key != 0 {
				kept++
			}
		}
	}
	if kept < 50_000 || kept > checkSets*checkWays {
		t.Errorf("%d series are remembered", kept)
	}
	if n := len(c.saved()); n > checkedOnDisk*checkedBytes {
		t.Errorf("the checkpoint holds %d bytes", n)
	}
}

func TestChecksOverARestart(t *testing.T) {
	a := newChecks()
	for i := range 100 {
		k := checked{a, uint64(i) << 20}
		k.at(0, 20)
		k.at(time.Minute, 20.5)
		k.at(2*time.Minute, 60) // a strike
	}
	saved := a.saved()
	b := newChecks()
	b.restore(saved)
	if !bytes.Equal(b.saved(), saved) {
		t.Error("what is restored is not what was saved")
	}
	for i := range 100 {
		for j, value := range []float64{60, 60, 60.5} {
			after := time.Duration(3+j) * time.Minute
			x, y := checked{a, uint64(i) << 20}.at(after, value), checked{b, uint64(i) << 20}.at(after, value)
			if x != y {
				t.Fatalf("series %d: %d and %d after a restart", i, x, y)
			}
		}
	}
	b.restore(saved[:len(saved)-1]) // cut short, or nothing: it begins anew
	b.restore(make([]byte, 2*checkedBytes))
	b.restore(nil)
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
		p.message(&m, w)
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
