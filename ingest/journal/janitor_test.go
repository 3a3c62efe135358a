package journal_test

import (
	"context"
	"testing"
	"time"

	"rione/ingest/journal"
)

func TestSweepKeepsWhatIsYoungOrUnprocessed(t *testing.T) {
	r := open(t, journal.Options{ReplayWindow: time.Hour})
	if first := r.sweep(t, time.Now()); first != 0 {
		t.Errorf("an empty journal begins at %d", first)
	}
	r.append(t, 0, numbered(1, 10)...)
	old := time.Now().Add(2 * time.Hour) // to which everything is old
	f := func(now time.Time, want uint64) {
		t.Helper()
		if first := r.sweep(t, now); first != want {
			t.Errorf("the first record that stays is %d, want %d", first, want)
		}
		if s := r.status(t); s.FirstSeq != want {
			t.Errorf("the journal begins at %d, want %d", s.FirstSeq, want)
		}
	}
	f(old, 1) // nothing is processed
	reader := r.reader(t, 0)
	commit(t, reader, 6, "")
	f(time.Now(), 1) // nothing is old
	f(old, 7)        // and the others wait
	f(old, 7)
	commit(t, reader, 10, "")
	f(time.Now(), 7)
	f(old, 11)
	r.append(t, 0, "record 11")
	next(t, r.reader(t, 0), "record 11")
}

// Of records of different age only the old ones go.
func TestSweepGoesByAge(t *testing.T) {
	r := open(t, journal.Options{ReplayWindow: time.Hour})
	r.append(t, 0, numbered(1, 5)...)
	between := time.Now()
	r.append(t, 0, numbered(6, 9)...)
	commit(t, r.reader(t, 0), 9, "")
	if first := r.sweep(t, between.Add(time.Hour)); first != 6 {
		t.Errorf("the first record that stays is %d, want 6", first)
	}
}

// A gap in the middle does not stop the janitor.
func TestSweepOverAGap(t *testing.T) {
	r := open(t, journal.Options{ReplayWindow: time.Hour})
	r.append(t, 0, numbered(1, 16)...)
	stream, err := r.js.Stream(t.Context(), journal.StreamName)
	if err != nil {
		t.Fatal(err)
	}
	for seq := uint64(4); seq < 13; seq++ {
		if err := stream.DeleteMsg(t.Context(), seq); err != nil {
			t.Fatal(err)
		}
	}
	commit(t, r.reader(t, 0), 15, "")
	if first := r.sweep(t, time.Now().Add(2*time.Hour)); first != 16 {
		t.Errorf("the first record that stays is %d, want 16", first)
	}
}

// A journal whose every record was swept goes on where it was, also over a
// restart: its sequence is what the checkpoints speak of.
func TestSweptEmptyAndRestarted(t *testing.T) {
	dir, log := t.TempDir(), &logged{}
	r := openIn(t, dir, journal.Options{ReplayWindow: time.Nanosecond})
	r.append(t, 0, numbered(1, 5)...)
	commit(t, r.reader(t, 0), 5, "state")
	if first := r.sweep(t, time.Now().Add(time.Hour)); first != 6 {
		t.Errorf("the first record that stays is %d, want 6", first)
	}
	r.engine.Close()
	r = openIn(t, dir, journal.Options{Logger: log.logger()})
	r.append(t, 0, "record 6")
	reader := r.reader(t, 0)
	if seq := next(t, reader, "record 6"); seq != 6 || string(reader.State()) != "state" {
		t.Errorf("the next record is %d, state %q", seq, reader.State())
	}
	if log.String() != "" {
		t.Errorf("an alarm without a reason: %s", log)
	}
}

// A partition in which nothing happens holds the others back neither when it is
// processed nor when nothing was ever in it; one that is not processed keeps its
// own records only.
func TestSweepOfPartitions(t *testing.T) {
	r := open(t, journal.Options{Partitions: 4, ReplayWindow: time.Nanosecond})
	r.append(t, 0, "quiet 1", "quiet 2") // 1, 2
	r.append(t, 1, "stuck 1", "stuck 2") // 3, 4
	r.append(t, 2, numbered(1, 20)...)   // 5 to 24; nothing in 3
	quiet := r.reader(t, 0)
	commit(t, quiet, 2, "")
	busy := r.reader(t, 2)
	commit(t, busy, 22, "")
	r.sweep(t, time.Now().Add(time.Hour))
	if s := r.status(t); s.Records != 0+2+2 {
		t.Errorf("%d records stay, want 4", s.Records)
	}
	next(t, r.reader(t, 1), "stuck 1", "stuck 2")
	next(t, r.reader(t, 2), "record 19", "record 20")
}

func TestJanitorSweepsUntilItsContextEnds(t *testing.T) {
	r := open(t, journal.Options{ReplayWindow: time.Nanosecond})
	r.append(t, 0, numbered(1, 3)...)
	commit(t, r.reader(t, 0), 3, "")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); r.journal.Janitor(ctx, time.Millisecond) }()
	await(t, "the janitor sweeps", func() bool { return r.status(t).FirstSeq == 4 })
	cancel()
	<-done
}

// await polls until ok or fails.
func await(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	late := time.NewTimer(30 * time.Second)
	defer late.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-late.C:
			t.Fatalf("waited in vain until %s", what)
		}
	}
}
