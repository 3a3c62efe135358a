package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rione/dashboards/grafana/grafanatest"
)

// tenantsFile writes what RIONE_GRAFANA_TENANTS names.
func tenantsFile(t *testing.T, tenants any) string {
	t.Helper()
	b, err := json.Marshal(tenants)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "tenants.json")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// The administrations of a community get the same pages, each with its own
// comuni, in one run; one whose Grafana is broken does not keep the others.
func TestDashboardsOfManyAdministrations(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var list []map[string]any
	if err := json.Unmarshal([]byte(r.must("", "dashboards", "tenants", "anci")), &list); err != nil {
		t.Fatal(err)
	}
	if len(list) != 24 {
		t.Fatalf("%d administrations, want 24", len(list))
	}
	servers := make([]*grafanatest.Server, len(list))
	for i := range list {
		servers[i] = grafanatest.Start(t)
		list[i]["url"], list[i]["token"], list[i]["influx_token"] = servers[i].URL, servers[i].Token, "reader"
		delete(list[i], "token_file")
		delete(list[i], "influx_token_file")
	}
	r.env = append(r.env, "RIONE_GRAFANA_URL="+servers[0].URL, "RIONE_GRAFANA_TENANTS="+tenantsFile(t, list))
	servers[5].Fault(grafanatest.Refuse("", 500))
	out, errs, code := r.run("", "dashboards", "apply")
	if code != 1 || !strings.Contains(out, "[24/24]") || !strings.Contains(errs, list[5]["name"].(string)) {
		t.Fatalf("exit %d\n%s\n%s", code, out, errs)
	}
	servers[5].Fault(nil)
	r.must("", "dashboards", "apply")
	writes := 0
	for i, s := range servers {
		own := fmt.Sprint(list[i]["comuni"].([]any)[0])
		model, _ := s.Dashboard("rione_city")
		if b, err := json.Marshal(model["templating"]); err != nil || !strings.Contains(string(b), own) || own != "058091" && strings.Contains(string(b), "058091") {
			t.Errorf("%s chooses among %s", list[i]["name"], b)
		}
		writes += s.Writes()
	}
	r.must("", "dashboards", "apply")
	for _, s := range servers {
		writes -= s.Writes()
	}
	if writes != 0 {
		t.Errorf("a second apply wrote %d times", -writes)
	}
}

func TestWrongTenants(t *testing.T) {
	f := func(want string, tenants any) {
		t.Helper()
		r := newRig(t, "RIONE_GRAFANA_URL=http://127.0.0.1:1", "RIONE_GRAFANA_TENANTS="+tenantsFile(t, tenants))
		out, errs, code := r.run("", "dashboards", "plan")
		if code != 1 || !strings.Contains(errs, want) {
			t.Errorf("exit %d, want %q\n%s%s", code, want, out, errs)
		}
		if strings.Contains(out+errs, "hidden") {
			t.Error("a token is printed")
		}
	}
	entry := func(change map[string]any) []map[string]any {
		e := map[string]any{"name": "palermo", "token": "hidden", "influx_token": "hidden", "comuni": []string{"082053"}}
		for k, v := range change {
			e[k] = v
		}
		return []map[string]any{e}
	}
	f("must hold a list", map[string]any{"name": "palermo"})
	f("unknown field", entry(map[string]any{"comune": "082053"}))
	f("comuni: name at least one", entry(map[string]any{"comuni": nil}))
	f("no ISTAT code", entry(map[string]any{"comuni": []string{"palermo"}}))
	f("token and token_file are both set", entry(map[string]any{"token_file": "x"}))
	f("takes part in \"roma\"", entry(map[string]any{"initiatives": []string{"roma"}}))
	f("in its name", entry(map[string]any{"name": "Palermo città"}))
	f("is there twice", append(entry(nil), entry(nil)...))
}

// What a person changes in Grafana while rione runs is told, not undone.
func TestDriftIsWatched(t *testing.T) {
	g := grafanatest.Start(t)
	r := newRig(t, "RIONE_GRAFANA_URL="+g.URL, "RIONE_GRAFANA_TOKEN="+g.Token, "RIONE_GRAFANA_WATCH=1s")
	r.up()
	logged := func(what string) func() bool { return func() bool { return strings.Contains(r.log(), what) } }
	r.await("dashboards are applied", time.Minute, logged("dashboards are in Grafana"))
	g.Edit("rione_city", func(model map[string]any) { model["title"] = "by hand" })
	r.await("drift is told", time.Minute, logged("changed by hand"))
	if model, _ := g.Dashboard("rione_city"); model["title"] != "by hand" {
		t.Errorf("the title is %q", model["title"])
	}
}

// Where comuni have InfluxDBs of their own, one run makes pages for each, and a
// second one writes nothing.
func TestDashboardsOfManyInfluxDBs(t *testing.T) {
	t.Parallel()
	g := grafanatest.Start(t)
	targets := tenantsFile(t, []map[string]any{{"name": "palermo", "url": "http://influx-pa:8086", "token": "hidden", "comuni": []string{"082053"}}})
	r := newRig(t, "RIONE_GRAFANA_URL="+g.URL, "RIONE_GRAFANA_TOKEN="+g.Token, "RIONE_INFLUX_TARGETS="+targets)
	out := r.must("", "dashboards", "apply")
	if !strings.Contains(out, "[1/2] all comuni") || !strings.Contains(out, "[2/2] @palermo") || strings.Contains(out, "hidden") {
		t.Errorf("it says\n%s", out)
	}
	model, folder := g.Dashboard("rione-palermo_city")
	page, err := json.Marshal(model)
	if err != nil || folder != "rione-palermo_folder-city" || !strings.Contains(string(page), "rione-palermo_city") || strings.Contains(string(page), "058091") {
		t.Errorf("in %s, %v: %s", folder, err, page)
	}
	if g.Secret("rione-palermo_city", "httpHeaderValue1") != "Token hidden" {
		t.Error("Palermo's data source does not have Palermo's token")
	}
	writes := g.Writes()
	r.must("", "dashboards", "apply", "--organisation", "@palermo")
	r.must("", "dashboards", "apply")
	if g.Writes() != writes {
		t.Errorf("a second apply wrote %d times", g.Writes()-writes)
	}
	if out, errs, code := r.run("", "dashboards", "plan", "--organisation", "@roma"); code != 2 {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
}
