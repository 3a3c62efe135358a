package app

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"rione/dashboards"
	"rione/dashboards/grafana"
	"rione/dashboards/grafana/grafanatest"
)

// keeperOf is a keeper of a Grafana, and what it logs.
func keeperOf(t *testing.T, g *grafanatest.Server) (k *keeper, log *strings.Builder) {
	t.Helper()
	o := Organisation{
		Grafana: grafana.Options{URL: g.URL, Token: g.Token}, Wanted: dashboards.Config{InfluxURL: "http://influx:8086", InfluxToken: "reader"},
	}
	r, err := o.Reconciler()
	if err != nil {
		t.Fatal(err)
	}
	log = &strings.Builder{}
	return &keeper{
		reconciler: r, drift: prometheus.NewGauge(prometheus.GaugeOpts{Name: "drift"}),
		byHand: filepath.Join(t.TempDir(), "by-hand"), log: slog.New(slog.NewTextHandler(log, nil)),
	}, log
}

// drifted is what the keeper's gauge shows.
func drifted(t *testing.T, k *keeper) float64 {
	t.Helper()
	r := prometheus.NewRegistry()
	r.MustRegister(k.drift)
	families, err := r.Gather()
	if err != nil || len(families) != 1 {
		t.Fatalf("%v, %v", families, err)
	}
	return families[0].GetMetric()[0].GetGauge().GetValue()
}

// What is changed by hand is told once for as long as it lasts, and counted always.
func TestDriftIsToldOnce(t *testing.T) {
	g := grafanatest.Start(t)
	k, log := keeperOf(t, g)
	if err := k.apply(t.Context()); err != nil {
		t.Fatal(err)
	}
	f := func(lines int, drift float64) {
		t.Helper()
		log.Reset()
		if err := k.look(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(log.String(), "changed by hand"); got != lines || drifted(t, k) != drift {
			t.Errorf("told %d times, want %d; drift %v, want %v\n%s", got, lines, drifted(t, k), drift, log)
		}
	}
	edit := func(uid string) { g.Edit(uid, func(model map[string]any) { model["title"] = "mine" }) }
	f(0, 0)
	edit("rione_city")
	f(1, 1)
	f(0, 1)
	edit("rione_wifi")
	f(1, 2)
	if err := k.apply(t.Context()); err != nil {
		t.Fatal(err)
	}
	f(0, 0)
	edit("rione_city") // again
	f(1, 1)
}

// What people made while nobody watched is kept before the start undoes it, and
// nothing is undone that could not be kept.
func TestStartKeepsWhatWasMadeByHand(t *testing.T) {
	g := grafanatest.Start(t)
	k, log := keeperOf(t, g)
	if err := k.apply(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(k.byHand); err == nil || strings.Contains(log.String(), "kept") {
		t.Errorf("nothing was made by hand, and it says\n%s", log)
	}
	g.Edit("rione_city", func(model map[string]any) { model["title"] = "mine" })
	good := k.byHand
	k.byHand = filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(k.byHand, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := k.apply(t.Context()); err == nil || !strings.Contains(err.Error(), "nothing is applied") {
		t.Errorf("got %v", err)
	}
	if model, _ := g.Dashboard("rione_city"); model["title"] != "mine" {
		t.Errorf("what could not be kept is undone: %v", model["title"])
	}
	k.byHand = good
	if err := k.apply(t.Context()); err != nil {
		t.Fatal(err)
	}
	if model, _ := g.Dashboard("rione_city"); model["title"] == "mine" {
		t.Error("the shipped page is not applied")
	}
	files, err := filepath.Glob(filepath.Join(good, "*", "rione_city.json"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	kept, err := os.ReadFile(files[0])
	if err != nil || !strings.Contains(string(kept), `"title": "mine"`) || !strings.Contains(log.String(), filepath.Dir(files[0])) {
		t.Errorf("%v, kept %.80s, told\n%s", err, kept, log)
	}
}
