package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rione/dashboards/grafana/grafanatest"
)

// A city writes initiatives of its own: from what rione brings to its page in
// Grafana, with what is wrong told by file and line before anything is done.
func TestInitiativesOfAFolder(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	dir := filepath.Join(t.TempDir(), "initiatives")
	if out := r.must("", "initiatives", "export", dir); !strings.Contains(out, "RIONE_INITIATIVES="+dir) {
		t.Errorf("it says %s", out)
	}
	for _, name := range []string{"anci", "capannori", "roma", "venezia"} {
		if err := os.Remove(filepath.Join(dir, name+".json")); err != nil {
			t.Fatal(err)
		}
	}
	mine := filepath.Join(dir, "palermo.json")
	change := func(old, replacement string) {
		t.Helper()
		text, err := os.ReadFile(mine)
		if err != nil || !strings.Contains(string(text), old) {
			t.Fatalf("no %s to change: %v", old, err)
		}
		if err := os.WriteFile(mine, []byte(strings.Replace(string(text), old, replacement, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	change(`"id": "palermo"`, `"id": "mia"`)
	change(`"split": "zone"`, `"split": "zone", "comuni": ["082053"]`)
	if out := r.must("", "initiatives", "check", dir); !strings.Contains(out, "mia") {
		t.Errorf("it says %s", out)
	}
	g := grafanatest.Start(t)
	r.env = append(r.env, "RIONE_INITIATIVES="+dir, "RIONE_GRAFANA_URL="+g.URL, "RIONE_GRAFANA_TOKEN="+g.Token,
		"RIONE_GRAFANA_LANGUAGE=en", "RIONE_GRAFANA_ALERT_EMAILS=sala@comune.example, capo@comune.example",
		"RIONE_GRAFANA_INFLUX_URL=http://influx.inside:8086", "RIONE_GRAFANA_INFLUX_TOKEN=reader")
	if out := r.must("", "initiatives", "list", "--json"); !strings.Contains(out, `"id": "mia"`) || strings.Contains(out, `"roma"`) {
		t.Errorf("it lists %s", out)
	}
	r.must("", "dashboards", "apply")
	if page, _ := g.Dashboard("rione_plan-mia"); page == nil || page["title"] != "Palermo, three-year plan" {
		t.Errorf("the page is %.100v", page)
	}
	if page, _ := g.Dashboard("rione_plan-roma"); page != nil {
		t.Error("the folder does not take the place of what rione brings")
	}
	if got := g.Secret("rione_city", "httpHeaderValue1"); got != "Token reader" {
		t.Errorf("Grafana reads with %q", got)
	}
	plan := r.must("", "dashboards", "plan")
	for _, name := range []string{"RIONE_GRAFANA_INFLUX_URL=http://elsewhere:8086", "RIONE_GRAFANA_ALERT_EMAILS=sala@comune.example"} {
		changed := *r
		changed.env = append(r.env[:len(r.env):len(r.env)], name)
		if out := changed.must("", "dashboards", "plan"); out == plan || !strings.Contains(out, "~ ") {
			t.Errorf("%s changes nothing:\n%s", name, out)
		}
	}

	change(`"split": "zone"`, `"split": "region"`)
	for _, command := range [][]string{{"initiatives", "check", dir}, {"initiatives", "list"}, {"dashboards", "apply"}, {"up"}} {
		if out, errs, code := r.run("", command...); code != exitFailed || !strings.Contains(errs, `split "region"`) || !strings.Contains(errs, "palermo.json:") {
			t.Errorf("%v: exit %d\n%s%s", command, code, out, errs)
		}
	}
}
