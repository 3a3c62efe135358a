package simulator_test

import (
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
			Faults: simulator.Faults{Garbage: 0.1, Duplicate: 0.2, Disorder: 0.1, Break: 0.02},
		})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := play()
	if s.Published != s.Planned || s.Acked != s.Published {
		t.Errorf("planned %d, published %d, acked %d", s.Planned, s.Published, s.Acked)
	}
	if f := s.Faults; f.Garbage < 40 || f.Garbage > 140 || f.Duplicate < 100 || f.Duplicate > 260 || f.Disorder < 30 || f.Break == 0 || s.Disconnects == 0 {
		t.Errorf("faults %+v, %d disconnects", f, s.Disconnects)
	}
	eventually(t, "everything heard", func() bool { // breaks may make some come twice
		return heard.count("/up") >= s.Published+s.Faults.Garbage+s.Faults.Duplicate
	})
	if again := play(); again.Manifest != s.Manifest || again.Faults != s.Faults {
		t.Errorf("%+v, and then %+v", s.Faults, again.Faults)
	}
}
