package journal_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"rione/ingest/journal"
)

// A new reader goes on after what was committed, whatever was given out.
func TestReaderGoesOnFromItsCheckpoint(t *testing.T) {
	r := open(t, journal.Options{})
	r.append(t, 0, numbered(1, 9)...)
	first := r.reader(t, 0)
	if first.State() != nil {
		t.Error("a new journal has a state")
	}
	next(t, first, numbered(1, 7)...)
	commit(t, first, 4, "after four")
	commit(t, first, 2, "an older one changes nothing")
	if string(first.State()) != "after four" {
		t.Errorf("state is %q", first.State())
	}
	first.Close()

	second := r.reader(t, 0)
	if string(second.State()) != "after four" {
		t.Errorf("state of the next reader is %q", second.State())
	}
	commit(t, second, next(t, second, numbered(5, 9)...), "")
	r.append(t, 0, "record 10")
	next(t, r.reader(t, 0), "record 10")
}

// Of two readers of a partition only one can commit.
func TestOvertakenReaderCannotCommit(t *testing.T) {
	r := open(t, journal.Options{})
	r.append(t, 0, numbered(1, 9)...)
	for _, known := range []uint64{0, 3} { // without a checkpoint, and with one
		slow, quick := r.reader(t, 0), r.reader(t, 0)
		commit(t, quick, known+2, "quick")
		if err := slow.Commit(t.Context(), known+3, []byte("slow")); !errors.Is(err, journal.ErrOvertaken) {
			t.Errorf("the overtaken reader commits: %v", err)
		}
		commit(t, quick, known+3, "quick")
		if got := string(r.reader(t, 0).State()); got != "quick" {
			t.Errorf("state is %q", got)
		}
	}
}

func purge(t *testing.T, js jetstream.JetStream, o ...jetstream.StreamPurgeOpt) {
	t.Helper()
	s, err := js.Stream(t.Context(), journal.StreamName)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Purge(t.Context(), o...); err != nil {
		t.Fatal(err)
	}
}

// Records that vanish from the disk are not passed over in silence.
func TestGapRaisesTheAlarm(t *testing.T) {
	log, metrics := &logged{}, prometheus.NewRegistry()
	r := open(t, journal.Options{Logger: log.logger(), Metrics: metrics})
	r.append(t, 0, numbered(1, 5)...)
	stream, err := r.js.Stream(t.Context(), journal.StreamName)
	if err != nil {
		t.Fatal(err)
	}
	for _, seq := range []uint64{3, 4} {
		if err := stream.DeleteMsg(t.Context(), seq); err != nil {
			t.Fatal(err)
		}
	}
	reader := r.reader(t, 0)
	next(t, reader, "record 1", "record 2")
	if got := log.String(); got != "" {
		t.Errorf("an alarm without a gap: %s", got)
	}
	next(t, reader, "record 5")
	if got := log.String(); !strings.Contains(got, "level=ERROR") || !strings.Contains(got, "gap") || !strings.Contains(got, "after=2 next=5") {
		t.Errorf("log is %q", got)
	}
	if got := missing(t, metrics); got != 2 {
		t.Errorf("%v missing records, want 2", got)
	}
}

// Where records of several partitions lie between each other, a step in the
// sequence is no gap.
func TestPartitionsRaiseNoAlarm(t *testing.T) {
	log := &logged{}
	r := open(t, journal.Options{Partitions: 2, Logger: log.logger()})
	r.append(t, 0, "a")
	r.append(t, 1, "b")
	r.append(t, 0, "c")
	next(t, r.reader(t, 0), "a", "c")
	if got := log.String(); got != "" {
		t.Errorf("log is %q", got)
	}
}

// A checkpoint beyond the end of the journal must not hide what comes next.
func TestShorterJournalIsReadOn(t *testing.T) {
	log := &logged{}
	r := open(t, journal.Options{})
	r.append(t, 0, numbered(1, 9)...)
	commit(t, r.reader(t, 0), 9, "state")
	err := r.js.DeleteStream(t.Context(), journal.StreamName)
	if err != nil {
		t.Fatal(err)
	}
	r.journal, err = journal.Open(t.Context(), r.js, journal.Options{MaxBytes: 64 << 20, Logger: log.logger()})
	if err != nil {
		t.Fatal(err)
	}
	if got := log.String(); !strings.Contains(got, "shorter") || !strings.Contains(got, "processed=9 last=0") {
		t.Errorf("log is %q", got)
	}
	r.append(t, 0, "a", "b")
	reader := r.reader(t, 0)
	commit(t, reader, next(t, reader, "a", "b"), "")
	r.append(t, 0, "c")
	next(t, r.reader(t, 0), "c")
}
