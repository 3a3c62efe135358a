package main

import (
	"testing"
	"time"

	"rione/dashboards"
)

func shippedInitiatives(t *testing.T) []dashboards.Initiative {
	t.Helper()
	all, err := dashboards.ShippedInitiatives()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Whatever an initiative compares, by comune, zone or administration, has figures
// of each in the demo: else its page shows an empty table.
func TestDemoFactsAreOfPlaces(t *testing.T) {
	all := shippedInitiatives(t)
	byZone, whole, places := map[string]int{}, map[string]int{}, map[string]int{}
	for _, f := range demoFacts(all, time.Date(2026, 3, 23, 8, 0, 0, 0, time.UTC)) {
		switch {
		case f.Zone != "":
			byZone[f.Initiative+" "+f.ID]++
		case f.Comune != "" || f.Subject != "":
			places[f.Initiative+" "+f.ID]++
		default:
			whole[f.Initiative+" "+f.ID]++
		}
	}
	for _, i := range all {
		for _, n := range i.Indicators {
			if n.Live != nil || n.Rank != nil || n.Ratio != nil || n.Events != nil || i.Follows(n) {
				continue // a device tells it, rione counts it, or it follows from others
			}
			key := i.ID + " " + n.ID
			of := places
			if i.Split == "zone" {
				of = byZone
			}
			if of[key] == 0 {
				t.Errorf("%s, compared by %s, has figures of %d places", key, i.Split, of[key])
			}
			if whole[key] != 1 && i.Split != dashboards.ByAdministration {
				t.Errorf("%s has %d figures of the whole", key, whole[key])
			}
		}
	}
}
