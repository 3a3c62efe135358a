package dashboards

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// TestUnitsAreGrafanas: Grafana writes the id of a unit that it does not know behind
// the number, as if it were one.
func TestUnitsAreGrafanas(t *testing.T) {
	raw, err := os.ReadFile("testdata/grafana-units.txt")
	if err != nil {
		t.Fatal(err)
	}
	known := strings.Fields(string(raw))
	set := testSet(t)
	seen := map[string]bool{}
	for _, r := range set.Resources() {
		if r.Kind == Dashboards {
			unitsOf(r.Body, seen)
		}
	}
	for id := range seen {
		if !slices.Contains(known, id) {
			t.Errorf("Grafana knows no unit %q", id)
		}
	}
	if len(seen) < 20 || !seen["conμgm3"] || !seen[asText] {
		t.Errorf("looked at %d units only: %v", len(seen), seen)
	}
}

// unitsOf adds the units that stand anywhere in a page to seen.
func unitsOf(v any, seen map[string]bool) {
	switch v := v.(type) {
	case object:
		if id, ok := v["unit"].(string); ok {
			seen[id] = true
		}
		if id, ok := v["value"].(string); ok && v["id"] == "unit" {
			seen[id] = true
		}
		for _, e := range v {
			unitsOf(e, seen)
		}
	case list:
		for _, e := range v {
			unitsOf(e, seen)
		}
	}
}
