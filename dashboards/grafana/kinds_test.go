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
		r.Body["title"] = "changed"
	}
	if err := c.Update(t.Context(), r, live); err != nil {
		t.Errorf("update %s %s: %v", r.Kind, r.UID, err)
	}
	if r.Kind != dashboards.Dashboards {
		return
	}
	again, err := c.Read(t.Context(), r.Kind, r.UID)
	if err != nil || again.Title != "changed" || again.Version <= live.Version || again.Folder != live.Folder {
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
