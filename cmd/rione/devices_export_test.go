package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rione/api"
)

// A registry with a moved device, a home, a pending device and a secret is
// exported in every format, before the first start and from the running rione;
// imported again each file changes nothing, and an empty folder gets the same.
func TestDevicesExportAndImport(t *testing.T) {
	const file = "device_id,kind,comune,name,lat,lon,external_id,secret,premises,valid_from,state,calibrations\n" +
		"air-1,air,058091,\"Piazza Venezia, lato sud\",41.895,12.482,AB12,a-secret-of-air-1,,1970-01-01T00:00:00Z,,\"[{\"\"field\"\":\"\"temp_c\"\",\"\"gain\"\":1,\"\"offset\"\":-2}]\"\n" +
		"air-1,air,058091,\"Piazza Venezia, lato sud\",41.905,12.492,AB12,,,2025-11-05T00:00:00Z,,\n" +
		"bin-1,bin,058091,,41.9,12.5,,,,,pending,\n" +
		"home-1,bb_node,058091,,41.89,12.47,,,true,,,\n" +
		"noise-1,noise,058091,,,,,,,,,\n"
	r := newRig(t)
	r.must(file, "devices", "import", "-")
	dir := t.TempDir()
	check := func(when string) {
		t.Helper()
		for _, ending := range []string{"csv", "geojson", "ndjson"} {
			name := filepath.Join(dir, when+"."+ending)
			r.must("", "devices", "export", name)
			text, err := os.ReadFile(name)
			if err != nil || strings.Contains(string(text), "a-secret") || !strings.Contains(string(text), "lato sud") || !strings.Contains(string(text), "temp_c") {
				t.Fatalf("%s: %v %s", name, err, text)
			}
			if out := r.must("", "devices", "export", "--format", ending); out != string(text) {
				t.Errorf("%s: standard output has\n%s", name, out)
			}
			for _, flags := range [][]string{{"--dry-run"}, nil} {
				var got api.ImportResult
				out := r.must("", append([]string{"devices", "import", name, "--json"}, flags...)...)
				if err := json.Unmarshal([]byte(out), &got); err != nil || got.Unchanged != 4 || got.Added+got.Changed+got.Moved != 0 {
					t.Errorf("%s imported again: %v %s", name, err, out)
				}
			}
			other := newRig(t)
			other.must("", "devices", "import", name)
			if again := other.must("", "devices", "export", "--format", ending); again != string(text) {
				t.Errorf("%s in an empty folder became\n%s", name, again)
			}
		}
	}
	check("before")
	r.up()
	check("running")
	if out := r.must("", "devices", "export", "--format", "ndjson", "--kind", "noise"); out != `{"comune":"058091","device_id":"noise-1","kind":"noise","premises":"false"}`+"\n" {
		t.Errorf("NDJSON of one kind: %s", out)
	}
	if _, errs, code := r.run("device_id,kind,comune\nair-9,air,058091\nA B,air,058091\n", "devices", "import", "-"); code != 1 ||
		!strings.Contains(errs, "line[3].device_id") || !strings.Contains(errs, "nothing was imported") || strings.Contains(errs, "reading the file") {
		t.Errorf("a bad line for the running rione: exit %d, %s", code, errs)
	}
	if _, errs, code := r.run("", "devices", "show", "air-9"); code != 1 {
		t.Errorf("of a file with a bad line something was imported: exit %d %s", code, errs)
	}
	r.must("", "devices", "retire", "noise-1")
	if out, errs, code := r.run("device_id,kind,comune\nnoise-1,noise,058091\n", "devices", "import", "-"); code != 0 || !strings.HasSuffix(out, "1 unchanged\n") ||
		!strings.Contains(errs, "1 of them are retired and stay so (noise-1)") || !strings.Contains(errs, "--retired=false") {
		t.Errorf("a retired device imported again: exit %d, %s%s", code, out, errs)
	}
	if out := r.must("", "devices", "export", "--retired", "--kind", "noise"); !strings.Contains(out, "noise-1") || !strings.Contains(out, "retired") {
		t.Errorf("with retired devices: %s", out)
	}
	if out := r.must("", "devices", "export", "--comune", "015146"); strings.Count(out, "\n") != 1 {
		t.Errorf("of another comune: %s", out)
	}
}

func TestDevicesExportRefuses(t *testing.T) {
	r := newRig(t)
	f := func(want string, code int, args ...string) {
		t.Helper()
		if _, errs, got := r.run("", append([]string{"devices"}, args...)...); got != code || !strings.Contains(errs, want) {
			t.Errorf("%v: exit %d, %s; want %d and %q", args, got, errs, code, want)
		}
	}
	f("there is no format xlsx", 2, "export", "--format", "xlsx")
	f("there is no format txt", 2, "export", filepath.Join(t.TempDir(), "devices.txt"))
	f("accepts at most 1 arg", 2, "export", "a.csv", "b.csv")
	f("no such file or directory", 1, "export", filepath.Join(t.TempDir(), "nowhere", "devices.csv"))
	bad := filepath.Join(t.TempDir(), "bad.geojson")
	if err := os.WriteFile(bad, []byte(`{"type":"FeatureCollection","features":[{"type":"Feature","geometry":null,"properties":{"device_id":"A B","kind":"air","comune":"058091"}}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	f("feature 1", 1, "import", bad)
}

// A file that could not be written whole is not there, and what stood there before
// is.
func TestWholeFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "devices.csv")
	r := newRig(t)
	r.must("device_id,kind,comune\nair-1,air,058091\n", "devices", "import", "-")
	if err := os.WriteFile(name, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, code := r.run("", "devices", "export", name, "--format", "xlsx"); code != 2 {
		t.Errorf("exit %d", code)
	}
	if text, err := os.ReadFile(name); err != nil || string(text) != "before" {
		t.Errorf("%v %s", err, text)
	}
	r.must("", "devices", "export", name)
	left, err := os.ReadDir(filepath.Dir(name))
	if err != nil || len(left) != 1 {
		t.Errorf("%v: %v is left", err, left)
	}
}
