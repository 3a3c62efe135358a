package changelog_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"rione/devices/changelog"
)

func contains(s, part string) bool { return strings.Contains(s, part) }

func TestBoundaries(t *testing.T) {
	js := newJetStream(t)
	l, other := open(t, js, changelog.Options{}), open(t, js, changelog.Options{})
	if files, err := l.Boundaries(t.Context()); err != nil || len(files) != 0 {
		t.Fatalf("a new registry has boundaries %v, %v", files, err)
	}
	changed, err := other.WatchBoundaries(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	large := bytes.Repeat([]byte(`{"type":"FeatureCollection"}`), 50_000) // many chunks
	f := func(name string, file []byte) {
		t.Helper()
		if err := l.PutBoundaries(t.Context(), name, file); err != nil {
			t.Fatal(err)
		}
		<-changed
		files, err := other.Boundaries(t.Context())
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v, %d files", name, err, len(files))
		}
		if last := files[len(files)-1]; last.Name != name || !bytes.Equal(last.GeoJSON, file) || last.Kept.IsZero() {
			t.Errorf("%s: the newest is %s with %d bytes of %d, kept %v", name, last.Name, len(last.GeoJSON), len(file), last.Kept)
		}
	}
	f("comuni regione 12 è", large)
	f("zone/058091", []byte("{}"))
	f("zone/058091", []byte("{ }"))
	f("comuni regione 12 è", []byte("{}")) // kept again, it is the newest
	if files, _ := l.Boundaries(t.Context()); len(files) != 2 {
		t.Errorf("%d files, want 2", len(files))
	}
	if err := l.RemoveBoundaries(t.Context(), "zone/058091"); err != nil {
		t.Fatal(err)
	}
	<-changed
	if files, err := other.Boundaries(t.Context()); err != nil || len(files) != 1 || files[0].Name != "comuni regione 12 è" {
		t.Errorf("one was removed: %v, %d files", err, len(files))
	}
	for _, name := range []string{"zone/058091", "never"} {
		if err := l.RemoveBoundaries(t.Context(), name); !errors.Is(err, changelog.ErrNoBoundaries) {
			t.Errorf("%s removed: %v", name, err)
		}
	}
	if err := l.PutBoundaries(t.Context(), "", nil); err == nil {
		t.Error("a file without a name was kept")
	}
}
