package dashboards

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// Whoever writes an initiative's file reads where it is wrong, and what to do.
func TestWrongFilesNameTheirLines(t *testing.T) {
	f := func(want, old, replacement string) {
		t.Helper()
		if !strings.Contains(goodInitiative, old) {
			t.Fatalf("%s is not there to be spoilt", old)
		}
		_, err := load(map[string]string{"prova.json": strings.Replace(goodInitiative, old, replacement, 1)})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	// The second line holds the names, the fourth the comuni, the sixth the indicator.
	f("prova.json:2: this is not JSON", `"title":`, `"title"`)
	f("prova.json:2: title: it is needed in both languages", `"en": "Test"`, `"en": ""`)
	f(`prova.json:4: unknown field "license"`, `"licence"`, `"license"`)
	f("prova.json:4: publication_delay_h cannot be a string", `"publication_delay_h": 24`, `"publication_delay_h": "24"`)
	f(`prova.json:4: split "region"`, `"split": "zone"`, `"split": "region"`)
	f("prova.json:4: comuni: at least one ISTAT code", `"058091"`, `"Roma"`)
	f(`prova.json:4: it leads to "wlan", and there is no such page; there are city, `, `["wifi"]`, `["wlan"]`)
	f(`prova.json:6: indicator "up": the target 89 does not lie in the direction up from the baseline 90`, `"target": 99`, `"target": 89`)
	f(`prova.json:6: indicator "up": no Grafana unit is known for "parsec"; there are % By`, `"unit": "%"`, `"unit": "parsec"`)
	f(`prova.json:6: indicator "up": as "mode"`, `"availability"`, `"mode"`)
	f(`prova.json:6: indicator "up": measurement "wifi"`, `"measurement": "wifi_ap"`, `"measurement": "wifi"`)
	f(`prova.json:6: indicator "up": measurement wifi_ap has no field "service"`, `"field": "up"`, `"field": "service"`)
	f("prova.json:8: the file ends too early", "}]\n}", "}]\n\n")
	f("prova.json:9: more stands here after the end", "}]\n}", "}]\n} {}")
}

func TestAllThatIsWrongWithAFolderIsTold(t *testing.T) {
	twice := strings.Replace(goodInitiative, "\t}]", "\t}, {\n\t\t\"id\": \"up\"\n\t}]", 1)
	_, err := load(map[string]string{
		"a.json": "", "b.json": strings.Replace(goodInitiative, `"zone"`, `"region"`, 1),
		"c.json": goodInitiative, "d.json": goodInitiative, "e.json": twice,
	})
	if err == nil {
		t.Fatal("nothing is wrong")
	}
	for _, want := range []string{
		"a.json:1: the file is empty\n", "b.json:4: split", `d.json:2: id "prova": c.json has it too`,
		`e.json:6: indicator "up": a title in both languages and an owner are needed`, `e.json:6: indicator "up": it is given before`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not said by\n%v", want, err)
		}
	}
	if _, err := load(map[string]string{"README.md": "none"}); err == nil || !strings.Contains(err.Error(), "write one for each initiative") {
		t.Errorf("an empty folder: %v", err)
	}
	if _, err := LoadInitiatives(os.DirFS(filepath.Join(t.TempDir(), "nowhere"))); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("no folder: %v", err)
	}
}

// What is written to begin with is what rione brings, and replaces nothing.
func TestExportedInitiativesLoad(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "mine")
	n, err := ExportInitiatives(dir)
	if err != nil {
		t.Fatal(err)
	}
	read, err := LoadInitiatives(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	shipped, err := ShippedInitiatives()
	if err != nil || n != len(shipped) || !reflect.DeepEqual(read, shipped) {
		t.Errorf("%d files, %v: %d initiatives differ from those that rione brings", n, err, len(read))
	}
	if _, err := ExportInitiatives(dir); err == nil || !strings.Contains(err.Error(), "there already") {
		t.Errorf("a second export: %v", err)
	}
}

// Every page that an initiative may name is one that there is.
func TestPageNamesAreUnique(t *testing.T) {
	names := pageNames()
	slices.Sort(names)
	if len(names) < 20 || len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Errorf("%d pages: %v", len(names), names)
	}
}
