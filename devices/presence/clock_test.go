package presence

import (
	"testing"
	"testing/quick"
	"time"
)

func TestClock(t *testing.T) {
	var c clock
	at := noon()
	step := func(after time.Duration, well bool, stopped, listened time.Duration) {
		t.Helper()
		at = at.Add(after)
		if got := c.advance(at, well, time.Minute); got != stopped || c.listened != listened {
			t.Errorf("after %v: stopped %v, listened %v; want %v, %v", after, got, c.listened, stopped, listened)
		}
	}
	s, m := time.Second, time.Minute
	step(0, true, 0, 0)
	step(10*s, true, 0, 10*s)
	step(10*s, true, 0, 20*s)
	step(10*m, true, 10*m, 20*s) // not there
	step(10*s, true, 0, 30*s)
	step(10*s, false, 0, 30*s) // a fault began at some time in between
	step(10*s, false, 0, 30*s)
	step(10*s, true, 0, 30*s)
	step(10*s, true, 0, 40*s)
	step(-5*s, true, 0, 40*s) // the system's clock was set
	step(5*s, true, 0, 40*s)
	step(10*s, true, 0, 50*s)

	f := func(ago, want time.Duration) {
		t.Helper()
		if got := c.at(at.Add(-ago)); got != want {
			t.Errorf("at %v ago: %v, want %v", ago, got, want)
		}
	}
	f(-time.Hour, 50*s) // a receive time in the future
	f(0, 50*s)
	f(15*s, 35*s)
	f(25*s, 30*s) // in the fault
	f(50*s, 30*s)
	f(55*s, 25*s)
	f(5*m, 20*s) // while stopped
	f(24*time.Hour, 0)
}

// The clock never runs backwards, however time is asked.
func TestClockIsMonotonic(t *testing.T) {
	f := func(steps []uint16, faults []bool) bool {
		c, at := clock{}, noon()
		for i, n := range steps {
			at = at.Add(time.Duration(n%200) * time.Second)
			c.advance(at, i >= len(faults) || !faults[i], time.Minute)
		}
		before := time.Duration(-1)
		for back := 4 * time.Hour; back >= 0; back -= 30 * time.Second {
			d := c.at(at.Add(-back))
			if d < before || d > c.listened {
				return false
			}
			before = d
		}
		return before == c.listened
	}
	if err := quick.Check(f, nil); err != nil {
		t.Error(err)
	}
}

func TestRhythm(t *testing.T) {
	f := func(want time.Duration, gaps ...time.Duration) {
		t.Helper()
		var r rhythm
		for _, g := range gaps {
			r.note(g)
		}
		if got := r.usual(); got != want {
			t.Errorf("%v: %v, want %v", gaps, got, want)
		}
	}
	m := time.Minute
	f(0)
	f(0, m, m, m)
	f(m, m, m, m, m)
	f(m, 9*time.Second, m, time.Second, m, m, m)         // bursts are one word
	f(5*m, 5*m, 5*m, 5*m, 5*m, 5*m, 5*m, 5*m, 90*m)      // one outage
	f(10*m, 5*m, 10*m, 5*m, 10*m, 5*m, 10*m, 5*m, 10*m)  // irregular: the longer
	f(m, 90*m, 90*m, 90*m, 90*m, m, m, m, m, m, m, m, m) // it changed its ways
	f(24*time.Hour, 90*24*time.Hour, 90*24*time.Hour, m, 90*24*time.Hour, 90*24*time.Hour)
}
