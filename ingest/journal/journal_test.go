package journal_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"rione/ingest/journal"
)

func TestRecordsComeInOrder(t *testing.T) {
	r := open(t, journal.Options{})
	reader := r.reader(t, 0)
	r.append(t, 0, numbered(1, 50)...)
	if seq := next(t, reader, numbered(1, 50)...); seq != 50 {
		t.Errorf("the last sequence is %d", seq)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := reader.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("with an ended context: %v", err)
	}
}

func TestEntryCarriesTheTimeOfTheJournal(t *testing.T) {
	r := open(t, journal.Options{})
	before := time.Now()
	r.append(t, 0, "x")
	e, err := r.reader(t, 0).Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if e.Time.Before(before) || e.Time.After(time.Now()) || e.Time.Location() != time.UTC {
		t.Errorf("time is %v", e.Time)
	}
}

func TestAppendTwiceUnderOneID(t *testing.T) {
	r := open(t, journal.Options{})
	for range 3 {
		if err := r.journal.Append(t.Context(), 0, []byte("x"), "same"); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.journal.Append(t.Context(), 0, []byte("y"), "other"); err != nil {
		t.Fatal(err)
	}
	next(t, r.reader(t, 0), "x", "y")
	if s := r.status(t); s.Records != 2 {
		t.Errorf("%d records, want 2", s.Records)
	}
}

func TestAppendFailsClearly(t *testing.T) {
	r := open(t, journal.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.journal.Append(ctx, 0, []byte("x"), ""); !errors.Is(err, context.Canceled) || errors.Is(err, journal.ErrFull) {
		t.Errorf("with an ended context: %v", err)
	}
	if err := r.journal.Append(t.Context(), 0, make([]byte, 9<<20), ""); err == nil {
		t.Error("a record beyond the engine's limit is taken")
	}
	r.engine.Close()
	ctx, cancel = context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := r.journal.Append(ctx, 0, []byte("x"), ""); err == nil {
		t.Error("an engine that is gone takes a record")
	}
}

// At the limit nothing is dropped; what is processed makes room.
func TestFullJournalDropsNothing(t *testing.T) {
	r := open(t, journal.Options{MaxBytes: 100 << 10, ReplayWindow: time.Nanosecond})
	body := strings.Repeat("x", 10<<10)
	n := 0
	var err error
	for ; err == nil && n < 100; n++ {
		err = r.journal.Append(t.Context(), 0, []byte(body), "")
	}
	n--
	if !errors.Is(err, journal.ErrFull) || n < 8 || n > 10 {
		t.Fatalf("after %d records: %v", n, err)
	}
	r.sweep(t, time.Now())
	if s := r.status(t); s.Records != uint64(n) || s.Pending != uint64(n) {
		t.Fatalf("swept before it was processed: %+v", s)
	}
	reader := r.reader(t, 0)
	for range n - 1 {
		next(t, reader, body)
	}
	commit(t, reader, uint64(n-1), "")
	if first := r.sweep(t, time.Now()); first != uint64(n) {
		t.Errorf("the first record that stays is %d, want the first unprocessed one, %d", first, n)
	}
	if err := r.journal.Append(t.Context(), 0, []byte(body), ""); err != nil {
		t.Errorf("after the sweep: %v", err)
	}
	next(t, reader, body, body)
}

func TestLimitFollowsTheOptions(t *testing.T) {
	r := open(t, journal.Options{MaxBytes: 1 << 20})
	r.append(t, 0, "x")
	again, err := journal.Open(t.Context(), r.js, journal.Options{MaxBytes: 2 << 20})
	if err != nil {
		t.Fatal(err)
	}
	if s, err := again.Status(t.Context()); err != nil || s.MaxBytes != 2<<20 || s.Records != 1 {
		t.Errorf("status is %+v, error %v", s, err)
	}
}

func TestJournalLargerThanTheStoreSaysWhatToDo(t *testing.T) {
	e := startEngine(t, t.TempDir())
	_, err := journal.Open(t.Context(), connect(t, e), journal.Options{MaxBytes: 2 << 30})
	if err == nil || !strings.Contains(err.Error(), "RIONE_JOURNAL_MAX_BYTES") {
		t.Errorf("error is %v", err)
	}
}

func TestPartitions(t *testing.T) {
	r := open(t, journal.Options{Partitions: 3})
	for i := range 30 {
		r.append(t, i%3, fmt.Sprint("record ", i))
	}
	if n := r.journal.Partitions(); n != 3 {
		t.Errorf("%d partitions", n)
	}
	for p := range 3 {
		reader := r.reader(t, p)
		for i := p; i < 30; i += 3 {
			next(t, reader, fmt.Sprint("record ", i))
		}
	}
	for _, n := range []int{1, 2, 4} {
		if _, err := journal.Open(t.Context(), r.js, journal.Options{MaxBytes: 64 << 20, Partitions: n}); err == nil || !strings.Contains(err.Error(), "start with 3") {
			t.Errorf("opened with %d partitions: %v", n, err)
		}
	}
}

func TestStatus(t *testing.T) {
	r := open(t, journal.Options{Partitions: 2, MaxBytes: 1 << 20})
	if s := r.status(t); s != (journal.Status{MaxBytes: 1 << 20, FirstSeq: s.FirstSeq}) {
		t.Errorf("an empty journal is %+v", s)
	}
	r.append(t, 0, numbered(1, 4)...)
	s := r.status(t)
	if s.Records != 4 || s.Pending != 4 || s.FirstSeq != 1 || s.LastSeq != 4 || s.Bytes < 32 {
		t.Errorf("status is %+v", s)
	}
	reader := r.reader(t, 0)
	commit(t, reader, 3, "")
	if s := r.status(t); s.Pending != 1 {
		t.Errorf("%d pending, want 1", s.Pending)
	}
	commit(t, reader, 4, "")
	if s := r.status(t); s.Pending != 0 {
		t.Errorf("%d pending, want 0", s.Pending)
	}
}

// The same journal over another connection, as the processor has it.
func TestOver(t *testing.T) {
	r := open(t, journal.Options{})
	other, err := r.journal.Over(t.Context(), connect(t, r.engine))
	if err != nil {
		t.Fatal(err)
	}
	reader, err := other.Reader(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	r.append(t, 0, "x")
	commit(t, reader, next(t, reader, "x"), "")
	if s := r.status(t); s.Pending != 0 {
		t.Errorf("%d pending", s.Pending)
	}
}

func TestMetricsAreRegistered(t *testing.T) {
	metrics := prometheus.NewRegistry()
	open(t, journal.Options{Metrics: metrics})
	if got := missing(t, metrics); got != 0 {
		t.Errorf("%v records are missing from a new journal", got)
	}
}

// missing returns the count of records that are gone.
func missing(t *testing.T, metrics *prometheus.Registry) float64 {
	t.Helper()
	families, err := metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "rione_journal_missing_records_total" {
			return f.GetMetric()[0].GetCounter().GetValue()
		}
	}
	t.Fatal("the metric is not there")
	return 0
}

func TestRecordAgain(t *testing.T) {
	r := open(t, journal.Options{})
	r.append(t, 0, numbered(1, 3)...)
	e, err := r.journal.Record(t.Context(), 2)
	if err != nil || e.Seq != 2 || string(e.Data) != "record 2" || time.Since(e.Time) > time.Minute {
		t.Errorf("%+v, %v", e, err)
	}
	purge(t, r.js, jetstream.WithPurgeSequence(3))
	for _, seq := range []uint64{2, 4} {
		if _, err := r.journal.Record(t.Context(), seq); !errors.Is(err, journal.ErrGone) {
			t.Errorf("record %d: %v", seq, err)
		}
	}
}
