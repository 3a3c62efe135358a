package journal_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rione/ingest/journal"
)

func TestEngineSaysWhyItDoesNotStart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := journal.StartEngine(t.Context(), journal.EngineOptions{Dir: file}); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("in place of the folder is a file: %v", err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "jetstream"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := journal.StartEngine(t.Context(), journal.EngineOptions{Dir: dir})
	if err == nil || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), "writable") {
		t.Errorf("the folder cannot be used: %v", err)
	}
}

// A limit below what is in the store refuses new records and loses no old ones.
func TestEngineStartsUnderALowerLimit(t *testing.T) {
	dir := t.TempDir()
	body := strings.Repeat("x", 64<<10)
	t.Run("before", func(t *testing.T) {
		r := openIn(t, dir, journal.Options{MaxBytes: 8 << 20})
		for range 10 {
			r.append(t, 0, body)
		}
	})
	e, err := journal.StartEngine(t.Context(), journal.EngineOptions{Dir: dir, MaxStore: 256 << 10})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	j, err := journal.Open(t.Context(), connect(t, e), journal.Options{MaxBytes: 8 << 20})
	if err != nil {
		t.Fatal(err)
	}
	if s, err := j.Status(t.Context()); err != nil || s.Records != 10 {
		t.Fatalf("status is %+v, error %v", s, err)
	}
	if err := j.Append(t.Context(), 0, []byte(body), ""); !errors.Is(err, journal.ErrFull) {
		t.Errorf("over the limit of the store: %v", err)
	}
}

func TestEngineClosesTwice(t *testing.T) {
	e := startEngine(t, t.TempDir())
	if err := e.Healthy(); err != nil {
		t.Error(err)
	}
	e.Close()
	e.Close()
	if err := e.Healthy(); err == nil {
		t.Error("a closed engine is healthy")
	}
}

// A server that failed is started again; connections, appends and readers go on.
func TestEngineComesBackByItself(t *testing.T) {
	r := open(t, journal.Options{})
	reader := r.reader(t, 0)
	r.append(t, 0, numbered(1, 5)...)
	commit(t, reader, next(t, reader, numbered(1, 3)...), "state")
	journal.Fail(r.engine)
	await(t, "appends go on", func() bool { return r.journal.Append(t.Context(), 0, []byte("after"), "") == nil })
	if err := r.engine.Healthy(); err != nil {
		t.Error(err)
	}
	next(t, reader, "record 4", "record 5", "after")
	commit(t, reader, 6, "")
}

func TestDialHidesThePassword(t *testing.T) {
	for _, address := range []string{
		"nats://user:secret@127.0.0.1:1", "nats://user:secret@127.0.0.1:port", "nats://user:sec ret%@127.0.0.1:1",
		"nats://a:secret@127.0.0.1:1,nats://b:secret@127.0.0.1:2", "nats://secret@127.0.0.1:1",
	} {
		_, err := journal.Dial(address, "test")
		if err == nil || strings.Contains(err.Error(), "sec") || !strings.Contains(err.Error(), "RIONE_NATS_URL") {
			t.Errorf("%s: %v", address, err)
		}
	}
}
