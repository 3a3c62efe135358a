package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"rione/ingest/influx/influxtest"
)

// Retentions are planned, applied and then as they are wanted, of buckets of a name
// that no server brings along.
func TestRetention(t *testing.T) {
	server := influxtest.Start(t)
	f := func(command, env string, want ...string) {
		t.Helper()
		r := newRig(t, "RIONE_INFLUX_URL="+server.URL, "RIONE_INFLUX_TOKEN="+server.Token, "RIONE_INFLUX_ORG="+server.Org, "RIONE_INFLUX_BUCKET=town", env)
		var plan []keeping
		if err := json.Unmarshal([]byte(r.must("", "retention", command, "--json")), &plan); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, k := range plan {
			line := k.Bucket + ": " + k.Now + " → " + k.Wanted
			if k.Deletes {
				line += ", deletes"
			}
			if !k.Changes {
				line = k.Bucket + ": " + k.Now
			}
			got = append(got, line)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s with %q:\n%s\nwant\n%s", command, env, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	missing := []string{"town: missing → 90 days", "town_movers: missing → 90 days", "town_1h: missing → 1825 days", "town_1d: missing → for ever"}
	f("plan", "", missing...)
	f("plan", "", missing...) // a plan changes nothing
	f("apply", "", missing...)
	f("plan", "", "town: 90 days", "town_movers: 90 days", "town_1h: 1825 days", "town_1d: for ever")
	const shorter = "RIONE_RETENTION_RAW=720h"
	f("apply", shorter, "town: 90 days → 30 days, deletes", "town_movers: 90 days → 30 days, deletes", "town_1h: 1825 days", "town_1d: for ever")
	f("plan", shorter, "town: 30 days", "town_movers: 30 days", "town_1h: 1825 days", "town_1d: for ever")
	f("apply", "RIONE_RETENTION_HOURLY=0", "town: 30 days → 90 days", "town_movers: 30 days → 90 days", "town_1h: 1825 days → for ever", "town_1d: for ever")
	for bucket, want := range map[string]time.Duration{"town": 90 * 24 * time.Hour, "town_1h": 0, "town_1d": 0} {
		if got, err := server.Client().Retention(t.Context(), bucket); err != nil || got != want {
			t.Errorf("%s is kept for %v, %v; want %v", bucket, got, err, want)
		}
	}
}

// An InfluxDB of some comuni is planned and applied with retentions of its own.
func TestRetentionOfTargets(t *testing.T) {
	server := influxtest.Start(t)
	file := filepath.Join(t.TempDir(), "targets.json")
	list := fmt.Sprintf(`[{"name":"palermo","url":%q,"token":%q,"org":%q,"bucket":"pa","comuni":["082053"],"retention_raw":"720h","retention_daily":"87600h"}]`,
		server.URL, server.Token, server.Org)
	if err := os.WriteFile(file, []byte(list), 0o600); err != nil {
		t.Fatal(err)
	}
	r := newRig(t, "RIONE_INFLUX_URL="+server.URL, "RIONE_INFLUX_TOKEN="+server.Token, "RIONE_INFLUX_ORG="+server.Org, "RIONE_INFLUX_BUCKET=town", "RIONE_INFLUX_TARGETS="+file)
	f := func(command string, want ...string) {
		t.Helper()
		var got []string
		for line := range strings.Lines(r.must("", "retention", command)) {
			got = append(got, strings.Join(strings.Fields(line), " "))
		}
		if !slices.Equal(got, append([]string{"TARGET BUCKET NOW WANTED"}, want...)) {
			t.Errorf("%s:\n%s", command, strings.Join(got, "\n"))
		}
	}
	f("apply", "default town missing 90 days changes", "default town_movers missing 90 days changes",
		"default town_1h missing 1825 days changes", "default town_1d missing for ever changes",
		"palermo pa missing 30 days changes", "palermo pa_movers missing 30 days changes",
		"palermo pa_1h missing 1825 days changes", "palermo pa_1d missing 3650 days changes")
	if err := server.Client().SetRetention(t.Context(), "pa", 0); err != nil {
		t.Fatal(err)
	}
	f("plan", "default town 90 days 90 days", "default town_movers 90 days 90 days", "default town_1h 1825 days 1825 days", "default town_1d for ever for ever",
		"palermo pa for ever 30 days changes, and deletes what is older", "palermo pa_movers 30 days 30 days",
		"palermo pa_1h 1825 days 1825 days", "palermo pa_1d 3650 days 3650 days")
}

// Doctor tells of buckets that keep something else than they should, and of those
// that keep less than is replayed.
func TestDoctorTellsRetention(t *testing.T) {
	server := influxtest.Start(t)
	r := newRig(t, "RIONE_INFLUX_URL="+server.URL, "RIONE_INFLUX_TOKEN="+server.Token, "RIONE_INFLUX_ORG="+server.Org, "RIONE_INFLUX_BUCKET=town", "RIONE_JOURNAL_REPLAY_WINDOW=72h")
	f := func(what string, well bool, want ...string) {
		t.Helper()
		out, _, code := r.run("", "doctor", "--json")
		var findings []finding
		if err := json.Unmarshal([]byte(out), &findings); err != nil {
			t.Fatal(err)
		}
		at := slices.IndexFunc(findings, func(f finding) bool { return f.What == "retention at default" })
		if at < 0 || findings[at].Well != well || well != (code == 0) {
			t.Fatalf("%s: exit %d, %s", what, code, out)
		}
		for _, w := range want {
			if !strings.Contains(findings[at].Advice, w) {
				t.Errorf("%s: %q, want %q", what, findings[at].Advice, w)
			}
		}
		if len(want) < 3 && strings.Contains(findings[at].Advice, "REPLAY_WINDOW") {
			t.Errorf("%s: %q", what, findings[at].Advice)
		}
	}
	f("buckets that are not there yet", true)
	r.must("", "retention", "apply")
	f("as configured", true)
	set := func(bucket string, keep time.Duration) {
		t.Helper()
		if err := server.Client().SetRetention(t.Context(), bucket, keep); err != nil {
			t.Fatal(err)
		}
	}
	set("town_1d", 400*24*time.Hour)
	f("shorter days", false, "town_1d keeps points 400 days in place of for ever", "rione retention plan")
	set("town_1d", 0)
	set("town_1h", 48*time.Hour) // windows are not replayed into
	f("shorter hours", false, "town_1h keeps points 2 days in place of 1825 days")
	set("town_1h", 43800*time.Hour)
	set("town_movers", 48*time.Hour)
	f("shorter than the journal", false, "town_movers keeps points 2 days", "less than RIONE_JOURNAL_REPLAY_WINDOW, 72h0m0s", "rione retention plan")
	r.must("", "retention", "apply")
	f("applied", true)
}

// Retentions that cannot work are refused before anything is asked or changed.
func TestRetentionRefused(t *testing.T) {
	f := func(want string, env ...string) {
		t.Helper()
		r := newRig(t, append(env, "RIONE_INFLUX_URL=http://127.0.0.1:1")...)
		for _, command := range [][]string{{"retention", "apply"}, {"retention", "plan"}, {"up"}} {
			if _, errs, code := r.run("", command...); code != exitUsage || !strings.Contains(errs, want) {
				t.Errorf("%v %v: exit %d, %s; want %q", command, env, code, errs, want)
			}
		}
	}
	f("RIONE_JOURNAL_REPLAY_WINDOW is 72h1m0s, longer than RIONE_RETENTION_RAW, 72h0m0s", "RIONE_RETENTION_RAW=72h", "RIONE_JOURNAL_REPLAY_WINDOW=72h1m")
	f("RIONE_RETENTION_HOURLY is 720h0m0s, shorter than RIONE_RETENTION_RAW", "RIONE_RETENTION_HOURLY=720h")
	f("RIONE_RETENTION_DAILY is 8760h0m0s, shorter than RIONE_RETENTION_HOURLY", "RIONE_RETENTION_DAILY=8760h")
	f("RIONE_RETENTION_RAW is 1h0m0s; write at least", "RIONE_RETENTION_RAW=1h")
}
