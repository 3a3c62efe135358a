package grafana_test

import (
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"

	"rione/dashboards"
	"rione/dashboards/grafana"
	"rione/dashboards/grafana/grafanatest"
)

// realGrafana returns the Grafana that RIONE_TEST_GRAFANA_URL and
// RIONE_TEST_GRAFANA_TOKEN name, an organisation that may be written to.
func realGrafana(t *testing.T) *grafana.Client {
	t.Helper()
	url := os.Getenv("RIONE_TEST_GRAFANA_URL")
	if url == "" {
		t.Skip("SKIPPED: RIONE_TEST_GRAFANA_URL is not set; the contract was checked against the stand-in only")
	}
	c, err := grafana.New(grafana.Options{URL: url, Token: os.Getenv("RIONE_TEST_GRAFANA_TOKEN")})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestContract runs one life of each kind of resource against the stand-in,
// and against a real Grafana where there is one: both must answer alike.
func TestContract(t *testing.T) {
	t.Run("stand-in", func(t *testing.T) { contract(t, client(t, grafanatest.Start(t))) })
	t.Run("real", func(t *testing.T) { contract(t, realGrafana(t)) })
}

func contract(t *testing.T, c *grafana.Client) {
	t.Helper()
	set := small(t, func(s *dashboards.Set) { s.Label = "rione-contract" })
	resources := set.Resources()
	defer func() { // whatever happened
		for i := len(resources) - 1; i >= 0; i-- {
			if err := c.Delete(t.Context(), resources[i]); err != nil {
				t.Errorf("clean up %s: %v", resources[i].UID, err)
			}
		}
	}()
	for _, r := range resources {
		created(t, c, r)
	}
	for _, r := range resources {
		updated(t, c, r)
	}
	for i := len(resources) - 1; i >= 0; i-- {
		deleted(t, c, resources[i])
	}
}

func created(t *testing.T, c *grafana.Client, r dashboards.Resource) {
	t.Helper()
	if _, err := c.Read(t.Context(), r.Kind, r.UID); !errors.Is(err, dashboards.ErrNotFound) {
		t.Errorf("%s %s before it is made: %v", r.Kind, r.UID, err)
	}
	if err := c.Create(t.Context(), r); err != nil {
		t.Fatalf("create %s: %v", r.UID, err)
	}
	live, err := c.Read(t.Context(), r.Kind, r.UID)
	if err != nil || live.UID != r.UID || live.Title != r.Title || live.Folder != r.Folder || len(live.Secrets) != len(r.Secrets) {
		t.Errorf("read %s %s: %q in %q, secrets %d, %v", r.Kind, r.UID, live.Title, live.Folder, len(live.Secrets), err)
	}
	owned, err := c.Owned(t.Context(), r.Kind, "rione-contract")
	if err != nil || len(owned) == 0 || owned[len(owned)-1] != r.UID && owned[0] != r.UID {
		t.Errorf("owned of kind %s: %v, %v", r.Kind, owned, err)
	}
	if others, err := c.Owned(t.Context(), r.Kind, "rione"); err != nil || len(others) > 0 && others[0] == r.UID {
		t.Errorf("the label rione owns %v, %v", others, err)
	}
	if r.Kind != dashboards.AlertGroups { // a group is put, not made
		if err := c.Create(t.Context(), r); !errors.Is(err, dashboards.ErrConflict) {
			t.Errorf("create %s %s again: %v", r.Kind, r.UID, err)
		}
	}
}

func updated(t *testing.T, c *grafana.Client, r dashboards.Resource) {
	t.Helper()
	live, err := c.Read(t.Context(), r.Kind, r.UID)
	if err != nil {
		t.Fatal(err)
	}
	if r.Kind == dashboards.Dashboards {
		r.Body["title"] = "changed " + r.UID // Grafana before 11.3 takes a title once
	}
	if err := c.Update(t.Context(), r, live); err != nil {
		t.Errorf("update %s %s: %v", r.Kind, r.UID, err)
	}
	if r.Kind != dashboards.Dashboards {
		return
	}
	again, err := c.Read(t.Context(), r.Kind, r.UID)
	if err != nil || again.Title != "changed "+r.UID || again.Version <= live.Version || again.Folder != live.Folder {
		t.Errorf("after the update: %q, version %d after %d, %v", again.Title, again.Version, live.Version, err)
	}
	if err := c.Update(t.Context(), r, live); !errors.Is(err, dashboards.ErrConflict) {
		t.Errorf("an update of a stale version: %v", err)
	}
}

func deleted(t *testing.T, c *grafana.Client, r dashboards.Resource) {
	t.Helper()
	for range 2 { // what is gone is gone
		if err := c.Delete(t.Context(), r); err != nil {
			t.Errorf("delete %s %s: %v", r.Kind, r.UID, err)
		}
	}
	if _, err := c.Read(t.Context(), r.Kind, r.UID); !errors.Is(err, dashboards.ErrNotFound) {
		t.Errorf("%s %s after it is deleted: %v", r.Kind, r.UID, err)
	}
}

// Grafana before 12 knows no new rule of a given UID within a group: it is made
// by itself first.
func TestRulesOfOlderGrafanas(t *testing.T) {
	for _, major := range []int{10, 11, 12} {
		s := grafanatest.Start(t)
		s.Release(major)
		set := small(t)
		r := reconciler(t, s, set)
		apply(t, r)
		if p := plan(t, r); !p.Empty() {
			t.Errorf("Grafana %d: the plan after an apply is\n%s", major, p)
		}
		more := set.Alerts[0].Alerts[0]
		more.Name, more.Title.En = "one-more", "One more"
		set.Alerts[0].Alerts = append(set.Alerts[0].Alerts, more)
		r = reconciler(t, s, set)
		apply(t, r)
		if p := plan(t, r); !p.Empty() {
			t.Errorf("Grafana %d: the plan after a rule was added is\n%s", major, p)
		}
	}
}

// Grafana before 11.3 takes a title once in a folder, so a set that gives it twice
// is refused before anything is written.
func TestTitlesAreTakenOnce(t *testing.T) {
	s := grafanatest.Start(t)
	s.Release(10)
	set := small(t)
	apply(t, reconciler(t, s, set))
	c := client(t, s)
	for _, r := range set.Resources() {
		if r.Kind == dashboards.Dashboards && r.UID == "rione_wifi" {
			r.UID, r.Body["uid"] = "rione_other", "rione_other"
			if err := c.Create(t.Context(), r); !errors.Is(err, dashboards.ErrConflict) || !strings.Contains(err.Error(), "same name") {
				t.Errorf("a second page of a title: %v", err)
			}
		}
	}
	set.Dashboards[1].Title = set.Dashboards[0].Title
	if _, err := dashboards.NewReconciler(c, set); err == nil || !strings.Contains(err.Error(), "titles that differ") {
		t.Errorf("a set with two pages of a title: %v", err)
	}
}

// A folder is deleted after its pages although the search still lists these, and
// what the search lists is no page to delete again.
func TestSearchThatLags(t *testing.T) {
	s := grafanatest.Start(t)
	apply(t, reconciler(t, s, small(t)))
	s.LagSearch()
	empty := reconciler(t, s, dashboards.Set{Label: "rione"})
	apply(t, empty)
	if p := plan(t, empty); !p.Empty() {
		t.Errorf("the plan after all is deleted is\n%s", p)
	}
}

// A folder that holds somebody else's alert rules is not deleted with them.
func TestFolderWithRulesOfOthersStays(t *testing.T) {
	s := grafanatest.Start(t)
	apply(t, reconciler(t, s, small(t)))
	s.EditRules("rione_folder-city", "rione_alerts-devices", func(rules []any) []any {
		for _, r := range rules { // a group of their own now
			r.(map[string]any)["ruleGroup"], r.(map[string]any)["labels"] = "theirs", nil
		}
		return rules
	})
	empty := reconciler(t, s, dashboards.Set{Label: "rione"})
	if err := empty.Apply(t.Context(), plan(t, empty)); err == nil || !strings.Contains(err.Error(), "folder is not empty") {
		t.Errorf("the folder with their rules: %v", err)
	}
}

// What a file provisions, nobody saves or deletes.
func TestProvisionedDataSourceIsRefused(t *testing.T) {
	s := grafanatest.Start(t)
	r := reconciler(t, s, small(t))
	apply(t, r)
	s.EditDataSource("rione_city", func(d map[string]any) { d["readOnly"], d["url"] = true, "http://elsewhere" })
	if err := r.Apply(t.Context(), plan(t, r)); !errors.Is(err, dashboards.ErrProvisioned) {
		t.Errorf("an update gave %v", err)
	}
	empty := reconciler(t, s, dashboards.Set{Label: "rione"})
	if err := empty.Apply(t.Context(), plan(t, empty)); !errors.Is(err, dashboards.ErrProvisioned) {
		t.Errorf("a deletion gave %v", err)
	}
}

// Where public dashboards are switched off, a set without one is applied all
// the same.
func TestPublicDashboardsSwitchedOff(t *testing.T) {
	s := grafanatest.Start(t)
	off := grafanatest.Refuse("", http.StatusNotFound)
	s.Fault(func(w http.ResponseWriter, r *http.Request) bool {
		return strings.Contains(r.URL.Path, "public-dashboards") && off(w, r)
	})
	private := reconciler(t, s, small(t, func(set *dashboards.Set) { set.Dashboards[1].Public = false }))
	apply(t, private)
	if p := plan(t, private); !p.Empty() {
		t.Errorf("the plan after an apply is\n%s", p)
	}
	public := reconciler(t, s, small(t))
	if err := public.Apply(t.Context(), plan(t, public)); !errors.Is(err, dashboards.ErrNotFound) {
		t.Errorf("a public dashboard was made: %v", err)
	}
}
