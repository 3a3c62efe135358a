package simulator_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"rione/simulator"
	"rione/simulator/account"
	"rione/simulator/mosquittotest"
	"rione/simulator/readback"
)

// Four processes that play parts of one city, and write their summaries, add up
// to what one process finds.
func TestPartsAddUp(t *testing.T) {
	address := mosquittotest.Start(t)
	city := newCity(t, simulator.CityOptions{Seed: 5, Devices: 80, Formats: []string{"native", "chirpstack", "tts", "sparkplug-b"}})
	o := simulator.Options{Broker: "tcp://" + address, Rate: 800, For: time.Second, Start: time.Date(2026, 3, 23, 8, 0, 0, 0, time.UTC),
		Faults: simulator.Faults{Garbage: 0.05, Late: 0.05, Duplicate: 0.05}}
	play := func(part, parts int) *simulator.Summary {
		t.Helper()
		o.Part, o.Parts = part, parts
		s, err := simulator.Run(t.Context(), city, o)
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		out := &simulator.Summary{}
		if err := json.Unmarshal(text, out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	whole := play(0, 0)
	var parts []*simulator.Summary
	for i := range 4 {
		parts = append(parts, play(i, 4))
	}
	sum, err := simulator.Merge(parts)
	if err != nil {
		t.Fatal(err)
	}
	if sum.Manifest != whole.Manifest || sum.Published != whole.Published || sum.Acked != whole.Acked || sum.AckedInAll != whole.AckedInAll ||
		sum.Connections != whole.Connections || sum.Faults != whole.Faults || sum.Planned != whole.Planned || sum.Failed != 0 {
		t.Errorf("the whole is %+v, the sum of its parts %+v", whole, sum)
	}
	list, err := sum.Histograms.Ack.Quantiles()
	if err != nil || len(list) == 0 || sum.AckMS.P99 <= 0 {
		t.Errorf("quantiles %v, %v; %+v", list, err, sum.AckMS)
	}
}

func TestASumTellsWhatWentWrongInAnyPart(t *testing.T) {
	const digest = "00000000000000000000000000000000000000000000000000000000000000ff"
	part := func(change func(s *simulator.Summary)) *simulator.Summary {
		s := &simulator.Summary{Devices: 2, Published: 10, Acked: 10, Verified: true, Manifest: digest,
			Account: &account.Answer{LedgerAcked: 20, Garbage: 1, Quarantined: 1}, Accounted: true}
		change(s)
		return s
	}
	well := part(func(*simulator.Summary) {})
	f := func(name string, change func(s *simulator.Summary), bad func(s *simulator.Summary) bool) {
		t.Helper()
		for _, order := range [][]*simulator.Summary{{well, part(change)}, {part(change), well}} {
			s, err := simulator.Merge(order)
			if err != nil || !bad(s) {
				t.Errorf("%s: %+v, %v", name, s, err)
			}
		}
	}
	f("nothing", func(*simulator.Summary) {}, func(s *simulator.Summary) bool {
		return s.Clean() && s.Verified && s.Account.LedgerAcked == 40 && s.Account.Garbage == 2 && s.Published == 20 && s.Manifest == strings.Repeat("0", 64)
	})
	f("lost", func(s *simulator.Summary) {
		s.Lost, s.Causes = 3, []readback.Cause{{What: "acked and not stored", Count: 3}}
	},
		func(s *simulator.Summary) bool { return !s.Clean() && s.Lost == 3 && s.Causes[0].Count == 3 })
	f("not verified", func(s *simulator.Summary) { s.Verified = false }, func(s *simulator.Summary) bool { return !s.Verified })
	f("interrupted", func(s *simulator.Summary) { s.Interrupted = true }, func(s *simulator.Summary) bool { return !s.Clean() })
	f("overloaded", func(s *simulator.Summary) { s.GeneratorOverloaded = true }, func(s *simulator.Summary) bool { return s.GeneratorOverloaded })
	f("not accounted for", func(s *simulator.Summary) { s.Accounted = false }, func(s *simulator.Summary) bool { return !s.Clean() })
	f("failed", func(s *simulator.Summary) { s.Acked = 9 }, func(s *simulator.Summary) bool { return s.Failed == 1 })
	for name, parts := range map[string][]*simulator.Summary{
		"none": nil, "another city": {well, part(func(s *simulator.Summary) { s.Devices = 3 })},
		"no manifest":         {part(func(s *simulator.Summary) { s.Manifest = "x" })},
		"no histogram at all": {part(func(s *simulator.Summary) { s.Histograms.Ack = "x" })},
	} {
		if _, err := simulator.Merge(parts); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
