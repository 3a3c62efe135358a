package main

import (
	"testing"
	"time"

	"rione/ingest/schema"
)

// notSimulated are the fields that no device of the demo city measures, each
// with its reason.
func notSimulated() map[string]string {
	return map[string]string{
		"suspect":   "rione writes it, of values that fail a check",
		"event":     "rione writes it, of presence and operators",
		"indicator": "rione writes it, of the initiatives",
		"ledger":    "rione writes it, of every message",
	}
}

// No panel of a dashboard is to be empty in the demo: whatever the schema has,
// some device of the demo city says within its first half hour.
func TestTheDemoCitySaysEverything(t *testing.T) {
	city, err := demoCity(demoNetwork)
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]int{}
	start := time.Date(2026, 3, 23, 8, 0, 0, 0, time.UTC)
	for i := range city.Devices() {
		for m := range city.Say(i, start) {
			if m.Time.Sub(start) > 30*time.Minute {
				break
			}
			for _, r := range m.Readings {
				for _, v := range r.Values {
					said[r.Measurement+"."+v.Field]++
				}
				for _, tag := range r.Tags {
					said[r.Measurement+" "+tag.Name]++
				}
			}
		}
	}
	reasons := notSimulated()
	for _, m := range schema.All() {
		if reasons[m.Name] != "" {
			continue
		}
		for i := range m.Fields {
			name := m.Name + "." + m.Fields[i].Name
			if (said[name] == 0) != (reasons[name] != "") {
				t.Errorf("%s was said %d times (not simulated because: %q)", name, said[name], reasons[name])
			}
		}
		for _, tag := range m.Tags {
			if said[m.Name+" "+tag.Name] == 0 {
				t.Errorf("no %s has the tag %s", m.Name, tag.Name)
			}
		}
	}
}

// Every kind of device is there, in several comuni.
func TestTheDemoCityHasEveryKind(t *testing.T) {
	city, err := demoCity(demoNetwork)
	if err != nil {
		t.Fatal(err)
	}
	kinds, comuni := map[string]int{}, map[string]bool{}
	for _, d := range city.Devices() {
		kinds[d.Kind]++
		comuni[d.Comune] = true
	}
	for kind := range simulatedKinds() {
		if kinds[kind] < 3 {
			t.Errorf("%d devices of kind %s", kinds[kind], kind)
		}
	}
	if len(comuni) < 20 || kinds["gateway"] == 0 {
		t.Errorf("%d comuni, %d gateways", len(comuni), kinds["gateway"])
	}
}
