package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"rione/ingest/influx/influxtest"
)

// Retentions are planned, applied and then as they are wanted.
func TestRetention(t *testing.T) {
	server := influxtest.Start(t)
	f := func(command, env string, want ...string) {
		t.Helper()
		r := newRig(t, "RIONE_INFLUX_URL="+server.URL, "RIONE_INFLUX_TOKEN="+server.Token, "RIONE_INFLUX_ORG="+server.Org, env)
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
	missing := []string{"city: missing → 90 days", "city_movers: missing → 90 days", "city_1h: missing → 1825 days", "city_1d: missing → for ever"}
	f("plan", "", missing...)
	f("plan", "", missing...) // a plan changes nothing
	f("apply", "", missing...)
	f("plan", "", "city: 90 days", "city_movers: 90 days", "city_1h: 1825 days", "city_1d: for ever")
	const shorter = "RIONE_RETENTION_RAW=720h"
	f("apply", shorter, "city: 90 days → 30 days, deletes", "city_movers: 90 days → 30 days, deletes", "city_1h: 1825 days", "city_1d: for ever")
	f("plan", shorter, "city: 30 days", "city_movers: 30 days", "city_1h: 1825 days", "city_1d: for ever")
	f("apply", "RIONE_RETENTION_HOURLY=0", "city: 30 days → 90 days", "city_movers: 30 days → 90 days", "city_1h: 1825 days → for ever", "city_1d: for ever")
	for bucket, want := range map[string]time.Duration{"city": 90 * 24 * time.Hour, "city_1h": 0, "city_1d": 0} {
		if got, err := server.Client().Retention(t.Context(), bucket); err != nil || got != want {
			t.Errorf("%s is kept for %v, %v; want %v", bucket, got, err, want)
		}
	}
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
