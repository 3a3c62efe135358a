package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rione/api"
)

// History is brought in like a device's readings, its windows are made, and
// facts stand beside indicators.
func TestHistory(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.must("device_id,kind,comune,interval_s\nair-old,air,058091,900\nap-old,wifi_ap,058091,60\n", "devices", "import", "-")
	r.up()
	noon := time.Now().UTC().Truncate(24 * time.Hour).Add(-36 * time.Hour)
	file := filepath.Join(t.TempDir(), "old.csv")
	lines := []string{"time,device_id,measurement,temp_c,grade"}
	for i := range 8 {
		lines = append(lines, fmt.Sprintf("%s,air-old,air,%d,reference", noon.Add(time.Duration(i)*15*time.Minute).Format(time.RFC3339), i))
	}
	lines = append(lines, "yesterday,air-old,air,1,reference", noon.Format(time.RFC3339)+",air-old,air,,reference", noon.Format(time.RFC3339)+",air-old,dreams,1,")
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 { // a second time changes nothing
		out, errs, code := r.run("", "import", "readings", file)
		if code != exitFailed || out != "8 readings taken, 3 lines refused\n" || strings.Count(errs, "line ") != 4 {
			t.Fatalf("import: %d %q %q", code, out, errs)
		}
	}
	if _, err := os.Stat(file + ".progress"); !os.IsNotExist(err) {
		t.Errorf("the import left its progress behind: %v", err)
	}
	r.must(fmt.Sprintf(`{"time":%d,"device_id":"air-old","measurement":"air","temp_c":9,"grade":"reference"}`, noon.Add(2*time.Hour).UnixMilli()), "import", "readings", "-")
	r.must(fmt.Sprintf("air,device_id=air-old,grade=reference,comune=058091 temp_c=10,q=0i %d", noon.Add(3*time.Hour).UnixNano()), "import", "readings", "-")
	r.await("the windows of what was brought in", 90*time.Second, func() bool {
		var page api.ReadingPage
		r.get(fmt.Sprintf("/v1/readings?device=air-old&level=1h&start=%s&end=%s", noon.Format(time.RFC3339), noon.Add(5*time.Hour).Format(time.RFC3339)), &page)
		return len(page.Readings) == 4 && page.Level == "1h" && page.Readings[0].Fields["temp_c_n"] == 4.0 && page.Readings[0].Fields["temp_c_mean"] == 1.5
	})
	r.await("the ledger to name the door of imports", 30*time.Second, func() bool {
		s := r.query("SELECT sum(acked), sum(stored), sum(duplicate) FROM ledger WHERE door = 'import'")
		return len(s) == 1 && fmt.Sprint(s[0].Values[0][1:]) == "[4 3 1]" // the second time is a duplicate
	})
	if out := r.must("", "rollup", "status"); !strings.Contains(out, "made until") {
		t.Errorf("status: %s", out)
	}
	if s := r.query(`SELECT temp_c FROM air`); len(s) != 1 || len(s[0].Values) != 10 {
		t.Errorf("stored: %v, want 10 readings", s)
	}

	r.must("initiative,id,date,value,comune,note\nroma,population,2025-01-01,2750000,,ISTAT\nroma,population,2024-01-01,2740000,,ISTAT\n", "facts", "import", "-")
	if out := r.must("", "facts", "list", "--initiative", "roma"); strings.Count(out, "population") != 2 {
		t.Errorf("facts: %s", out)
	}
	if _, errs, code := r.run("initiative,id,date,value\nroma,population,soon,1\n", "facts", "import", "-"); code != exitFailed || !strings.Contains(errs, "line 2") {
		t.Errorf("a bad fact: %d %s", code, errs)
	}
	r.await("the fact beside the indicators", 30*time.Second, func() bool {
		rows := r.query(`SELECT last(value) FROM indicator WHERE initiative = 'roma' AND id = 'population'`)
		return len(rows) == 1 && rows[0].Values[0][1] == int64(2750000)
	})

	r.factsTakenBack()
	r.windowsAgain(noon)

	if out := r.must("", "retention", "plan"); strings.Contains(out, "changes") || !strings.Contains(out, "90 days") || !strings.Contains(out, "1825 days") || !strings.Contains(out, "for ever") {
		t.Errorf("retention: %s", out)
	}
}

// factsTakenBack takes back the newest fact of TestHistory, and a wrong one.
func (r *rig) factsTakenBack() {
	r.t.Helper()
	remove := func(code int, want string, args ...string) {
		r.t.Helper()
		if _, errs, got := r.run("", append([]string{"facts", "remove", "--initiative", "roma"}, args...)...); got != code || !strings.Contains(errs, want) {
			r.t.Errorf("remove %v: exit %d, %s; want %d, %q", args, got, errs, code, want)
		}
	}
	remove(exitUsage, "date", "--id", "population")
	remove(exitFailed, "no such fact", "--id", "population", "--date", "2023-01-01")
	remove(exitFailed, "2026-01-31", "--id", "population", "--date", "2023-02-30")
	remove(0, "", "--id", "population", "--date", "2025-01-01")
	if out := r.must("", "facts", "list", "--initiative", "roma"); strings.Count(out, "population") != 1 {
		r.t.Errorf("facts: %s", out)
	}
	r.await("the fact of before", 30*time.Second, func() bool {
		rows := r.query(`SELECT last(value) FROM indicator WHERE initiative = 'roma' AND id = 'population'`)
		return len(rows) == 1 && rows[0].Values[0][1] == int64(2740000)
	})
	if rows := r.query(`SELECT value FROM "city_1d".."indicator" WHERE id = 'population' AND time > '2024-06-01' AND time < '2025-06-01'`); len(rows) != 0 {
		r.t.Errorf("the day of the fact that was taken back: %v", rows)
	}
	_, trail := r.ask("/v1/audit?limit=1000")
	for _, want := range []string{`"admin","action":"facts.put","subject":"roma/population","detail":"2 facts of 2024-01-01 to 2025-01-01"`, `"facts.remove","subject":"roma/population","detail":"2025-01-01: 2750000"`} {
		if !strings.Contains(string(trail), want) {
			r.t.Errorf("the audit log has no %s: %s", want, trail)
		}
	}
	if _, errs, code := r.run("initiative;id;date;value\nroma;a;2026-01-01;2,5\nroma;a;2026-01-01;3\n\"ro\"ma;b;2026-01-01;1\n", "facts", "import", "-"); code != exitFailed ||
		!strings.Contains(errs, "line 3: the same") || !strings.Contains(errs, "line 4") {
		r.t.Errorf("bad facts: %d %s", code, errs)
	}
}

// windowsAgain corrects the expected interval of the device of TestHistory and
// orders its windows again.
func (r *rig) windowsAgain(noon time.Time) {
	r.t.Helper()
	since := noon.Format(time.RFC3339)
	valid := func() string {
		var page api.ReadingPage
		r.get(fmt.Sprintf("/v1/readings?device=air-old&level=1h&start=%s&end=%s", since, noon.Add(time.Hour).Format(time.RFC3339)), &page)
		if len(page.Readings) != 1 {
			return fmt.Sprintf("%d hours", len(page.Readings))
		}
		return fmt.Sprint(page.Readings[0].Fields["temp_c_n"], " ", page.Readings[0].Fields["temp_c_valid_pct"])
	}
	r.must("device_id,kind,comune,interval_s\nair-old,air,058091,450\n", "devices", "import", "-")
	f := func(code int, out, errs string, args ...string) {
		r.t.Helper()
		gotOut, gotErrs, gotCode := r.run("", append([]string{"rollup", "redo"}, args...)...)
		if gotCode != code || !strings.Contains(gotOut, out) || !strings.Contains(gotErrs, errs) {
			r.t.Errorf("redo %v: exit %d, %q, %q; want %d, %q, %q", args, gotCode, gotOut, gotErrs, code, out, errs)
		}
	}
	f(exitUsage, "", "--since")
	f(exitUsage, "", "--until", "--since", "7d", "--until", "tomorrow")
	f(exitUsage, "", "not both", "--since", "7d", "--device", "air-old", "--comune", "058091")
	f(exitFailed, "", "rione devices list", "--since", "7d", "--device", "nobody")
	f(exitFailed, "", "no device ever stood", "--since", "7d", "--comune", "082053")
	f(exitFailed, "", "until is not after since", "--since", "1h", "--until", "2h")
	f(0, "nothing to do", "", "--since", "30d", "--until", "29d")
	f(0, "dry run, nothing is ordered: 1 devices", "", "--since", since, "--device", "air-old", "--dry-run")
	f(0, "2 devices", "", "--since", "start", "--comune", "058091", "--dry-run")
	if got := valid(); got != "4 100" {
		r.t.Errorf("after dry runs the hour has %s %% of its readings", got)
	}
	f(0, `"devices": 1`, "", "--since", since, "--until", noon.Add(20*time.Minute).Format(time.RFC3339), "--device", "air-old", "--json")
	r.await("the hour to be made again", 90*time.Second, func() bool { return valid() == "4 50" })
}
