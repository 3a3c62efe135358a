package grafana_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rione/dashboards"
	"rione/dashboards/grafana"
	"rione/dashboards/grafana/grafanatest"
)

func client(t *testing.T, s *grafanatest.Server) *grafana.Client {
	t.Helper()
	c, err := grafana.New(grafana.Options{URL: s.URL, Token: s.Token})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func shipped(t *testing.T, change ...func(*dashboards.Set)) dashboards.Set {
	t.Helper()
	set, err := dashboards.Shipped(dashboards.Config{InfluxURL: "http://influx:8086", InfluxToken: "reader:secret",
		AlertEmails: []string{"sala@comune.example"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range change {
		c(&set)
	}
	return set
}

// small is a set with one resource of each kind but two dashboards.
func small(t *testing.T, change ...func(*dashboards.Set)) dashboards.Set {
	t.Helper()
	set := shipped(t)
	panel := func(it, en string) dashboards.Panel {
		return dashboards.Panel{
			Kind: dashboards.Stat, Title: dashboards.Text{It: it, En: en}, Description: dashboards.Text{It: it, En: en},
			Queries: []dashboards.Query{dashboards.From("wifi_ap").Select(dashboards.Last("clients"))},
			Steps:   []dashboards.Step{{From: 0, Colour: dashboards.Good}, {From: 9, Colour: dashboards.Bad}},
		}
	}
	page := func(name string, title dashboards.Text) dashboards.Dashboard {
		return dashboards.Dashboard{
			Name: name, Folder: set.Folders[0].Name, Database: "city", Range: time.Hour, Refresh: time.Minute,
			Title: title, Description: dashboards.Text{It: "Prova", En: "Test"},
			Rows: []dashboards.Row{{Panels: []dashboards.Panel{panel("Uno", "One"), panel("Due", "Two")}}},
		}
	}
	set.DataSources, set.Folders = set.DataSources[:1], set.Folders[:1]
	set.Dashboards = []dashboards.Dashboard{
		page("city", dashboards.Text{It: "Prova", En: "Test"}), page("wifi", dashboards.Text{It: "Altra prova", En: "Other test"}),
	}
	set.Dashboards[1].Public = true
	set.Alerts = set.Alerts[:1]
	set.Alerts[0].Folder = set.Folders[0].Name
	for i := range set.Alerts[0].Alerts {
		set.Alerts[0].Alerts[i].Page, set.Alerts[0].Alerts[i].Panel = "city", "One"
	}
	for _, c := range change {
		c(&set)
	}
	return set
}

func reconciler(t *testing.T, s *grafanatest.Server, set dashboards.Set) *dashboards.Reconciler {
	t.Helper()
	r, err := dashboards.NewReconciler(client(t, s), set)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func plan(t *testing.T, r *dashboards.Reconciler) dashboards.Plan {
	t.Helper()
	p, err := r.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func apply(t *testing.T, r *dashboards.Reconciler) {
	t.Helper()
	if err := r.Apply(t.Context(), plan(t, r)); err != nil {
		t.Fatal(err)
	}
}

// one returns the only change of a plan.
func one(t *testing.T, p dashboards.Plan) dashboards.Change {
	t.Helper()
	if len(p.Changes) != 1 {
		t.Fatalf("one change expected, the plan is\n%s", p)
	}
	return p.Changes[0]
}

// A server that gives back less and more than it was sent is not written to
// again, and an edit is still found.
func TestSecondApplyAfterTheServerNormalized(t *testing.T) {
	s := grafanatest.Start(t)
	s.Normalize()
	r := reconciler(t, s, shipped(t))
	apply(t, r)
	writes := s.Writes()
	if p := plan(t, r); !p.Empty() {
		t.Fatalf("the plan after an apply is\n%s", p)
	}
	apply(t, r)
	if got := s.Writes() - writes; got != 0 {
		t.Errorf("a second apply sent %d writes", got)
	}
	s.Edit("rione_wifi", func(model map[string]any) { model["panels"].([]any)[0].(map[string]any)["title"] = "by hand" })
	if c := one(t, plan(t, r)); c.UID != "rione_wifi" || len(c.Differences) != 1 {
		t.Errorf("%s: %v", c, c.Differences)
	}
}

func TestSecondApplySendsNoWrite(t *testing.T) {
	s := grafanatest.Start(t)
	set := shipped(t)
	r := reconciler(t, s, set)
	first := plan(t, r)
	if len(first.Changes) != len(set.Resources()) || s.Writes() != 0 {
		t.Fatalf("%d changes of %d resources, %d writes while planning", len(first.Changes), len(set.Resources()), s.Writes())
	}
	apply(t, r)
	if got := s.Secret("rione_city", "httpHeaderValue1"); got != "Token reader:secret" {
		t.Errorf("the data source sends %q", got)
	}
	writes := s.Writes()
	second := plan(t, r)
	if !second.Empty() || second.Unchanged != len(first.Changes) {
		t.Errorf("the second plan is not empty:\n%s", second)
	}
	apply(t, r)
	if s.Writes() != writes {
		t.Errorf("the second apply sent %d writes", s.Writes()-writes)
	}
	if _, folder := s.Dashboard("rione_city"); folder != "rione_folder-city" {
		t.Errorf("the city stands in folder %q", folder)
	}
}

func TestSaveWithoutEditIsNoDrift(t *testing.T) {
	s := grafanatest.Start(t)
	r := reconciler(t, s, shipped(t))
	apply(t, r)
	for _, uid := range s.DashboardUIDs() {
		s.Edit(uid, func(map[string]any) {})
	}
	if p := plan(t, r); !p.Empty() {
		t.Errorf("a save without an edit is a difference:\n%s", p)
	}
}

func TestEditsByHandAreDriftAndUndone(t *testing.T) {
	f := func(wantPath string, edit func(model map[string]any)) {
		t.Helper()
		s := grafanatest.Start(t)
		r := reconciler(t, s, small(t))
		apply(t, r)
		s.Edit("rione_wifi", edit)
		drift, err := r.Drift(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		c := one(t, drift)
		if c.Action != dashboards.Update || c.UID != "rione_wifi" || len(c.Differences) != 1 || c.Differences[0].Path != wantPath {
			t.Errorf("drift is %+v, want one difference at %s", c.Differences, wantPath)
		}
		apply(t, r)
		if p := plan(t, r); !p.Empty() {
			t.Errorf("not undone:\n%s", p)
		}
	}
	panels := func(m map[string]any) []any { return m["panels"].([]any) }
	f("title", func(m map[string]any) { m["title"] = "mine" })
	f("tags[1]", func(m map[string]any) { m["tags"] = append(m["tags"].([]any), "mine") })
	f(`panels["Due · Two"].title`, func(m map[string]any) {
		panels(m)[1].(map[string]any)["id"], panels(m)[1].(map[string]any)["title"] = 2.0, "users"
	})
	f(`panels["Uno · One"]`, func(m map[string]any) { m["panels"] = panels(m)[1:] })
	f(`panels["extra"]`, func(m map[string]any) {
		m["panels"] = append(panels(m), map[string]any{"id": 99.0, "title": "extra", "type": "stat"})
	})
	f(`panels["Uno · One"].options.colorMode`, func(m map[string]any) {
		panels(m)[0].(map[string]any)["options"].(map[string]any)["colorMode"] = "background"
	})
}

func TestDriftCanBeKept(t *testing.T) {
	s := grafanatest.Start(t)
	r := reconciler(t, s, small(t))
	apply(t, r)
	s.Edit("rione_wifi", func(m map[string]any) { m["title"] = "mine" })
	drift, err := r.Drift(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if n, err := drift.ExportLive(dir); n != 1 || err != nil {
		t.Fatalf("%d dashboards written, %v", n, err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "rione_wifi.json"))
	if err != nil || !strings.Contains(string(raw), `"title": "mine"`) || strings.Contains(string(raw), `"version"`) {
		t.Errorf("%v: %s", err, raw)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("%d files, %v", len(files), err)
	}
}

func TestNewVersionOfTheSetIsNoDrift(t *testing.T) {
	s := grafanatest.Start(t)
	apply(t, reconciler(t, s, small(t)))
	r := reconciler(t, s, small(t, func(set *dashboards.Set) { set.Dashboards[0].Title.It = "Città nuova" }))
	drift, err := r.Drift(t.Context())
	if err != nil || !drift.Empty() {
		t.Errorf("drift %v\n%s", err, drift)
	}
	if c := one(t, plan(t, r)); c.Action != dashboards.Update || c.UID != "rione_city" {
		t.Errorf("the plan is to %s %s", c.Action, c)
	}
}

func TestDeletesOnlyItsOwn(t *testing.T) {
	s := grafanatest.Start(t)
	apply(t, reconciler(t, s, small(t)))
	s.Put("theirs", "rione_folder-city", map[string]any{"title": "a copy by hand", "tags": []any{"rione"}})
	s.Put("rione_looks-like-it", "", map[string]any{"title": "no label", "tags": []any{}})
	s.Put("rione-palermo_city", "", map[string]any{"title": "another set's", "tags": []any{"rione-palermo"}})
	empty := dashboards.Set{Label: "rione"}
	r := reconciler(t, s, empty)
	err := r.Apply(t.Context(), plan(t, r))
	if err == nil || !strings.Contains(err.Error(), "move it out first") {
		t.Errorf("a folder with somebody's dashboard was not spared: %v", err)
	}
	want := []string{"rione-palermo_city", "rione_looks-like-it", "theirs"}
	if got := s.DashboardUIDs(); !slices.Equal(got, want) {
		t.Errorf("left are %v, want %v", got, want)
	}
}

func TestStaleVersionIsRefused(t *testing.T) {
	s := grafanatest.Start(t)
	apply(t, reconciler(t, s, small(t)))
	r := reconciler(t, s, small(t, func(set *dashboards.Set) { set.Dashboards[0].Title.It = "Città nuova" }))
	p := plan(t, r)
	s.Edit("rione_city", func(m map[string]any) { m["title"] = "meanwhile" })
	if err := r.Apply(t.Context(), p); !errors.Is(err, dashboards.ErrConflict) {
		t.Fatalf("a stale save gave %v", err)
	}
	if m, _ := s.Dashboard("rione_city"); m["title"] != "meanwhile" {
		t.Errorf("the other's edit was lost: %v", m["title"])
	}
	apply(t, r)
}

func TestSurvivesPartialFailure(t *testing.T) {
	s := grafanatest.Start(t)
	r := reconciler(t, s, small(t))
	failed := 0
	r.Progress = func(_ dashboards.Change, err error) {
		if err != nil {
			failed++
		}
	}
	s.Fault(func(w http.ResponseWriter, req *http.Request) bool {
		return req.URL.Path == "/api/folders" && req.Method == http.MethodPost && grafanatest.Refuse("", 500)(w, req)
	})
	err := r.Apply(t.Context(), plan(t, r))
	const all = 5 // the folder, and what is left out with it: two pages, one of them public, and a group of rules
	if err == nil || failed != all || len(s.DashboardUIDs()) != 0 || !strings.Contains(err.Error(), "its folder could not be made") {
		t.Fatalf("%d failures, dashboards %v, error %v", failed, s.DashboardUIDs(), err)
	}
	s.Fault(nil)
	apply(t, r)
	if p := plan(t, r); !p.Empty() {
		t.Errorf("the second run did not finish:\n%s", p)
	}
}

func TestProvisionedDashboardIsRefused(t *testing.T) {
	s := grafanatest.Start(t)
	apply(t, reconciler(t, s, small(t)))
	s.Provision("rione_city")
	r := reconciler(t, s, small(t, func(set *dashboards.Set) { set.Dashboards[0].Title.It = "Città nuova" }))
	if err := r.Apply(t.Context(), plan(t, r)); !errors.Is(err, dashboards.ErrProvisioned) {
		t.Errorf("got %v", err)
	}
}

func TestPublicDashboardsAreKept(t *testing.T) {
	s := grafanatest.Start(t)
	r := reconciler(t, s, small(t))
	apply(t, r)
	if !s.Public("rione_wifi", nil) || s.Public("rione_city", nil) {
		t.Fatal("not the dashboard that wants it is public")
	}
	s.Public("rione_wifi", func(p map[string]any) { p["isEnabled"] = false })
	if c := one(t, plan(t, r)); c.Kind != dashboards.PublicDashboards || c.Differences[0].Path != "isEnabled" {
		t.Errorf("paused by hand: %+v", c)
	}
	apply(t, r)
	if p := plan(t, r); !p.Empty() {
		t.Errorf("not undone:\n%s", p)
	}
	apply(t, reconciler(t, s, small(t, func(set *dashboards.Set) { set.Dashboards[1].Public = false })))
	if s.Public("rione_wifi", nil) {
		t.Error("it is still public")
	}
}

// What a failed dashboard would have shown to everybody is left out.
func TestPublicDashboardNeedsItsDashboard(t *testing.T) {
	s := grafanatest.Start(t)
	r := reconciler(t, s, small(t))
	s.Fault(func(w http.ResponseWriter, req *http.Request) bool {
		return req.URL.Path == "/api/dashboards/db" && grafanatest.Refuse("", 500)(w, req)
	})
	err := r.Apply(t.Context(), plan(t, r))
	if err == nil || !strings.Contains(err.Error(), "its dashboard could not be made") || s.Public("rione_wifi", nil) {
		t.Errorf("public %v, error %v", s.Public("rione_wifi", nil), err)
	}
	s.Fault(nil)
	apply(t, r)
	if !s.Public("rione_wifi", nil) {
		t.Error("the second run did not finish")
	}
}

func TestDataSourceDrift(t *testing.T) {
	s := grafanatest.Start(t)
	r := reconciler(t, s, small(t))
	apply(t, r)
	s.EditDataSource("rione_city", func(d map[string]any) { d["isDefault"] = true })
	if p := plan(t, r); !p.Empty() {
		t.Errorf("people may choose their default:\n%s", p)
	}
	s.EditDataSource("rione_city", func(d map[string]any) { d["url"] = "http://elsewhere" })
	if c := one(t, plan(t, r)); c.UID != "rione_city" || c.Differences[0].Path != "url" {
		t.Errorf("planned %+v", c)
	}
	apply(t, r)
	if p := plan(t, r); !p.Empty() {
		t.Errorf("not undone:\n%s", p)
	}
}

func TestAlertRulesAreKept(t *testing.T) {
	s := grafanatest.Start(t)
	r := reconciler(t, s, small(t))
	apply(t, r)
	f := func(wantPath string, edit func(rules []any) []any) {
		t.Helper()
		s.EditRules("rione_folder-city", "rione_alerts-devices", edit)
		c := one(t, plan(t, r))
		if c.Kind != dashboards.AlertGroups || len(c.Differences) != 1 || c.Differences[0].Path != wantPath {
			t.Errorf("planned %+v, want a difference at %s", c, wantPath)
		}
		apply(t, r)
		if p := plan(t, r); !p.Empty() {
			t.Errorf("not undone:\n%s", p)
		}
	}
	f("rules[0].for", func(rules []any) []any {
		rules[0].(map[string]any)["for"] = "1m"
		return rules
	})
	f("rules[1]", func(rules []any) []any { return rules[:1] })
	f("rules[0].notification_settings.receiver", func(rules []any) []any {
		rules[0].(map[string]any)["notification_settings"] = map[string]any{"receiver": "elsewhere"}
		return rules
	})
	gone := reconciler(t, s, small(t, func(set *dashboards.Set) { set.Alerts, set.Contacts = nil, nil }))
	p := plan(t, gone)
	if len(p.Changes) != 2 || p.Changes[1].Kind != dashboards.ContactPoints {
		t.Fatalf("rules go first, then whom they tell:\n%s", p)
	}
	if err := gone.Apply(t.Context(), p); err != nil {
		t.Error(err)
	}
}

func TestRotatedTokenIsApplied(t *testing.T) {
	s := grafanatest.Start(t)
	apply(t, reconciler(t, s, shipped(t)))
	set, err := dashboards.Shipped(dashboards.Config{InfluxURL: "http://influx:8086", InfluxToken: "reader:rotated",
		AlertEmails: []string{"sala@comune.example"}})
	if err != nil {
		t.Fatal(err)
	}
	apply(t, reconciler(t, s, set))
	if got := s.Secret("rione_daily", "httpHeaderValue1"); got != "Token reader:rotated" {
		t.Errorf("the data source still sends %q", got)
	}
}

func TestPlanForPeopleAndMachines(t *testing.T) {
	s := grafanatest.Start(t)
	set := small(t)
	r := reconciler(t, s, set)
	apply(t, r)
	s.Edit("rione_city", func(m map[string]any) { m["refresh"] = "5s" })
	p := plan(t, r)
	want := "~ dashboard rione_city \"Prova · Test\"\n    refresh: \"5s\" → \"1m\"\n" +
		fmt.Sprintf("0 to create, 1 to change, 0 to delete, %d as they should be\n", len(set.Resources())-1)
	if p.String() != want {
		t.Errorf("got\n%swant\n%s", p, want)
	}
	raw, err := json.Marshal(p)
	if err != nil || !strings.Contains(string(raw), `"differences":[{"path":"refresh","live":"5s","want":"1m"}]`) {
		t.Errorf("JSON %s, %v", raw, err)
	}
	if strings.Contains(string(raw)+p.String(), "secret") {
		t.Error("a plan shows a secret")
	}
	var read dashboards.Plan
	if err := json.Unmarshal(raw, &read); err != nil {
		t.Fatal(err)
	}
	if err := r.Apply(t.Context(), read); err == nil {
		t.Error("a plan that was read from JSON was applied")
	}
}

// Drift is read from what was applied to what people made of it.
func TestDriftForPeople(t *testing.T) {
	s := grafanatest.Start(t)
	set := small(t)
	r := reconciler(t, s, set)
	apply(t, r)
	f := func(want string) {
		t.Helper()
		drift, err := r.Drift(t.Context())
		if err != nil || drift.ByHand() != want {
			t.Errorf("%v, got\n%swant\n%s", err, drift.ByHand(), want)
		}
	}
	f("0 changed and 0 deleted by hand\n")
	s.Edit("rione_city", func(m map[string]any) {
		m["refresh"] = "5s"
		for i := range 12 {
			m["panels"] = append(m["panels"].([]any), map[string]any{"id": float64(100 + i), "title": fmt.Sprint("mine ", i)})
		}
	})
	if err := client(t, s).Delete(t.Context(), dashboards.Resource{Kind: dashboards.Dashboards, UID: "rione_wifi"}); err != nil {
		t.Fatal(err)
	}
	lines := "~ dashboard rione_city \"Prova · Test\": changed by hand\n"
	for i := range 10 {
		lines += fmt.Sprintf("    panels[\"mine %d\"]: (none) → {\"id\":%d,\"title\":\"mine %d\"}\n", i, 100+i, i)
	}
	f(lines + "    … and 3 more\n" +
		"- dashboard rione_wifi \"Altra prova · Other test\": deleted by hand\n- public dashboard rione_wifi \"rione_wifi\": deleted by hand\n" +
		"1 changed and 2 deleted by hand\n")
}

func TestExportedFilesAreWhatApplies(t *testing.T) {
	s := grafanatest.Start(t)
	set := shipped(t)
	apply(t, reconciler(t, s, set))
	dir := t.TempDir()
	if err := dashboards.Export(set, dir); err != nil {
		t.Fatal(err)
	}
	for _, uid := range s.DashboardUIDs() {
		raw, err := os.ReadFile(filepath.Join(dir, uid+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var file map[string]any
		if err := json.Unmarshal(raw, &file); err != nil {
			t.Fatalf("%s: %v", uid, err)
		}
		live, _ := s.Dashboard(uid)
		if file["title"] != live["title"] || len(file["panels"].([]any)) != len(live["panels"].([]any)) {
			t.Errorf("%s differs from its file", uid)
		}
	}
}
