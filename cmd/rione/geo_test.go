package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rione/api"
)

const (
	zonesFile = `{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"nome":"Municipio I","DEN_RIONE":"Monti"},"geometry":{"type":"Polygon","coordinates":[[[12.4,41.85],[12.55,41.85],[12.55,41.95],[12.4,41.95],[12.4,41.85]]]}},
{"type":"Feature","properties":{"nome":"Municipio II","DEN_RIONE":"Prati"},"geometry":{"type":"Polygon","coordinates":[[[12.6,41.85],[12.7,41.85],[12.7,41.95],[12.6,41.95],[12.6,41.85]]]}},
{"type":"Feature","properties":{"nome":"broken","DEN_RIONE":"broken"},"geometry":{"type":"Polygon","coordinates":[[[12,41],[13,41]]]}}]}`
	inMunicipioI, inMunicipioII = "41.8902,12.4922", "41.9,12.65"
)

// A municipality's own file of its zones need not name the municipality, and
// what is wrong in it does not keep the rest out: before the first start as on a
// running rione.
func TestGeoImport(t *testing.T) {
	r := newRig(t)
	file := filepath.Join(t.TempDir(), "Municipi di Roma_2026.geojson")
	if err := os.WriteFile(file, []byte(zonesFile), 0o600); err != nil {
		t.Fatal(err)
	}
	f := func(code int, want string, args ...string) {
		t.Helper()
		out, errs, got := r.run("", append([]string{"geo"}, args...)...)
		if got != code || !strings.Contains(out+errs, want) {
			t.Errorf("rione geo %q: exit %d, %s%s; want %d, %q", args, got, out, errs, code, want)
		}
	}
	f(exitFailed, "names no comune", "import", file)
	f(exitFailed, "`rione geo import --help`", "import", file)
	f(exitUsage, "--comune", "import", file, "--property", "nome")
	f(exitUsage, "--comune is \"Roma\"", "import", file, "--comune", "Roma")
	f(exitUsage, "such as roma-2026", "import", file, "--name", "Roma 2026")
	f(exitFailed, "no such file", "import", file+"x")
	f(exitFailed, "names no zone: it needs a property colour", "import", file, "--comune", "058091", "--property", "colour")
	if _, err := os.Stat(r.dir); !os.IsNotExist(err) {
		t.Errorf("what was not imported left a data folder: %v", err)
	}

	f(0, "left out: feature 3 (broken)", "import", file, "--comune", "058091", "--property", "DEN_RIONE")
	f(0, "058091 Monti", "locate", inMunicipioI)
	r.up()
	f(0, "058091 Prati", "locate", inMunicipioII)
	f(0, "2 boundaries loaded as municipi-di-roma-2026, 1 left out", "import", file, "--comune", "058091")
	f(0, "058091 Municipio I\n", "locate", inMunicipioI)
	f(0, "058091 Municipio II\n", "locate", inMunicipioII)
	f(0, "-\n", "locate", "41.8,12.5")
	r.must("device_id,kind,comune,lat,lon\nair-1,air,058091,"+inMunicipioI+"\n", "devices", "import", "-")
	f(0, "municipi-di-roma-2026", "list")
	f(exitFailed, "`rione geo list` names", "remove", "nowhere")
	f(0, "", "remove", "municipi-di-roma-2026")
	r.await("the zones to be gone", 20*time.Second, func() bool { return r.must("", "geo", "locate", inMunicipioI) == "-\n" })
	f(0, "[]", "list", "--json")
	var trail api.AuditPage
	r.get("/v1/audit", &trail)
	var actions []string
	for _, e := range trail.Entries {
		actions = append(actions, e.Action+" "+e.Who)
	}
	if got := strings.Join(actions, ", "); got != "geo.import command line, geo.import admin, devices.register admin, geo.remove admin" {
		t.Errorf("audit log is %s", got)
	}
	if out := r.must("", "devices", "show", "air-1"); !strings.Contains(out, `"zone": "Municipio I"`) {
		t.Errorf("a device there has no zone:\n%s", out)
	}
}

func TestPlainName(t *testing.T) {
	f := func(path, want string) {
		t.Helper()
		if got := plainName(path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	f("comuni-regione-12.geojson", "comuni-regione-12")
	f("/a/b/Comuni 2026_01.json", "comuni-2026-01")
	f("Città.geojson", "citt")
	f("-", "boundaries")
	f("…", "boundaries")
	f(strings.Repeat("x", 100)+".geojson", strings.Repeat("x", 64))
}
