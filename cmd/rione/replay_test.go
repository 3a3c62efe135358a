package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"rione/api"
	"rione/cmd/rione/app"
)

// push posts one message to the HTTP door and expects it to be taken.
func (r *rig) push(format, body string) {
	r.t.Helper()
	token, err := app.AdminToken(r.dir)
	if err != nil {
		r.t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, "http://"+r.at.HTTP+"/ingest/v1/"+format, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusAccepted {
		r.t.Fatalf("the HTTP door answered %s", resp.Status)
	}
}

// mapping gives the route levels of a filter a mapping of levels in some unit.
func (r *rig) mapping(filter, unit string) {
	r.t.Helper()
	r.mappingOf("levels", filter, "water", fmt.Sprintf(`{"level_m": {"path": "/level", "unit": %q}}`, unit))
}

// mappingOf sets a route whose payloads a mapping describes.
func (r *rig) mappingOf(route, filter, measurement, fields string) {
	r.t.Helper()
	text := fmt.Sprintf(`{"device": "/id", "time": "/at", "readings": [{"measurement": %q, "fields": %s}]}`, measurement, fields)
	r.must(text, "routes", "set", route, "--filter", filter, "--mapping", "-")
}

// levelsPath is where levels are pushed, below /ingest/v1/.
const levelsPath = "levels"

// A mapping had the wrong unit. It is corrected while rione runs, and the history
// of one device is read again by it; the other one's stays as it was.
func TestReplayOfACorrectedMapping(t *testing.T) {
	r := newRig(t)
	r.must("device_id,kind,comune,lat,lon\ntiber-1,water,058091,41.89,12.49\ntiber-2,water,058091,41.89,12.49\n", "devices", "import", "-")
	r.up()
	r.mapping("/ingest/v1/"+levelsPath, "m")
	const readings = 20
	base := time.Now().Add(-time.Hour).Truncate(time.Second)
	for i := range readings {
		r.push(levelsPath, fmt.Sprintf(`{"id":"tiber-%d","at":%d,"level":30}`, i%2+1, base.Unix()+int64(i)))
	}
	r.awaitBalance(readings)
	levels := func(device, want string) {
		t.Helper()
		s := r.query(fmt.Sprintf("SELECT count(level_m), min(level_m), max(level_m) FROM water WHERE device_id='%s'", device))
		if got := fmt.Sprint(s[0].Values[0][1:]); got != want {
			t.Errorf("%s: %s, want %s", device, got, want)
		}
	}
	levels("tiber-1", "[10 30 30]")
	r.mapping("/ingest/v1/"+levelsPath, "cm")
	if out := r.must("", "replay", "--since", "start", "--device", "tiber-1", "--dry-run"); !strings.Contains(out, "10 messages") || !strings.Contains(out, "nothing was written") {
		t.Errorf("a dry run said:\n%s", out)
	}
	levels("tiber-1", "[10 30 30]")
	var v api.ReplayView
	out := r.must("", "replay", "--since", "start", "--device", "tiber-1", "--note", "m was cm", "--json")
	if err := json.Unmarshal([]byte(out), &v); err != nil {
		t.Fatal(err)
	}
	if v.State != "done" || v.Counts.Points != readings/2 || v.Percent != 100 {
		t.Errorf("%s", out)
	}
	levels("tiber-1", "[10 0.3 0.3]")
	levels("tiber-2", "[10 30 30]")
	r.must("", "replay", "--since", "start", "--device", "tiber-2", "--restate")
	levels("tiber-2", "[10 0.3 0.3]")
	if out := r.must("", "replay", "list"); !strings.Contains(out, "m was cm") || strings.Count(out, "\n") != 4 {
		t.Errorf("listed:\n%s", out)
	}
	r.awaitBalance(readings) // the ledger has not heard of it
	f := func(code int, want string, args ...string) {
		t.Helper()
		_, errs, got := r.run("", append([]string{"replay"}, args...)...)
		if got != code || !strings.Contains(errs, want) {
			t.Errorf("replay %q: exit %d, %s; want %d, %q", args, got, errs, code, want)
		}
	}
	f(0, "", "--since", "2020-01-01", "--dry-run") // nothing came before the journal
	f(exitFailed, "the journal does not reach back so far", "--since", "2020-01-01", "--restate", "--device", "tiber-1")
	f(exitFailed, "there is no device tiber-3", "--since", "start", "--device", "tiber-3")
	f(exitUsage, "write a time", "--since", "yesterday")
	f(exitUsage, "write a time")
	f(exitUsage, "name the devices", "--since", "start", "--restate")
}

func TestInstant(t *testing.T) {
	now := time.Date(2026, 3, 8, 12, 0, 0, 0, time.UTC)
	f := func(text, want string) {
		t.Helper()
		got, err := instant("since", text, now)
		if s := got.Format(time.RFC3339); err == nil && s != want || err != nil && want != "" {
			t.Errorf("%q is %s, %v; want %q", text, s, err, want)
		}
	}
	f("2026-03-01", "2026-03-01T00:00:00Z")
	f("2026-03-01T08:00:00+01:00", "2026-03-01T07:00:00Z")
	f("36h", "2026-03-07T00:00:00Z")
	f("7d", "2026-03-01T12:00:00Z")
	f("start", "0001-01-01T00:00:00Z")
	for _, bad := range []string{"", "yesterday", "-1h", "0s", "d", "2026-03-01T08:00:00"} {
		f(bad, "")
	}
}
