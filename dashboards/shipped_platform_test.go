package dashboards

import (
	"slices"
	"testing"

	"rione/ingest"
)

// Every reason of the quarantine has a name in both languages.
func TestReasonsHaveNames(t *testing.T) {
	all := []ingest.Reason{
		ingest.UnknownDevice, ingest.UnknownFormat, ingest.NoRoute, ingest.Unparsable, ingest.Empty, ingest.WrongType, ingest.UnknownField,
		ingest.UnknownUnit, ingest.BadTag, ingest.Clock, ingest.NotPermitted, ingest.RejectedByStore, ingest.OverQuota, ingest.TooLarge,
	}
	names, order := reasons()
	for _, r := range all {
		if names[string(r)].empty() || !slices.Contains(order, string(r)) {
			t.Errorf("%s is called %+v", r, names[string(r)])
		}
	}
	if len(names) != len(all) || len(order) != len(all) {
		t.Errorf("%d names in the order %v for %d reasons", len(names), order, len(all))
	}
}

// The page of the platform shows all that the platform tells of itself.
func TestPlatformPageShowsItAll(t *testing.T) {
	set := testSet(t)
	titles := map[string]bool{}
	eachPanel(&set, func(d *Dashboard, p Panel) {
		if d.Name == platformPage {
			titles[p.Title.En] = true
		}
	})
	for _, want := range []string{"Unaccounted", "In quarantine, by reason", "Processing lag", "Journal filled", "Doors open", "Acked, by door", "Processors running"} {
		if !titles[want] {
			t.Errorf("no panel %q among %v", want, titles)
		}
	}
}
