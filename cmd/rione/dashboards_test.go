package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rione/dashboards/grafana/grafanatest"
)

// What an operator reads from the first plan to the last apply says what was done
// and what to do next.
func TestDashboardsAsAnOperatorUsesThem(t *testing.T) {
	t.Parallel()
	g := grafanatest.Start(t)
	r := newRig(t, "RIONE_GRAFANA_URL="+g.URL, "RIONE_GRAFANA_TOKEN="+g.Token)
	says := func(args string, code int, want ...string) string {
		t.Helper()
		out, errs, got := r.run("", append([]string{"dashboards"}, strings.Fields(args)...)...)
		for _, w := range want {
			if !strings.Contains(out+errs, w) {
				t.Errorf("%s does not say %q:\n%s%s", args, w, out, errs)
			}
		}
		if got != code {
			t.Errorf("%s: exit %d, want %d\n%s", args, got, code, errs)
		}
		return out
	}
	says("plan", 0, "+ dashboard rione_city", "0 as they should be", "`rione dashboards apply` makes these changes")

	g.Fault(func(w http.ResponseWriter, req *http.Request) bool {
		return req.URL.Path == "/api/folders" && req.Method == http.MethodPost && grafanatest.Refuse("", 500)(w, req)
	})
	out := says("apply", 1, "+ data source rione_city", "! folder rione_folder-city", "! dashboard rione_city", "4 created, 0 changed", "0 not tried", "can be run again", "left out, since its folder")
	if strings.Contains(out, "+ dashboard") {
		t.Errorf("it says that it made what it did not make:\n%s", out)
	}
	g.Fault(nil)
	says("apply", 0, "+ dashboard rione_city", "0 changed, 0 deleted, 4 were as they should be\n")
	writes := g.Writes()
	says("apply", 0, "0 created, 0 changed, 0 deleted")
	says("plan", 0, "nothing to do")
	says("drift", 0, "0 changed and 0 deleted by hand")
	if g.Writes() != writes {
		t.Errorf("%d writes with nothing to do", g.Writes()-writes)
	}

	g.Edit("rione_city", func(model map[string]any) { model["refresh"] = "5s" })
	says("drift", 0, "changed by hand", `refresh: "1m" → "5s"`, "drift --export DIR", "apply` undoes")
	dir := filepath.Join(t.TempDir(), "by-hand")
	says("drift --export "+dir, 0, "1 dashboards written to "+dir)
	if kept, err := os.ReadFile(filepath.Join(dir, "rione_city.json")); err != nil || !strings.Contains(string(kept), `"refresh": "5s"`) {
		t.Errorf("%v: %.200s", err, kept)
	}
	says("drift --json --export "+dir, 0, `"exported": 1`, `"want": "1m"`)
	says("apply", 0, `refresh: "5s" → "1m"`, "0 created, 1 changed")
	says("drift", 0, "0 changed and 0 deleted by hand")

	g.Fault(grafanatest.Refuse("", 403))
	says("apply", 1, "service account with the role Admin")
	r.env = append(r.env, "RIONE_GRAFANA_URL=http://127.0.0.1:1")
	says("plan", 1, "check its URL, and that it runs")
	r.env = append(r.env, "RIONE_GRAFANA_TOKEN=")
	says("plan", exitUsage, "set RIONE_GRAFANA_URL, and RIONE_GRAFANA_TOKEN")
}

// What people made by hand in several organisations does not overwrite one another.
func TestDriftOfSeveralOrganisationsIsKeptApart(t *testing.T) {
	t.Parallel()
	var tenants []map[string]any
	servers := map[string]*grafanatest.Server{"palermo": grafanatest.Start(t), "roma": grafanatest.Start(t)}
	for name, code := range map[string]string{"palermo": "082053", "roma": "058091"} {
		s := servers[name]
		tenants = append(tenants, map[string]any{"name": name, "url": s.URL, "token": s.Token, "influx_token": "reader", "comuni": []string{code}})
	}
	r := newRig(t, "RIONE_GRAFANA_URL="+servers["roma"].URL, "RIONE_GRAFANA_TENANTS="+tenantsFile(t, tenants))
	if out := r.must("", "dashboards", "apply"); !strings.Contains(out, "2 organisations, none failed") {
		t.Errorf("it says\n%s", out)
	}
	for name, s := range servers {
		s.Edit("rione_city", func(model map[string]any) { model["title"] = "of " + name })
	}
	servers["palermo"].Edit("rione_wifi", func(model map[string]any) { model["title"] = "of palermo" })
	dir := t.TempDir()
	out := r.must("", "dashboards", "drift", "--export", dir)
	if !strings.Contains(out, "2 dashboards written to "+filepath.Join(dir, "palermo")) {
		t.Errorf("it says\n%s", out)
	}
	for name := range servers {
		if kept, err := os.ReadFile(filepath.Join(dir, name, "rione_city.json")); err != nil || !strings.Contains(string(kept), `"title": "of `+name+`"`) {
			t.Errorf("%s: %v: %.200s", name, err, kept)
		}
	}
	servers["roma"].Fault(grafanatest.Refuse("", 500))
	out, errs, code := r.run("", "dashboards", "plan")
	if code != 1 || !strings.Contains(out, "1 of 2 organisations failed: roma") || !strings.Contains(errs, "roma: ") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
}
