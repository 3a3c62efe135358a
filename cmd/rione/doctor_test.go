package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rione/ingest/influx/influxtest"
)

// Doctor asks each InfluxDB, and tells one that is not there from one that does
// not take the token.
func TestDoctorAsksTheStores(t *testing.T) {
	server := influxtest.Start(t)
	const nowhere = "http://127.0.0.1:1"
	f := func(what, url, token string, well bool, want string, env ...string) {
		t.Helper()
		r := newRig(t, append(env, "RIONE_INFLUX_URL="+url, "RIONE_INFLUX_TOKEN="+token, "RIONE_INFLUX_ORG="+server.Org)...)
		out, _, code := r.run("", "doctor", "--json")
		var findings []finding
		if err := json.Unmarshal([]byte(out), &findings); err != nil {
			t.Fatal(err)
		}
		at := slices.IndexFunc(findings, func(f finding) bool { return strings.HasPrefix(f.What, what) })
		if at < 0 || findings[at].Well != well || well != (code == 0) || !strings.Contains(findings[at].Advice, want) {
			t.Errorf("%s: exit %d, %s; want %v, %q", what, code, out, well, want)
		}
	}
	f("InfluxDB at ", server.URL, server.Token, true, "")
	f("InfluxDB at ", server.URL, "nobody:wrong", false, "check RIONE_INFLUX_TOKEN")
	f("InfluxDB at ", nowhere, server.Token, false, "is InfluxDB running at "+nowhere)

	target := func(url, token string) string {
		file := filepath.Join(t.TempDir(), "targets.json")
		b, err := json.Marshal([]map[string]any{{"name": "palermo", "url": url, "token": token, "org": server.Org, "bucket": "pa", "comuni": []string{"082053"}}})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return "RIONE_INFLUX_TARGETS=" + file
	}
	f("InfluxDB palermo", server.URL, server.Token, true, "", target(server.URL, server.Token))
	f("InfluxDB palermo", server.URL, server.Token, false, "the token of that target; its lines are parked", target(server.URL, "nobody:wrong"))
	f("InfluxDB palermo", server.URL, server.Token, false, "is InfluxDB running at "+nowhere+"?; its lines are parked", target(nowhere, server.Token))
}

// What is not reached is told with its address, what answered with its answer.
func TestRetentionOfAStoreThatRefuses(t *testing.T) {
	server := influxtest.Start(t)
	f := func(url, token, want, not string) {
		t.Helper()
		r := newRig(t, "RIONE_INFLUX_URL="+url, "RIONE_INFLUX_TOKEN="+token, "RIONE_INFLUX_ORG="+server.Org)
		if _, errs, code := r.run("", "retention", "plan"); code != exitFailed || !strings.Contains(errs, want) || strings.Contains(errs, not) {
			t.Errorf("exit %d, %s; want %q, not %q", code, errs, want, not)
		}
	}
	f(server.URL, "nobody:wrong", "check RIONE_INFLUX_TOKEN", "is InfluxDB running")
	f("http://127.0.0.1:1", server.Token, "is InfluxDB running at http://127.0.0.1:1", "check RIONE_INFLUX_TOKEN")
}
