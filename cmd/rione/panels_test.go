package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"rione/dashboards"
	"rione/ingest/schema"
)

// notYet are pages and panels that a city which began a minute ago cannot fill:
// windows are not over yet, and nothing has happened.
func notYet(panel string, q dashboards.Query) bool {
	return q.Level() != schema.Raw || panel == "What changed" || panel == "Events" || panel == "Events by comune"
}

// No panel is empty in the demo city.
func TestDemoFillsEveryPanel(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("SKIPPED: the demo city is not started in short mode")
	}
	r := newRig(t)
	r.up("--demo")
	set, err := dashboards.Shipped(dashboards.Config{InfluxURL: r.at.Influx})
	if err != nil {
		t.Fatal(err)
	}
	var empty []string
	full := func() bool {
		empty = nil
		for _, d := range set.Dashboards {
			for _, row := range d.Rows {
				for _, p := range row.Panels {
					some := func(q dashboards.Query) bool { return notYet(p.Title.En, q) || answers(r, q) }
					if len(p.Queries) > 0 && !slices.ContainsFunc(p.Queries, some) {
						empty = append(empty, fmt.Sprintf("%s/%s: %s", d.Name, p.Title.En, p.Queries[0]))
					}
				}
			}
		}
		return len(empty) == 0
	}
	deadline := time.Now().Add(3 * time.Minute)
	tick := time.NewTicker(5 * time.Second)
	defer tick.Stop()
	for !full() && time.Now().Before(deadline) {
		<-tick.C
	}
	for _, e := range empty {
		t.Error("empty:", e)
	}
}

// answers tells whether a panel's query returns anything when everything is
// chosen.
func answers(r *rig, q dashboards.Query) bool {
	r.t.Helper()
	text := strings.NewReplacer("$timeFilter", "time > now() - 1h AND time < now() + 1m", "$__interval", "30s",
		"${comune:regex}", ".*", "${zone:regex}", ".*", "${device:regex}", ".*", "${class:regex}", ".*").Replace(q.String())
	for _, s := range r.query(text) {
		for _, row := range s.Values {
			for _, v := range row[1:] {
				if v != nil {
					return true
				}
			}
		}
	}
	return false
}
