package dashboards

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew; then review them by eye")

// TestGolden compares the export with files that were reviewed by eye. These pages
// hold every kind of panel, variable and matrix.
func TestGolden(t *testing.T) {
	set := testSet(t)
	dir := t.TempDir()
	if err := Export(set, dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"rione_city.json", "rione_wifi.json", "rione_light-device.json", "rione_plan-venezia.json", "rione_plan-anci.json",
		"rione_impact-roma.json", "datasources.yaml", "dashboards.yaml",
	} {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		golden := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(golden, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not as reviewed; run go test -update and look at the difference", name)
		}
	}
}

func TestExportIsTheSameTwiceAndLeavesOthersAlone(t *testing.T) {
	set := testSet(t)
	dir := t.TempDir()
	for name, stays := range map[string]bool{"rione_gone.json": false, "mine.json": true, "rione-palermo_city.json": true} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("{}"), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := Export(set, dir); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(path); (err == nil) != stays {
			t.Errorf("%s: stays %v", name, err == nil)
		}
	}
	again := t.TempDir()
	if err := Export(set, again); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(again)
	if err != nil || len(entries) != len(set.Dashboards)+2 {
		t.Fatalf("%d files, %v", len(entries), err)
	}
	for _, e := range entries {
		a, errA := os.ReadFile(filepath.Join(dir, e.Name()))
		b, errB := os.ReadFile(filepath.Join(again, e.Name()))
		if errA != nil || errB != nil || !bytes.Equal(a, b) {
			t.Errorf("%s differs", e.Name())
		}
		if bytes.Contains(a, []byte("reader:secret")) {
			t.Errorf("%s holds a secret", e.Name())
		}
	}
}

func TestExportSaysWhatIsWrong(t *testing.T) {
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Export(testSet(t), blocked); err == nil {
		t.Error("exported into a file")
	}
	if err := Export(Set{Label: "NO"}, t.TempDir()); err == nil {
		t.Error("exported an invalid set")
	}
}
