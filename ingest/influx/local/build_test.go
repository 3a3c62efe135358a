package local

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// script writes an executable into a folder that then is all of PATH beside the
// system's own.
func script(t *testing.T, name, body string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+body+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":/usr/bin:/bin")
}

// said collects progress from several goroutines.
type said struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *said) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(b)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// The real build takes minutes and is what every other test runs on; here a go
// command that only pretends shows who builds and when.
func TestBuildsOnce(t *testing.T) {
	calls := filepath.Join(t.TempDir(), "calls")
	script(t, "go", `echo "$@" $CGO_ENABLED "[$GOFLAGS]" "[$GOOS]" $GOWORK >>`+calls+`; echo binary >$GOBIN/influxd`)
	t.Setenv("GOFLAGS", "-mod=vendor")
	t.Setenv("GOOS", "plan9")
	dir := filepath.Join(t.TempDir(), "cache")
	var progress said
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			path, err := build(t.Context(), dir, &progress)
			if err != nil {
				t.Error(err)
			}
			if b, err := os.ReadFile(path); err != nil || string(b) != "binary\n" {
				t.Errorf("%s holds %q, %v", path, b, err)
			}
		})
	}
	wg.Wait()
	b, err := os.ReadFile(calls)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(b); strings.Count(got, "\n") != 1 || !strings.HasPrefix(got, "install ") ||
		!strings.HasSuffix(got, "github.com/influxdata/influxdb/cmd/influxd@v1.8.10 0 [] [] off\n") {
		t.Errorf("go was called with: %s", got)
	}
	for _, want := range []string{"building 1.8.10 once into " + dir, "RIONE_INFLUX_URL", "built in"} {
		if !strings.Contains(progress.String(), want) {
			t.Errorf("progress does not say %q: %s", want, progress.String())
		}
	}
	left, err := filepath.Glob(filepath.Join(dir, "build-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestBuildFails(t *testing.T) {
	dir := t.TempDir()
	f := func(want string) {
		t.Helper()
		_, err := build(t.Context(), dir, &said{})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "RIONE_INFLUX_URL") {
			t.Errorf("got %v", err)
		}
	}
	script(t, "go", "echo dial tcp: no route to host >&2; exit 1")
	f("no route to host")
	t.Setenv("PATH", t.TempDir())
	f("install Go")
}

// Whoever waits for another's build can be cancelled.
func TestBuildWaitsForTheLock(t *testing.T) {
	dir := t.TempDir()
	unlock, err := lock(t.Context(), filepath.Join(dir, "lock"), &said{})
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	ctx, cancel := context.WithCancel(t.Context())
	var progress said
	failed := make(chan error)
	go func() {
		_, err := build(ctx, dir, &progress)
		failed <- err
	}()
	until(t, "the wait is told", func() bool { return strings.Contains(progress.String(), "another process") })
	cancel()
	if err := <-failed; err == nil {
		t.Error("built without the lock")
	}
}

func TestParseVersion(t *testing.T) {
	f := func(said string, want generation) {
		t.Helper()
		if got, err := parseVersion(said); got != want || (err == nil) != (want != 0) {
			t.Errorf("%q: %d, %v", said, got, err)
		}
	}
	f("InfluxDB v1.8.10 (git: 1.8 688e697c51fd)\n", 1)
	f("InfluxDB vunknown (git: unknown unknown)\n", 1) // built by go install
	f("InfluxDB v2.7.12 (git: ec9dcde5d6) build_date: 2025-05-20T22:48:48Z", 2)
	f("InfluxDB dev (git: none) build_date: 2026-11-22T13:11:35Z", 2)
	f("InfluxDB v1.7.11 (git: 1.7 x)", 0)
	f("InfluxDB v3.1.0", 0)
	f("Telegraf v2.7.0", 0)
	f("", 0)
}

func TestFind(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	t.Setenv("HOME", cache)
	f := func(version, kept, want string, gen generation) {
		t.Helper()
		script(t, "influxd", `echo "`+version+`"`)
		o := Options{Dir: t.TempDir(), Progress: &said{}}
		if kept != "" {
			if err := os.Mkdir(filepath.Join(o.Dir, kept), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		b, err := find(t.Context(), &o)
		switch {
		case want == "path" && (err != nil || filepath.Base(b.path) != "influxd" || b.gen != gen):
			t.Errorf("%s, %q kept: %v, %v", version, kept, b, err)
		case want != "path" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s, %q kept: %v, %v", version, kept, b, err)
		}
	}
	const v1, v2 = "InfluxDB v1.8.10 (git: 1.8 x)", "InfluxDB v2.7.12 (git: x) build_date: y"
	f(v1, "", "path", 1)
	f(v2, "", "path", 2)
	f(v1, "influxdb1", "path", 1)
	f(v2, "influxdb2", "path", 2)
	f(v1, "influxdb2", "data of InfluxDB 2.x", 0) // data are never left behind for want of their server
	f(v2, "influxdb1", "no go command", 0)        // it would be built
	f("InfluxDB v1.7.0", "", "no go command", 0)
}

// Without a home, or with one that takes nothing, an influxd on PATH does, and
// the error says so.
func TestFindWithoutHome(t *testing.T) {
	f := func(home string) {
		t.Helper()
		t.Setenv("XDG_CACHE_HOME", "")
		t.Setenv("HOME", home)
		t.Setenv("PATH", t.TempDir())
		if _, err := find(t.Context(), &Options{Dir: t.TempDir(), Progress: &said{}}); err == nil || !strings.Contains(err.Error(), instead) {
			t.Errorf("home is %q: %v", home, err)
		}
		script(t, "influxd", `echo "InfluxDB v1.8.10 (git: 1.8 x)"`)
		if _, err := find(t.Context(), &Options{Dir: t.TempDir(), Progress: &said{}}); err != nil {
			t.Errorf("home is %q, influxd on PATH: %v", home, err)
		}
	}
	f("")
	f(filepath.Join(os.DevNull, "home"))
}
