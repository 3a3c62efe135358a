package simulator_test

import (
	"strings"
	"testing"
	"time"

	"rione/simulator"
	"rione/simulator/mosquittotest"
)

func TestFaultsArePlayedAndLoseNothing(t *testing.T) {
	address := mosquittotest.Start(t)
	heard := listen(t, address)
	city := newCity(t, simulator.CityOptions{Seed: 2, Devices: 40, Formats: []string{"native", "chirpstack"}})
	play := func() *simulator.Summary {
		s, err := simulator.Run(t.Context(), city, simulator.Options{
			Broker: "tcp://" + address, Rate: 400, For: 2 * time.Second, Start: time.Date(2026, 3, 23, 8, 0, 0, 0, time.UTC),
			Faults: simulator.Faults{Garbage: 0.1, Duplicate: 0.2, Disorder: 0.1, Break: 0.02, Late: 0.05, Poison: 0.02, Unset: 0.05, Skew: 0.2, Local: 0.2, Slow: 0.1},
		})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := play()
	if s.Published != s.Planned || s.Acked != s.Published || s.AckedInAll <= s.Acked {
		t.Errorf("planned %d, published %d, acked %d, in all %d", s.Planned, s.Published, s.Acked, s.AckedInAll)
	}
	if f := s.Faults; f.Garbage < 40 || f.Garbage > 140 || f.Duplicate < 100 || f.Duplicate > 260 || f.Disorder < 30 || f.Break == 0 || s.Disconnects == 0 ||
		f.Late == 0 || f.Poison == 0 || f.Unset == 0 || f.Skewed == 0 || f.Local == 0 || f.Slow == 0 {
		t.Errorf("faults %+v, %d disconnects", f, s.Disconnects)
	}
	eventually(t, "everything heard", func() bool { // breaks may make some come twice
		return heard.count("/up") >= s.Published+s.Faults.Garbage+s.Faults.Duplicate+s.Faults.Poison+s.Faults.Unset
	})
	if again := play(); again.Manifest != s.Manifest || again.Faults != s.Faults {
		t.Errorf("%+v, and then %+v", s.Faults, again.Faults)
	}
}

// A storm, gateways that flap and a comune offline: everything is acked in the
// end, and each is counted.
func TestOutages(t *testing.T) {
	address := mosquittotest.Start(t)
	city := newCity(t, simulator.CityOptions{Seed: 2, Devices: 60, Formats: []string{"native", "chirpstack"}})
	gateways := int64(0)
	connections := map[string]int64{}
	for i, d := range city.Devices() {
		if d.Kind == "gateway" {
			gateways++
		}
		if d.Via == i {
			connections[d.Comune]++
		}
	}
	all := connections["058091"] + connections["046007"]
	f := func(o simulator.Outage, outages, dropped int64) {
		t.Helper()
		s, err := simulator.Run(t.Context(), city, simulator.Options{Broker: "tcp://" + address, Rate: 200, For: 2 * time.Second,
			Faults: simulator.Faults{Outages: []simulator.Outage{o}}})
		if err != nil {
			t.Fatal(err)
		}
		if s.Failed != 0 || s.Published != s.Planned || s.Faults.Outages < 1 || s.Faults.Outages > outages || s.Faults.Dropped != dropped*s.Faults.Outages || s.Disconnects == 0 {
			t.Errorf("%+v: %+v, %d disconnects, %d failed", o, s.Faults, s.Disconnects, s.Failed)
		}
	}
	f(simulator.Outage{At: 500 * time.Millisecond}, 1, all)
	f(simulator.Outage{At: 300 * time.Millisecond, For: 200 * time.Millisecond, Every: 600 * time.Millisecond, Of: "gateway"}, 3, gateways)
	f(simulator.Outage{At: 300 * time.Millisecond, For: time.Second, Of: "046007"}, 1, connections["046007"])
}

func TestFaultsAreChecked(t *testing.T) {
	f := func(want string, faults simulator.Faults) {
		t.Helper()
		o := simulator.Options{Broker: "tcp://127.0.0.1:1883", Faults: faults}
		if err := o.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", faults, err, want)
		}
	}
	f("share", simulator.Faults{Late: 1.5})
	f("share", simulator.Faults{Slow: -1})
	f("negative", simulator.Faults{Outages: []simulator.Outage{{At: -1}}})
	f("never ends", simulator.Faults{Outages: []simulator.Outage{{For: 2, Every: 1}}})
	f("ISTAT", simulator.Faults{Outages: []simulator.Outage{{Of: "Atlantis"}}})
}
