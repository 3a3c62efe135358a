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
	f(old, 6)        // the last processed one stays
	f(old, 6)
	commit(t, reader, 10, "")
	f(time.Now(), 6)
	f(old, 10)
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
	if first := r.sweep(t, time.Now().Add(2*time.Hour)); first != 15 {
		t.Errorf("the first record that stays is %d, want 15", first)
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
	if s := r.status(t); s.Records != 1+2+3 {
		t.Errorf("%d records stay, want 6", s.Records)
	}
	next(t, r.reader(t, 1), "stuck 1", "stuck 2")
	next(t, r.reader(t, 2), "record 19", "record 20")
	for p, want := range map[int]string{0: "quiet 2", 2: "record 18"} {
		if data, ok, err := r.reader(t, p).Previous(t.Context()); err != nil || !ok || string(data) != want {
			t.Errorf("the last processed record of partition %d is %q, %v, %v", p, data, ok, err)
		}
	}
}

func TestJanitorSweepsUntilItsContextEnds(t *testing.T) {
	r := open(t, journal.Options{ReplayWindow: time.Nanosecond})
	r.append(t, 0, numbered(1, 3)...)
	commit(t, r.reader(t, 0), 3, "")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); r.journal.Janitor(ctx, time.Millisecond) }()
	await(t, "the janitor sweeps", func() bool { return r.status(t).FirstSeq == 3 })
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
