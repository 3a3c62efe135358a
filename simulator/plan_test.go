package simulator

import (
	"math"
	"strings"
	"testing"
	"time"
)

func testCity(t testing.TB, devices int) *City {
	t.Helper()
	c, err := NewCity(CityOptions{Seed: 7, Devices: devices, Comuni: []Place{{Code: "058091", Lat: 41.88, Lon: 12.47}},
		Formats: []string{"native", "senml", "chirpstack", "tts"}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var now = time.Date(2026, 3, 23, 10, 0, 0, 123_456_789, time.UTC)

func TestThePlanHasTheRateThatWasAskedFor(t *testing.T) {
	f := func(devices int, rate float64, d time.Duration) {
		t.Helper()
		c := testCity(t, devices)
		p := newPlan(c, &Options{Rate: rate, For: d}, now)
		want := rate * d.Seconds()
		if rate == 0 {
			want = c.naturalRate() * d.Seconds()
		}
		if got := float64(p.messages(func(int) bool { return true })); got < want*0.97-float64(devices) || got > want*1.03+float64(devices) {
			t.Errorf("%d devices at %v for %v: %v messages, want %v", devices, rate, d, got, want)
		}
	}
	f(10, 0, time.Hour)
	f(200, 0, 10*time.Minute)
	f(200, 5000, 20*time.Second)
	f(1000, 3, time.Hour) // slower than nature
}

func TestAProfileGivesItsRateAtEachTime(t *testing.T) {
	c := testCity(t, 300)
	f := func(knots []Knot, from, to time.Duration, want float64) {
		t.Helper()
		p, n := newPlan(c, &Options{Profile: knots}, now), 0
		for i := range c.devices {
			d := &c.devices[i]
			for k := uint32(0); !p.over(p.due(d, k)); k++ {
				if due := p.due(d, k); due >= from && due < to {
					n++
				}
				if p.at(d, k).After(now.Add(p.due(d, k))) {
					t.Fatalf("message %d of %s is ahead of its time", k, d.ID)
				}
			}
		}
		if got := float64(n) / (to - from).Seconds(); got < want*0.93 || got > want*1.07 {
			t.Errorf("%v to %v: %.1f messages a second, want %v", from, to, got, want)
		}
	}
	second := func(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
	f(Constant(200, second(60)), 0, second(60), 200)
	rise := []Knot{{0, 0}, {second(40), 400}}
	f(rise, second(9), second(11), 100)
	f(rise, second(29), second(31), 300)
	f(rise, 0, second(40), 200)
	f([]Knot{{0, 400}, {second(40), 0}}, second(9), second(11), 300)
	bursts := Bursts(50, 800, second(10), second(5), second(40))
	f(bursts, second(0), second(10), 50)
	f(bursts, second(10.1), second(14.9), 800)
	f(bursts, second(15.1), second(24.9), 50)
	f(bursts, second(25.1), second(29.9), 800)
}

func TestProfilesAreChecked(t *testing.T) {
	f := func(want string, knots ...Knot) {
		t.Helper()
		if err := checkProfile(knots); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", knots, err, want)
		}
	}
	f("at least two", Knot{0, 5})
	f("first at 0", Knot{1, 5}, Knot{2, 5})
	f("not after", Knot{0, 5}, Knot{5, 5}, Knot{5, 6})
	f("messages a second", Knot{0, -1}, Knot{5, 5})
	f("messages a second", Knot{0, math.NaN()}, Knot{5, 5})
	f("zeros", Knot{0, 0}, Knot{5, 0})
	if err := checkProfile(nil); err != nil {
		t.Error(err)
	}
}

func TestEveryMessageOfThePlanIsDueBeforeItsEnd(t *testing.T) {
	c := testCity(t, 100)
	for _, rate := range []float64{0, 0.7, 33, 10_000} {
		p := newPlan(c, &Options{Rate: rate, For: 30 * time.Second}, now)
		for i := range c.devices {
			d := &c.devices[i]
			n := p.messagesOf(d)
			if n > 0 && p.over(p.due(d, uint32(n-1))) || !p.over(p.due(d, uint32(n))) {
				t.Errorf("rate %v, %s: %d messages, the last due at %v", rate, d.ID, n, p.due(d, uint32(n-1)))
			}
		}
	}
}

func TestDeviceTimeIsNeverAheadOfTheClock(t *testing.T) {
	c := testCity(t, 50)
	for _, rate := range []float64{0, 0.1, 10, 5000} {
		o := Options{Rate: rate, For: time.Minute}
		p := newPlan(c, &o, now)
		for i := range c.devices {
			d := &c.devices[i]
			for k := range uint32(p.messagesOf(d)) {
				at, wall := p.at(d, k), now.Add(p.due(d, k))
				if at.After(wall) || at.Nanosecond()%1e6 != 0 {
					t.Fatalf("rate %v: message %d of %s is of %v, and due at %v", rate, k, d.ID, at, wall)
				}
			}
		}
	}
}

func TestAStreamSaysTheSameAgain(t *testing.T) {
	c := testCity(t, 30)
	p := newPlan(c, &Options{Start: now}, now)
	bodies := func(i int) (out []string) {
		s := p.stream(i, &scratch{})
		for range 20 {
			out = append(out, string(s.device.format.Append(nil, s.next())))
		}
		return out
	}
	for i := range c.devices {
		a, b := bodies(i), bodies(i)
		for k := range a {
			if a[k] != b[k] {
				t.Fatalf("%s said %s, and then %s", c.devices[i].ID, a[k], b[k])
			}
		}
	}
}

func TestRecord(t *testing.T) {
	r := newRecord(2)
	for range 200 {
		r.publish(1)
	}
	for _, k := range []uint32{0, 63, 64, 199} {
		if !r.ack(1, k) || r.ack(1, k) {
			t.Errorf("ack of %d", k)
		}
	}
	if r.sent(1) != 200 || r.acked.Load() != 4 || !r.isAcked(1, 199) || r.isAcked(1, 198) || r.isAcked(0, 5) {
		t.Errorf("%+v", r.devices)
	}
	if i, k := untoken(token(70_000, 4_000_000_000)); i != 70_000 || k != 4_000_000_000 {
		t.Errorf("token of %d, %d", i, k)
	}
}
