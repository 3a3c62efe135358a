package simulator_test

import (
	"encoding/hex"
	"sync"
	"testing"
	"time"

	"rione/simulator"
	"rione/simulator/mosquittotest"
)

func TestOneSeedHasOneManifestOnAnyNumberOfProcesses(t *testing.T) {
	address := mosquittotest.Start(t)
	o := simulator.Options{Broker: "tcp://" + address, Rate: 1000, For: time.Second, Start: time.Date(2026, 3, 23, 8, 0, 0, 0, time.UTC)}
	play := func(seed uint64, parts int) (sum string, published int64) {
		t.Helper()
		city := newCity(t, simulator.CityOptions{Seed: seed, Devices: 100, Formats: []string{"native", "senml", "chirpstack", "tts"}})
		var whole [32]byte
		var mu sync.Mutex
		var all sync.WaitGroup
		for part := range parts {
			o := o
			if parts > 1 {
				o.Part, o.Parts = part, parts
			}
			all.Go(func() {
				s, err := simulator.Run(t.Context(), city, o)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				digest, err := hex.DecodeString(s.Manifest)
				if err != nil || len(digest) != len(whole) {
					t.Errorf("manifest %q", s.Manifest)
					return
				}
				for i, b := range digest {
					whole[i] ^= b
				}
				published += s.Published
			})
		}
		all.Wait()
		return hex.EncodeToString(whole[:]), published
	}
	one, n := play(1, 1)
	four, m := play(1, 4)
	if again, _ := play(1, 1); again != one || four != one || n != m {
		t.Errorf("%s, again %s, in four parts %s; %d messages, in four parts %d", one, again, four, n, m)
	}
	if other, _ := play(2, 1); other == one {
		t.Error("two seeds have one manifest")
	}
}
