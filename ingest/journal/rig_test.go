package journal_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rione/ingest/journal"
)

// rig is a journal on an engine of its own.
type rig struct {
	engine  *journal.Engine
	js      jetstream.JetStream
	journal *journal.Journal
}

func startEngine(t testing.TB, dir string) *journal.Engine {
	t.Helper()
	e, err := journal.StartEngine(t.Context(), journal.EngineOptions{Dir: dir, MaxStore: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

func connect(t testing.TB, e *journal.Engine) jetstream.JetStream {
	t.Helper()
	nc, err := e.Connect("test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

func open(t testing.TB, o journal.Options) *rig {
	t.Helper()
	return openIn(t, t.TempDir(), o)
}

func openIn(t testing.TB, dir string, o journal.Options) *rig {
	t.Helper()
	e := startEngine(t, dir)
	js := connect(t, e)
	if o.MaxBytes == 0 {
		o.MaxBytes = 64 << 20
	}
	j, err := journal.Open(t.Context(), js, o)
	if err != nil {
		t.Fatal(err)
	}
	return &rig{engine: e, js: js, journal: j}
}

func (r *rig) append(t testing.TB, partition int, bodies ...string) {
	t.Helper()
	for _, b := range bodies {
		if err := r.journal.Append(t.Context(), partition, []byte(b), ""); err != nil {
			t.Fatalf("record %.20s: %v", b, err)
		}
	}
}

func (r *rig) reader(t testing.TB, partition int) *journal.Reader {
	t.Helper()
	reader, err := r.journal.Reader(t.Context(), partition)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(reader.Close)
	return reader
}

func (r *rig) sweep(t testing.TB, now time.Time) uint64 {
	t.Helper()
	first, err := r.journal.Sweep(t.Context(), now)
	if err != nil {
		t.Fatal(err)
	}
	return first
}

func (r *rig) status(t testing.TB) journal.Status {
	t.Helper()
	s, err := r.journal.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// next reads the given records, in order, and returns the sequence of the last.
func next(t testing.TB, r *journal.Reader, want ...string) uint64 {
	t.Helper()
	seq := uint64(0)
	for _, w := range want {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		e, err := r.Next(ctx)
		cancel()
		if err != nil {
			t.Fatalf("waiting for %.20s: %v", w, err)
		}
		if string(e.Data) != w {
			t.Fatalf("record %d is %.20s, want %.20s", e.Seq, e.Data, w)
		}
		seq = e.Seq
	}
	return seq
}

func commit(t testing.TB, r *journal.Reader, seq uint64, state string) {
	t.Helper()
	if err := r.Commit(t.Context(), seq, []byte(state)); err != nil {
		t.Fatalf("commit of %d: %v", seq, err)
	}
}

// numbered returns the names of records from first to last.
func numbered(first, last int) []string {
	var out []string
	for i := first; i <= last; i++ {
		out = append(out, fmt.Sprint("record ", i))
	}
	return out
}

// logged is what a logger wrote.
type logged struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func (l *logged) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }
