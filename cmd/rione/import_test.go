package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rione/api"
	"rione/ingest/schema"
	"rione/ingest/webhook"
)

// failingDoor knows air-1 and a pending and a retired device, takes messages until
// it breaks, and says once that it is busy.
type failingDoor struct {
	asked []string // devices
	takes int      // requests until it breaks; negative: it does not
	busy  bool
	seen  map[string]int // readings by their time
}

func (d *failingDoor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if id, asks := strings.CutPrefix(r.URL.Path, "/v1/devices/"); asks {
		d.device(w, id)
		return
	}
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

func (d *failingDoor) device(w http.ResponseWriter, id string) {
	d.asked = append(d.asked, id)
	switch id {
	case "air-1", "air-new", "air-old":
		_ = json.NewEncoder(w).Encode(api.DeviceView{DeviceID: id, Pending: id == "air-new", Retired: id == "air-old"})
	case "air-pa":
		_ = json.NewEncoder(w).Encode(api.DeviceView{DeviceID: id, Comune: "082053"})
	case "air-down":
		w.WriteHeader(http.StatusInternalServerError)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

// brought brings a file in at a door, and returns what was printed.
func brought(t *testing.T, door http.Handler, file string, change func(*importer)) (out, errs string, err error) {
	t.Helper()
	server := httptest.NewServer(door)
	defer server.Close()
	var stdout, stderr bytes.Buffer
	c := &client{base: server.URL}
	i := &importer{client: c, check: newChecker(c, keptNinetyDays, importTime()), rate: 1e9, out: &stdout, errs: &stderr}
	if change != nil {
		change(i)
	}
	err = i.file(t.Context(), file, nil)
	return stdout.String(), stderr.String(), err
}

// keptNinetyDays is how long stores keep points: Palermo's readings for thirty days, all
// others' for ninety.
func keptNinetyDays(comune string) schema.Retention {
	const day = 24 * time.Hour
	if comune == "082053" {
		return schema.Retention{Raw: 30 * day}
	}
	return schema.Retention{Raw: 90 * day}
}

// importTime is when the tests bring history in.
func importTime() time.Time { return time.Date(2023, 12, 1, 0, 0, 0, 0, time.UTC) }

func fileOf(t *testing.T, lines ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "old.csv")
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// What the store of a device's comune no longer keeps is refused, and not what others
// keep for longer.
func TestImportIsHeldToTheStoreOfTheComune(t *testing.T) {
	f := func(device string, daysAgo int, want string) {
		t.Helper()
		at := importTime().AddDate(0, 0, -daysAgo).Format(time.RFC3339)
		file := fileOf(t, "time,device_id,measurement,temp_c", at+","+device+",air,20")
		_, errs, err := brought(t, &failingDoor{takes: -1, seen: map[string]int{}}, file, func(i *importer) { i.dry = true })
		if (err != nil) != (want != "") || !strings.Contains(errs, want) {
			t.Errorf("%s, %d days ago: %v, %q; want %q", device, daysAgo, err, errs, want)
		}
	}
	f("air-1", 29, "")
	f("air-1", 89, "")
	f("air-1", 91, "longer ago than readings are kept, 90 days")
	f("air-pa", 29, "")
	f("air-pa", 31, "longer ago than readings are kept, 30 days")
	f("air-old", 91, "is retired")
}

// An import that is stopped goes on after the last request that was taken: every
// reading is brought in once.
func TestImportStopsAndGoesOn(t *testing.T) {
	const readings = 3*readingsTogether + 10
	lines := []string{"time,device_id,measurement,temp_c"}
	for i := range readings {
		lines = append(lines, fmt.Sprintf("%d,air-1,air,%d", 1_700_000_000+i, i%30))
	}
	file := fileOf(t, lines...)
	door := &failingDoor{takes: 2, busy: true, seen: map[string]int{}}
	run := func() (out, errs string, err error) { return brought(t, door, file, nil) }
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

// A line that says nothing of its own, what stands beside fields, and spreadsheets
// of Italy.
func TestImportLinesAsOthersWriteThem(t *testing.T) {
	f := func(first, line, want string) {
		t.Helper()
		read, _, err := readerOf("", []byte(first))
		if err != nil {
			t.Fatalf("%q: %v", first, err)
		}
		m, err := read([]byte(line))
		b, _ := json.Marshal(m)
		if err != nil || string(b) != want {
			t.Errorf("%q: %s, %v; want %s", line, b, err, want)
		}
	}
	const at = `"device_id":"air-1","ts":"2025-11-22T06:00:00Z"}`
	const lp = "air,device_id=air-1,comune=058091,zone=Municipio\\ I,s2_cell_id=132f61"
	f(lp, "CREATE DATABASE city WITH NAME autogen", "null")
	f("CREATE DATABASE city WITH NAME autogen", lp+" temp_c=20 1763791200000000000", `{"air":[{"temp_c":20}],`+at)
	f(lp+" q=0i 1", lp+" q=0i 1763791200000000000", "null")
	f(lp+" q=0i 1", lp+" lat=41.9 1763791200000000000", "null")
	f(lp+" q=0i 1", lp+" temp_c=20,lat=41.9,lon=12.5 1763791200000000000", `{"air":[{"temp_c":20}],"device_id":"air-1","lat":41.9,"lon":12.5,"ts":"2025-11-22T06:00:00Z"}`)
	f("{}", `{"time":"2025-11-22T06:00:00Z","device_id":"air-1","comune":"058091","measurement":"air","lat":41.9,"lon":12.5,"q":48,"fields":{"temp_c":20},"tags":{"grade":"reference"}}`,
		`{"air":[{"grade":"reference","temp_c":20}],"device_id":"air-1","lat":41.9,"lon":12.5,"ts":"2025-11-22T06:00:00Z"}`)

	const head = "\ufefftime;device_id;measurement;temp_c [°F]; rh_pct ;grade"
	f(head, "1763791200;air-1;air;68,0;48,25;", `{"air":[{"rh_pct":"48.25","temp_c":20}],`+at)
	f(head, "1763791200; air-1 ;air;-40;,5;1,5 m", `{"air":[{"grade":"1,5 m","rh_pct":".5","temp_c":-40}],`+at)
	f(head, "1763791200;air-1;air;;1.234,5;", `{"air":[{"rh_pct":"1.234,5"}],`+at) // is refused by normalization
	f("time,device_id,measurement,no2_ugm3 [ppb],pm10_ugm3 [mg/m3]", "1763791200,air-1,air,,0.02", `{"air":[{"pm10_ugm3":20}],`+at)
	f("time,device_id,measurement,temp_c", `1763791200,air-1,air,"20,5"`, `{"air":[{"temp_c":"20,5"}],`+at)
}

func TestImportHeaders(t *testing.T) {
	_, _, err := brought(t, &failingDoor{seen: map[string]int{}}, fileOf(t, "# of 2023", "time,device_id,temp_c", "1,air-1,2"), nil)
	if err == nil || !strings.HasPrefix(err.Error(), "line 2: ") || strings.Contains(err.Error(), "go on") {
		t.Errorf("a file whose header has to be mended: %v", err)
	}
	f := func(header string, want ...string) {
		t.Helper()
		_, _, err := readerOf("csv", []byte(header))
		for _, w := range want {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %v, want %q", header, err, w)
			}
		}
	}
	f("time,device_id,temp_c", `no column "measurement"`)
	f("temp_c", `no column "time"`, `no column "device_id"`, `no column "measurement"`)
	f("time,device_id,measurement,temp_c,temp_c [°F]", `the column "temp_c" twice`)
	f("time,device_id,measurement,temp_c [°X]", "temp_c [°X]", "unit is not known")
	f(`time,"device_id`, "cannot be read")
}

// What cannot be stored is told by line, field and reason, and left out.
func TestImportChecksLines(t *testing.T) {
	const first = "2023-11-20T08:00:00Z"
	file := fileOf(t, "time,device_id,measurement,temp_c,rh_pct,grade",
		first+",air-1,air,20,,",
		first+",air-1,air,hot,50,",
		first+`,air-1,air,"20,5",50,`,
		first+",air-1,air,20 kg,50,",
		first+",air-1,air,900,50,",
		first+",air-1,air,NaN,,",
		first+",air-1,air,20,50,golden",
		first+",nobody,air,20,50,",
		first+",nobody,air,21,50,",
		first+",air-new,air,20,50,",
		first+",air-old,air,20,50,",
		"2024-01-01T00:00:00Z,air-1,air,20,50,",
		"2023-01-01T00:00:00Z,air-1,air,20,50,",
	)
	want := []string{
		"line 3: temp_c: is a text, and the field is a number",
		"line 4: temp_c: is a text",
		"line 5: temp_c: is a text",
		"line 6: air.temp_c: 900 is set aside as suspect",
		"line 7: temp_c: not a finite number",
		"line 8: grade: ",
		"line 9: device_id: nobody is not registered",
		"line 10: device_id: nobody is not registered",
		"line 11: device_id: air-new waits for approval",
		"line 12: device_id: air-old is retired",
		"line 13: device time 2024-01-01T00:00:00Z is in the future",
		"line 14: time: 2023-01-01T00:00:00Z is longer ago than readings are kept, 90 days; raise RIONE_RETENTION_RAW",
	}
	for _, dry := range []bool{true, false} {
		door := &failingDoor{takes: 1, seen: map[string]int{}}
		out, errs, err := brought(t, door, file, func(i *importer) { i.dry = dry })
		told := strings.Split(strings.TrimSpace(errs), "\n")
		if !dry {
			told = told[:len(told)-1] // how far it is
		}
		if len(told) != len(want) {
			t.Fatalf("dry %v: told\n%s", dry, errs)
		}
		for k, w := range want {
			if !strings.HasPrefix(told[k], w) {
				t.Errorf("dry %v: told %q, want %q", dry, told[k], w)
			}
		}
		summary, seen := "2 readings taken, 11 lines refused\n", 1
		if dry {
			summary, seen = "dry run, nothing is brought in: 2 readings, 11 lines refused\n", 0
		}
		if err == nil || out != summary || len(door.seen) != seen || door.seen["2023-11-20T08:00:00Z"] != 2*seen {
			t.Errorf("dry %v: %v, %q, seen %v", dry, err, out, door.seen)
		}
		if got := strings.Join(door.asked, " "); got != "air-1 nobody air-new air-old" {
			t.Errorf("dry %v: asked for %s; each once is enough", dry, got)
		}
	}
}

// A registry that does not answer is no reason to refuse a line.
func TestImportWithoutRegistry(t *testing.T) {
	door := &failingDoor{takes: -1, seen: map[string]int{}}
	file := fileOf(t, "time,device_id,measurement,temp_c", "2023-11-20T08:00:00Z,air-1,air,1", "2023-11-20T08:00:00Z,air-down,air,1")
	out, _, err := brought(t, door, file, nil)
	if err == nil || !strings.Contains(err.Error(), "line 3: the API answered 500") || out != "0 readings taken, 0 lines refused\n" {
		t.Errorf("%q, %v", out, err)
	}
}

// Of a file that is wrong throughout the beginning is told.
func TestImportOfAnotherFile(t *testing.T) {
	lines := []string{"time,device_id,measurement,temp_c"}
	for range mostShown + 5 {
		lines = append(lines, "yesterday,air-1,air,1")
	}
	out, errs, err := brought(t, &failingDoor{}, fileOf(t, lines...), nil)
	if err == nil || strings.Count(errs, "\n") != mostShown+1 || !strings.Contains(errs, "\n5 more lines") || out != fmt.Sprintf("0 readings taken, %d lines refused\n", mostShown+5) {
		t.Errorf("%q, %v, %d lines told", out, err, strings.Count(errs, "\n"))
	}
}

// Where the import was counts for the file that it was of.
func TestImportProgress(t *testing.T) {
	lines := []string{"time,device_id,measurement,temp_c", "2023-11-20T08:00:00Z,air-1,air,1", "2023-11-20T08:15:00Z,air-1,air,2"}
	file := fileOf(t, lines...)
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	f := func(noted, told string, taken int) {
		t.Helper()
		if err := os.WriteFile(file+".progress", []byte(noted), 0o600); err != nil {
			t.Fatal(err)
		}
		out, errs, err := brought(t, &failingDoor{takes: -1, seen: map[string]int{}}, file, nil)
		if err != nil || !strings.Contains(errs, told) || !strings.HasPrefix(out, fmt.Sprintf("%d readings taken", taken)) {
			t.Errorf("%q: %q, %q, %v; want %q and %d", noted, out, errs, err, told, taken)
		}
		if _, err := os.Stat(file + ".progress"); !os.IsNotExist(err) {
			t.Errorf("%q: the progress is left behind: %v", noted, err)
		}
	}
	f(fmt.Sprintf("2 %d %d\n", info.Size(), info.ModTime().UnixNano()), "going on after line 2", 1)
	f(fmt.Sprintf("2 %d %d\n", info.Size()+1, info.ModTime().UnixNano()), "beginning anew", 2)
	f(fmt.Sprintf("2 %d %d\n", info.Size(), info.ModTime().UnixNano()-1), "beginning anew", 2)
	f("2\n", "beginning anew", 2)
	f("", "beginning anew", 2)

	noted := fmt.Sprintf("2 %d %d\n", info.Size(), info.ModTime().UnixNano())
	if err := os.WriteFile(file+".progress", []byte(noted), 0o600); err != nil {
		t.Fatal(err)
	}
	out, _, err := brought(t, &failingDoor{}, file, func(i *importer) { i.dry = true }) // looks at all of it, and leaves no trace
	if left, _ := os.ReadFile(file + ".progress"); err != nil || !strings.Contains(out, "2 readings") || string(left) != noted {
		t.Errorf("a dry run: %q, %v, and left %q", out, err, left)
	}
}

// Progress that cannot be noted once is not noted again.
func TestProgressThatCannotBeNoted(t *testing.T) {
	p := progress{path: filepath.Join(fileOf(t), "x.progress")} // a file is no folder
	if err := p.note(1); err == nil {
		t.Error("progress is noted in a file that is no folder")
	}
	if err := errors.Join(p.note(2), p.end()); err != nil {
		t.Errorf("after that: %v", err)
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
		name, unit, _ := strings.Cut(format, " ") // of temp_c
		first := formats()[name][0]
		if unit != "" {
			first = "time,device_id,measurement,temp_c " + unit
		}
		read, _, err := readerOf(name, []byte(first))
		if err == nil {
			_, err = read([]byte(line))
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s %s: %v, want %q", format, line, err, want)
		}
	}
	f("csv", "1763791200,air-1,air", "3 cells under 5 columns")
	f("csv", "1763791200,,air,1,", "device_id: it is missing")
	f("csv", "1763791200,air-1,air,,reference", "there is no value")
	f("csv", `"`, "parse error")
	f("csv [°F]", "1763791200,air-1,air,hot", `temp_c: "hot" is no number`)
	f("csv [hPa]", "1763791200,air-1,air,1", "temp_c: unit is of another quantity")
	f("ndjson", `[]`, "no JSON object")
	f("ndjson", `{"time":1763791200,"device_id":"air-1","measurement":"event","severity":1}`, "measurement: there is none of devices")
	f("ndjson", `{"time":1763791200,"device_id":"air-1","measurement":"air","mac":"x"}`, "mac: air has no such field or tag")
	f("ndjson", `{"device_id":"air-1","measurement":"air","temp_c":1}`, `time: ""`)
	f("lp", "air,device_id=air-1 temp_c=20.5", "the line has no time")
	f("lp", "air temp_c=20.5 1763791200000000000", "device_id: it is missing")
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
		if err != nil || m == nil {
			return
		}
		delete(m, "lat") // of a thing that moves
		delete(m, "lon")
		at, err := time.Parse(time.RFC3339Nano, m["ts"].(string))
		if err != nil || at.IsZero() || m["device_id"] == "" || len(m) != 3 {
			t.Errorf("%q became %v (%v)", line, m, err)
		}
	})
}

// A file that is none is told as that: bringing it in again does not mend it, and
// nothing is summed up.
func TestImportOfNoFileOfReadings(t *testing.T) {
	f := func(want string, change func(*importer), lines ...string) {
		t.Helper()
		out, _, err := brought(t, &failingDoor{takes: -1, seen: map[string]int{}}, fileOf(t, lines...), change)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "run it again") || out != "" {
			t.Errorf("%q: %v, %q; want %q", lines, err, out, want)
		}
	}
	f(`line 1: the header line has no column "time"`, nil, "garbage")
	f(`line 2: the header line has no column "measurement"`, nil, "", "time,device_id,temp_c", "1700000000,air-1,20")
	f("say csv, ndjson or lp", func(i *importer) { i.format = "xml" }, "<a/>")
}
