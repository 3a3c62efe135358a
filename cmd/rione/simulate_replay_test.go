package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rione/simulator"
)

// recorded writes a recording of what devices said at base, one message a minute
// and device, with a time of its own.
func recorded(t *testing.T, ids []string, per int, base time.Time) string {
	t.Helper()
	var text strings.Builder
	for k := range per {
		for i, id := range ids {
			at := base.Add(time.Duration(k)*time.Minute + time.Duration(i)*time.Second)
			body := fmt.Sprintf(`{"ts":%d,"seq":%d,"temp_c":%d}`, at.UnixMilli(), k+1, 10+i)
			fmt.Fprintf(&text, `{"tst":%q,"topic":"sc/v1/%s/air/%s/up","retain":0,"payload":%q}`+"\n",
				at.Add(time.Second).Format("2006-01-02T15:04:05.000000Z0700"), comuneOf(id), id, body)
		}
	}
	path := filepath.Join(t.TempDir(), "day.ndjson")
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A day that was recorded elsewhere is played against rione in a second, and is
// then in the store at the times that it has of its own.
func TestARecordedDayIsReplayed(t *testing.T) {
	t.Parallel()
	const per = 60
	r := newRig(t)
	ids := r.register(3)
	r.up()
	base := time.Now().Add(-2 * time.Hour).Truncate(time.Hour).UTC()
	path := recorded(t, ids, per, base)
	junit := filepath.Join(t.TempDir(), "junit.xml")

	var s simulator.Summary
	if err := json.Unmarshal([]byte(r.must("", "simulate", "replay", path, "--speed", "3600", "--json", "--quiet", "--junit", junit, busy)), &s); err != nil {
		t.Fatal(err)
	}
	if n := int64(per * len(ids)); s.Published != n || s.Acked != n || s.Connections != len(ids) || s.Account == nil || !s.Accounted || s.Verified {
		t.Errorf("%+v", s)
	}
	for i, id := range ids {
		rows := r.query(fmt.Sprintf("SELECT count(temp_c), mean(temp_c), first(temp_c) FROM air WHERE device_id = '%s' AND time >= %ds AND time < %ds", id, base.Unix(), base.Add(2*time.Hour).Unix()))
		if len(rows) != 1 || fmt.Sprint(rows[0].Values[0][1:3]) != fmt.Sprintf("[%d %d]", per, 10+i) {
			t.Errorf("%s: %v", id, rows)
		}
	}
	if text, err := os.ReadFile(junit); err != nil || !strings.Contains(string(text), "ledger accounts for every acked message") {
		t.Errorf("%s, %v", text, err)
	}
	t.Run("a limit decides", func(t *testing.T) {
		_, errs, code := r.run("", "simulate", "replay", path, "--for", "200ms", "--speed", "3600", "--quiet", "--ack-p99", "1us", busy)
		if code != 1 || !strings.Contains(errs, "FAIL  publish → ack p99") {
			t.Errorf("exit %d: %s", code, errs)
		}
	})
	t.Run("a device that nobody registered", func(t *testing.T) {
		_, errs, code := r.run("", "simulate", "replay", recorded(t, []string{"nobody"}, 1, base), "--quiet")
		if code != 1 || !strings.Contains(errs, "connect nobody") {
			t.Errorf("exit %d: %s", code, errs)
		}
	})
}

func TestReplayRefusesWhatIsNoRecording(t *testing.T) {
	r := newRig(t)
	f := func(text, want string) {
		t.Helper()
		path := filepath.Join(t.TempDir(), "day.ndjson")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, errs, code := r.run("", "simulate", "replay", path, "--broker", "tcp://127.0.0.1:1"); code != 2 || !strings.Contains(errs, want) {
			t.Errorf("%q: exit %d, %s", text, code, errs)
		}
	}
	f("", "no message")
	f("sc/v1/058091/air/a-1/up {}", "line 1")
}
