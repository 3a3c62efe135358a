package opendata

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"rione/devices"
)

// catalogueRig publishes one set of each form.
func catalogueRig(t testing.TB) *rig {
	t.Helper()
	r := newRig(t, append(crowd(), device("air-1", devices.Air, offset(0), every(24*time.Hour)), device("air-2", devices.Air, offset(1), every(24*time.Hour)))...)
	r.publish("air", "air", Single, 0, func(p *Publication) { p.Contact = "dati@comune.example"; p.Licence = "CC0-1.0" })
	r.publish("homes", "bb_link", Groups, 1)
	r.publish("wifi-use", "wifi_ap", Groups, 1, func(p *Publication) { p.Theme = "TECH"; p.Comuni = []string{rome, palermo} })
	r.say("air-1", "air", noon().Add(-10*time.Minute), "pm10_ugm3=20")
	r.crowdSpeaks(noon().Add(-150 * time.Minute))
	return r
}

// TestCatalogue is read by rdflib, which is no work of ours, and held against
// what DCAT-AP_IT makes mandatory.
func TestCatalogue(t *testing.T) {
	r := catalogueRig(t)
	dir := t.TempDir()
	var files []string
	for _, f := range serializations() {
		w := r.get("/catalog." + f.ending)
		if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), f.media) || w.Header().Get("ETag") == "" {
			t.Fatalf("%s: %d %v", f.ending, w.Code, w.Header())
		}
		file := filepath.Join(dir, "catalog."+f.ending)
		if err := os.WriteFile(file, w.Body.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	out, err := checkCatalogue(t, files)
	if err != nil || !strings.Contains(out, "3 data sets") {
		t.Errorf("%v: %s", err, out)
	}
	whole, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	spoil := func(old, spoilt, want string) {
		t.Helper()
		wrong := strings.Replace(string(whole), old, spoilt, 1)
		if err := os.WriteFile(files[0], []byte(wrong), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := checkCatalogue(t, files); err == nil || !strings.Contains(out, want) {
			t.Errorf("without %s it passes: %s", old, out)
		}
	}
	spoil("dct:rightsHolder", "dct:contributor", "rightsHolder")
	spoil("data-theme/TECH", "data-theme/TECHNO", "data-theme")
	spoil("dcat:landingPage", "foaf:page", "landingPage, which is recommended")
	spoil("file-type/CSV", "file-type/csv", "file-type")
}

// TestCatalogueIsOfItsPublisher: who publishes the catalogue is who was named,
// else who holds most of it; nobody is made up.
func TestCatalogueIsOfItsPublisher(t *testing.T) {
	r := newRig(t)
	f := func(want string) {
		t.Helper()
		text := r.get("/catalog.ttl").Body.String()
		about, _, _ := strings.Cut(text[strings.Index(text, "<http://data.example/catalog>\n"):], " .\n")
		_, publisher, _ := strings.Cut(about, "dct:publisher <http://data.example/catalog#")
		if publisher, _, _ = strings.Cut(publisher, ">"); publisher != want {
			t.Errorf("the publisher is %q, want %q", publisher, want)
		}
		if want != "" && !strings.Contains(text, `dct:identifier "`+want+`"`) {
			t.Errorf("%s is not described", want)
		}
	}
	hold := func(code string) func(*Publication) {
		return func(p *Publication) { p.Holder = Holder{Name: "Comune " + code, Code: code} }
	}
	f("")
	r.publish("set-a", "air", Single, 0, hold("c_z"))
	f("c_z")
	r.publish("set-b", "air", Single, 0, hold("c_a"))
	f("c_a")
	r.publish("set-c", "noise", Single, 0, hold("c_z"))
	f("c_z")
	r.o.Publisher = Holder{Name: "Città metropolitana", Code: "cm_x"}
	f("cm_x")
}

// checkCatalogue runs the check that also runs on a whole server.
func checkCatalogue(t testing.TB, files []string) (string, error) {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err == nil {
		err = exec.CommandContext(t.Context(), python, "-c", "import rdflib").Run()
	}
	if err != nil {
		t.Skip("SKIPPED: no python3 with rdflib; `pip install rdflib` and PYTHONPATH bring it")
	}
	out, err := exec.CommandContext(t.Context(), python, append([]string{"testdata/dcat_ap_it.py"}, files...)...).CombinedOutput()
	return string(out), err
}

func TestCatalogueNegotiates(t *testing.T) {
	r := catalogueRig(t)
	f := func(accept, want string) {
		t.Helper()
		w := r.get("/catalog", "Accept", accept)
		if got := w.Header().Get("Content-Type"); !strings.HasPrefix(got, want) || w.Header().Get("Vary") == "" && w.Code == 200 {
			t.Errorf("%q: %d %s, want %s", accept, w.Code, got, want)
		}
	}
	f("", "text/turtle")
	f("*/*", "text/turtle")
	f("text/html,*/*;q=0.1", "text/turtle")
	f("application/ld+json", "application/ld+json")
	f("text/turtle;q=0.2, application/rdf+xml", "application/rdf+xml")
	f("application/*", "application/ld+json")
	f("application/*;q=0.9, application/ld+json;q=0", "application/rdf+xml")
	f("image/png", "application/problem+json")
	f("text/turtle;q=nonsense", "application/problem+json")
	if w := r.get("/catalog?format=ttl"); w.Code != 400 {
		t.Errorf("unknown parameter: %d", w.Code)
	}
}

func TestStateOfSets(t *testing.T) {
	r := catalogueRig(t)
	f := func(id string, newest time.Time, completeness float64) {
		t.Helper()
		w := r.get("/opendata/" + id + ".json")
		var d Description
		if err := json.Unmarshal(w.Body.Bytes(), &d); err != nil || w.Code != 200 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		if d.Newest == nil || !d.Newest.Equal(newest) || d.Completeness != completeness || d.Files["csv"] != "http://data.example/opendata/"+id+".csv" {
			t.Errorf("%s: %+v newest %v", id, d, d.Newest)
		}
	}
	f("air", noon().Add(-10*time.Minute), 0.5)
	f("homes", noon().Add(-3*time.Hour), 1.0/23)
}

func TestDownloadsAreCached(t *testing.T) {
	r := catalogueRig(t)
	first := r.get("/opendata/air.csv")
	tag := first.Header().Get("ETag")
	if first.Header().Get("Cache-Control") != pageAge || tag == "" {
		t.Fatalf("%v", first.Header())
	}
	if w := r.get("/opendata/air.csv", "If-None-Match", tag); w.Code != 304 || w.Body.Len() != 0 {
		t.Errorf("the same again: %d", w.Code)
	}
	r.now = r.now.Add(time.Minute)
	if w := r.get("/opendata/air.csv", "If-None-Match", tag); w.Code != 200 {
		t.Errorf("a minute later: %d", w.Code)
	}
	tag = r.get("/opendata/air.csv").Header().Get("ETag")
	r.publish("air", "air", Single, 20)
	if w := r.get("/opendata/air.csv", "If-None-Match", tag); w.Code != 200 || strings.Contains(w.Body.String(), "air-1") {
		t.Errorf("published anew: %d %s", w.Code, w.Body)
	}
}

func TestEveryFormat(t *testing.T) {
	r := catalogueRig(t)
	get := func(path string) *httptest.ResponseRecorder {
		t.Helper()
		w := r.get(path)
		if w.Code != 200 || !strings.Contains(w.Header().Get("Content-Disposition"), strings.TrimPrefix(path, "/opendata/")) {
			t.Fatalf("%s: %d %v", path, w.Code, w.Header())
		}
		return w
	}
	var collection struct {
		Features []struct {
			Geometry   struct{ Coordinates []float64 }
			Properties map[string]any
		}
	}
	if err := json.Unmarshal(get("/opendata/homes.geojson").Body.Bytes(), &collection); err != nil || len(collection.Features) != 1 || collection.Features[0].Properties["sync_down_kbps"] != 102000.0 {
		t.Errorf("%v %+v", err, collection)
	}
	if line := get("/opendata/wifi-use.ndjson").Body.String(); !strings.Contains(line, `"fields":{"clients":7}`) {
		t.Errorf("%s", line)
	}
	b := get("/opendata/air.parquet").Body.String()
	file, err := parquet.OpenFile(strings.NewReader(b), int64(len(b)))
	if err != nil || file.NumRows() != 1 {
		t.Errorf("%v %v", err, file)
	}
	if w := r.get("/opendata/air"); w.Code != 303 || w.Header().Get("Location") != "/opendata#air" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if w := r.get("/opendata/air.xlsx"); w.Code != 404 {
		t.Errorf("%d", w.Code)
	}
}

func TestPage(t *testing.T) {
	r := catalogueRig(t)
	f := func(path, language, lang string, texts ...string) {
		t.Helper()
		w := r.get(path, "Accept-Language", language)
		if w.Code != 200 || w.Header().Get("Content-Language") != lang || !strings.Contains(w.Body.String(), `<html lang="`+lang+`">`) {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
		}
		for _, text := range texts {
			if !strings.Contains(w.Body.String(), text) {
				t.Errorf("%s: no %q", path, text)
			}
		}
	}
	f("/opendata", "", "it", "Dati aperti", "Prova &lt;&amp;&gt;", `href="/opendata/homes.parquet"`, "Titolare", `datetime="2026-03-01T11:50:00Z">01/03/2026, 11:50 UTC<`, "nessuno", "1 ora", "<dd>Roma, Palermo</dd>", ">GeoJSON<")
	f("/opendata", "en-GB,en;q=0.9", "en", "Open data", "Holder", "50 %", "1 March 2026, 11:50 UTC", "1 hour")
	f("/opendata?lang=en", "it", "en")
	r.publish("wide", "air", Single, 24, func(p *Publication) { p.Comuni = comuniOf("anci") })
	f("/opendata", "it", "it", fmt.Sprintf("<summary>%d comuni</summary>Cesana Torinese, ", len(comuniOf("anci"))), "24 ore")
	f("/opendata", "fr, it;q=0.3", "it")
	if w := r.get("/opendata?lang=de"); w.Code != 400 {
		t.Errorf("%d", w.Code)
	}
	if body := r.get("/opendata").Body.String(); strings.Contains(body, "<script") || strings.Contains(body, "style=") {
		t.Error("the page needs what the policy forbids")
	}
	if w := r.get("/opendata?q=1"); w.Code != 400 {
		t.Errorf("%d", w.Code)
	}
	if w := r.get("/opendata/style.css"); w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/css") {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

func TestStoreDown(t *testing.T) {
	r := catalogueRig(t)
	r.store.Stop()
	for _, path := range []string{"/opendata", "/catalog", "/opendata/air.csv", "/opendata/homes.json"} {
		if w := r.get(path); w.Code != 503 || w.Header().Get("ETag") != "" || strings.Contains(w.Body.String(), r.store.URL) {
			t.Errorf("%s: %d %v %s", path, w.Code, w.Header(), w.Body)
		}
	}
}
