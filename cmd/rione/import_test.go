package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"rione/ingest/webhook"
)

// failingDoor takes messages until it breaks, and says once that it is busy.
type failingDoor struct {
	takes int // requests until it breaks; negative: it does not
	busy  bool
	seen  map[string]int // readings by their time
}

func (d *failingDoor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get(webhook.HistoryHeader) != "true" {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	if d.busy {
		d.busy = false
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	if d.takes == 0 {
		panic(http.ErrAbortHandler)
	}
	d.takes--
	var list []struct {
		TS string `json:"ts"`
	}
	if err := json.NewDecoder(r.Body).Decode(&list); err != nil {
		w.WriteHeader(http.StatusUnprocessableEntity)
		return
	}
	for _, m := range list {
		d.seen[m.TS]++
	}
	w.WriteHeader(http.StatusAccepted)
}

// An import that is stopped goes on after the last request that was taken: every
// reading is brought in once.
func TestImportStopsAndGoesOn(t *testing.T) {
	const readings = 3*readingsTogether + 10
	lines := []string{"time,device_id,measurement,temp_c"}
	for i := range readings {
		lines = append(lines, fmt.Sprintf("%d,air-1,air,%d", 1_700_000_000+i, i%30))
	}
	file := filepath.Join(t.TempDir(), "old.csv")
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	door := &failingDoor{takes: 2, busy: true, seen: map[string]int{}}
	server := httptest.NewServer(door)
	defer server.Close()
	run := func() (out, errs string, err error) {
		var stdout, stderr bytes.Buffer
		cmd := &cobra.Command{}
		cmd.SetOut(&stdout)
		i := &importer{client: &client{base: server.URL}, rate: 1e9, errs: &stderr}
		err = i.file(t.Context(), cmd, file)
		return stdout.String(), stderr.String(), err
	}
	out, errs, err := run()
	if err == nil || !strings.Contains(err.Error(), "run it again to go on") || !strings.HasPrefix(out, "1000 readings taken") || !strings.Contains(errs, "rione is busy") {
		t.Errorf("a door that breaks: %v, %q, %q", err, out, errs)
	}
	door.takes = -1
	out, errs, err = run()
	if err != nil || out != "510 readings taken, 0 lines refused\n" || !strings.Contains(errs, "going on after line 1001;") {
		t.Errorf("going on: %v, %q, %q", err, out, errs)
	}
	if len(door.seen) != readings {
		t.Errorf("%d readings came, want %d", len(door.seen), readings)
	}
	for at, n := range door.seen {
		if n != 1 {
			t.Errorf("the reading of %s came %d times", at, n)
		}
	}
	if _, err := os.Stat(file + ".progress"); !os.IsNotExist(err) {
		t.Errorf("the progress is left behind: %v", err)
	}
}

func TestImportTimes(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		got, err := timeOf(text)
		if s := got.UTC().Format(time.RFC3339Nano); err == nil && s != want || err != nil && want != "" {
			t.Errorf("%q is %s, %v; want %q", text, s, err, want)
		}
	}
	f("2026-03-01T08:00:00+01:00", "2026-03-01T07:00:00Z")
	f("1763791200", "2025-11-22T06:00:00Z")
	f("1763791200123", "2025-11-22T06:00:00.123Z")
	f("1763791200123456", "2025-11-22T06:00:00.123456Z")
	f("1763791200123456789", "2025-11-22T06:00:00.123456789Z")
	f("99999999999", "5138-11-16T09:46:39Z")
	f("2026-03-01T08:00:00", "")
	f("2026-03-01", "")
	f("-5", "")
	f("0", "")
	f("1e9", "")
	f("", "")
}

// formats are a first line of each format, and one that follows.
func formats() map[string][2]string {
	return map[string][2]string{
		"csv":    {"time,device_id,measurement,temp_c,grade", "1763791200,air-1,air,20.5,reference"},
		"ndjson": {`{"time":1763791200,"device_id":"air-1","measurement":"air","temp_c":20.5,"grade":"reference"}`, `{"ts":"2026-03-01T08:00:00Z","device_id":"air-1","measurement":"air","temp_c":"20.5"}`},
		"lp":     {"air,device_id=air-1,grade=reference temp_c=20.5,q=0i 1763791200000000000", "air,device_id=air-1,comune=058091 temp_c=20i 1763791200000000000"},
	}
}

func TestImportLines(t *testing.T) {
	for name, lines := range formats() {
		read, header, err := readerOf("", []byte(lines[0]))
		if err != nil || header != (name == "csv") {
			t.Fatalf("%s: %v, %v", name, header, err)
		}
		for _, line := range lines[1:] {
			if m, err := read([]byte(line)); err != nil || m["device_id"] != "air-1" {
				t.Errorf("%s: %v, %v", name, m, err)
			}
		}
	}
	f := func(format, line, want string) {
		t.Helper()
		read, _, err := readerOf(format, []byte(formats()[format][0]))
		if err == nil {
			_, err = read([]byte(line))
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s %s: %v, want %q", format, line, err, want)
		}
	}
	f("csv", "1763791200,air-1,air", "3 cells under 5 columns")
	f("csv", "1763791200,,air,1,", "device_id is missing")
	f("csv", "1763791200,air-1,air,,reference", "there is no value")
	f("csv", `"`, "parse error")
	f("ndjson", `[]`, "no JSON object")
	f("ndjson", `{"time":1763791200,"device_id":"air-1","measurement":"event","severity":1}`, "there is none of devices")
	f("ndjson", `{"time":1763791200,"device_id":"air-1","measurement":"air","mac":"x"}`, "no field or tag")
	f("ndjson", `{"device_id":"air-1","measurement":"air","temp_c":1}`, "time")
	f("lp", "air,device_id=air-1 temp_c=20.5", "the line has no time")
	f("lp", "air temp_c=20.5 1763791200000000000", "device_id is missing")
	f("lp", "air,device_id", "no line protocol")
	f("lp", "# a remark", "no line protocol")
	for format, header := range map[string]string{"csv": "time,device_id,temp_c", "parquet": "PAR1"} {
		if _, _, err := readerOf(format, []byte(header)); err == nil {
			t.Errorf("%s with %q is read", format, header)
		}
	}
}

// FuzzImportLines reads any line in every format: it is refused, or a message
// of one reading that the door takes.
func FuzzImportLines(f *testing.F) {
	for name, lines := range formats() {
		for _, line := range lines {
			f.Add(name, []byte(lines[0]), []byte(line))
		}
	}
	f.Add("", []byte("time,device_id,measurement,\""), []byte("1,2,3,\"\n"))
	f.Add("lp", []byte("x"), []byte("air,device_id=a\\ b temp_c=NaN,q=1i -9223372036854775808"))
	f.Fuzz(func(t *testing.T, format string, first, line []byte) {
		read, _, err := readerOf(format, first)
		if err != nil {
			return
		}
		m, err := read(line)
		if err != nil {
			return
		}
		at, err := time.Parse(time.RFC3339Nano, m["ts"].(string))
		if err != nil || at.IsZero() || m["device_id"] == "" || len(m) != 3 {
			t.Errorf("%q became %v (%v)", line, m, err)
		}
	})
}
