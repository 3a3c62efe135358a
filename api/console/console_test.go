package console

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"rione/devices"
	"rione/devices/event"
	"rione/ingest"
	"rione/ingest/schema"
)

func get(target string, header ...string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(http.MethodGet, target, nil)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, req)
	return w
}

func TestFiles(t *testing.T) {
	f := func(target, mediaType string) {
		t.Helper()
		w := get(target)
		if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), mediaType) {
			t.Fatalf("%s: %d %s", target, w.Code, w.Header().Get("Content-Type"))
		}
		if again := get(target, "If-None-Match", w.Header().Get("ETag")); again.Code != http.StatusNotModified {
			t.Errorf("%s again: %d", target, again.Code)
		}
	}
	f("/", "text/html")
	f("/docs", "text/html")
	f("/claim", "text/html")
	f("/assets/claim.js", "text/javascript")
	f("/assets/app.js", "text/javascript")
	f("/assets/app.css", "text/css")
	f("/assets/icon.svg", "image/svg+xml")
	f("/assets/vendor/maplibre-gl.mjs", "text/javascript")
	f("/assets/vendor/land.json", "application/json")
	f("/assets/vendor/uPlot.LICENSE.txt", "text/plain")
	for _, target := range []string{"/assets/nothing.js", "/assets", "/assets/vendor/", "/console.go"} {
		if w := get(target); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", target, w.Code)
		}
	}
}

// TestNothingInlineOrElsewhere holds what the content security policy asks of
// our own files: no inline script or style, nothing from another server.
func TestNothingInlineOrElsewhere(t *testing.T) {
	inline := regexp.MustCompile(`(?i)<script(>|[^>]*[^/]>\s*\S)|<style|\sstyle=|\son[a-z]+=|javascript:`)
	elsewhere := regexp.MustCompile(`https?://[a-z]`)
	each(t, func(name, text string) {
		if path.Ext(name) == ".html" && inline.MatchString(strings.ReplaceAll(text, "></script>", "/>")) {
			t.Errorf("%s: %q", name, inline.FindString(text))
		}
		for _, found := range elsewhere.FindAllString(strings.ReplaceAll(text, "http://www.w3.org/2000/svg", ""), -1) {
			t.Errorf("%s names another server: %s", name, found)
		}
	})
}

// TestReferences checks that whatever a file of ours loads is there.
func TestReferences(t *testing.T) {
	reference := regexp.MustCompile(`(?:src|href)="(/assets/[^"]+)"|(?:from|new URL\() ?'(\./[^']+)'`)
	each(t, func(name, text string) {
		for _, m := range reference.FindAllStringSubmatch(text, -1) {
			target := strings.TrimPrefix(m[1], "/")
			if m[2] != "" {
				target = path.Join(path.Dir(name), m[2])
			}
			if _, err := fs.Stat(files, target); err != nil {
				t.Errorf("%s loads %s: %v", name, target, err)
			}
		}
	})
}

// TestWordsInBothLanguages compares the keys of the dictionaries.
func TestWordsInBothLanguages(t *testing.T) {
	f := func(file string, least int) {
		t.Helper()
		b, err := files.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(b), "  en: {")
		english, rest, _ := strings.Cut(rest, "  it: {")
		italian, _, _ := strings.Cut(rest, "\n};")
		en, it := keysOf(english), keysOf(italian)
		for k := range en {
			if !it[k] {
				t.Errorf("%s: %s has no Italian", file, k)
			}
		}
		for k := range it {
			if !en[k] {
				t.Errorf("%s: %s has no English", file, k)
			}
		}
		if len(en) < least {
			t.Errorf("%s: only %d words found", file, len(en))
		}
	}
	f("assets/words.js", 200)
	f("assets/claim.js", 23)
}

// TestEverythingHasAName holds that what the contract of data, the quarantine and
// the events can say has words of its own in the page.
func TestEverythingHasAName(t *testing.T) {
	b, err := files.ReadFile("assets/text.js")
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	own := []string{"suspect", "event", "indicator", "ledger"} // no device says these
	for _, m := range schema.All() {
		if slices.Contains(own, m.Name) {
			continue
		}
		for _, f := range m.Fields {
			if !regexp.MustCompile(`\b` + f.Name + `: ['\[]`).MatchString(text) {
				t.Errorf("%s.%s has no name in text.js", m.Name, f.Name)
			}
		}
	}
	b, err = files.ReadFile("assets/words.js")
	if err != nil {
		t.Fatal(err)
	}
	words := keysOf(string(b))
	for _, kind := range devices.Kinds() {
		if !words["k_"+string(kind)] {
			t.Errorf("the kind %s has no name in words.js", kind)
		}
	}
	for _, e := range []event.Type{event.Silent, event.Disconnected, event.GatewayDown, event.ComuneWide, event.OwnFault, event.LedgerImbalance, event.JournalFull} {
		if !words["e_"+string(e)] {
			t.Errorf("the event %s has no name in words.js", e)
		}
	}
	for _, r := range []ingest.Reason{
		ingest.UnknownDevice, ingest.UnknownFormat, ingest.NoRoute, ingest.Unparsable, ingest.Empty, ingest.WrongType, ingest.UnknownField,
		ingest.UnknownUnit, ingest.BadTag, ingest.Clock, ingest.NotPermitted, ingest.RejectedByStore, ingest.OverQuota, ingest.TooLarge,
	} {
		if !words["r_"+string(r)] || !words["h_"+string(r)] {
			t.Errorf("the reason %s has no name or no advice in words.js", r)
		}
	}
}

// TestNoWordIsLeftOver finds words that nothing says any more.
func TestNoWordIsLeftOver(t *testing.T) {
	b, err := files.ReadFile("assets/words.js")
	if err != nil {
		t.Fatal(err)
	}
	said := make(map[string]bool) // in quotes, or the key of a table that is walked through
	name := regexp.MustCompile(`['"\x60](\w+)['"\x60]|\b(\w+): \d`)
	each(t, func(file, text string) {
		if path.Base(file) == "words.js" {
			return
		}
		for _, m := range name.FindAllStringSubmatch(text, -1) {
			said[m[1]+m[2]] = true
		}
	})
	composed := regexp.MustCompile(`^(h|r|e|s|k|o|is|level)_|^(single|groups)$`) // of a code of the server
	for k := range keysOf(string(b)) {
		if !composed.MatchString(k) && !said[k] {
			t.Errorf("nothing says %s", k)
		}
	}
}

func keysOf(text string) map[string]bool {
	set := make(map[string]bool)
	for _, m := range regexp.MustCompile(`(?m)(?:^|[{,]\s)\s*(\w+): ['"]`).FindAllStringSubmatch(text, -1) {
		set[m[1]] = true
	}
	return set
}

// each calls f for every text file of our own.
func each(t *testing.T, f func(name, text string)) {
	t.Helper()
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.Contains(name, "vendor") {
			return err
		}
		b, err := files.ReadFile(name)
		f(name, string(b))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
