package journal_test

import (
	"testing"
	"time"

	"rione/ingest/journal"
)

func TestWaiting(t *testing.T) {
	r := open(t, journal.Options{Partitions: 2})
	waiting := func() time.Time {
		t.Helper()
		at, err := r.journal.Waiting(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	if at := waiting(); !at.IsZero() {
		t.Errorf("an empty journal waits since %v", at)
	}
	r.append(t, 1, "a", "b")
	r.append(t, 0, "c")
	reader := r.reader(t, 1)
	var times []time.Time
	for range 2 {
		e, err := reader.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		times = append(times, e.Time)
	}
	if at := waiting(); !at.Equal(times[0]) {
		t.Errorf("waits since %v, want %v", at, times[0])
	}
	if err := reader.Commit(t.Context(), 1, nil); err != nil {
		t.Fatal(err)
	}
	if at := waiting(); !at.Equal(times[1]) {
		t.Errorf("waits since %v, want %v", at, times[1])
	}
	if err := reader.Commit(t.Context(), 2, nil); err != nil {
		t.Fatal(err)
	}
	other := r.reader(t, 0)
	e, err := other.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if at := waiting(); !at.Equal(e.Time) {
		t.Errorf("waits since %v, want %v of the other partition", at, e.Time)
	}
	if err := other.Commit(t.Context(), e.Seq, nil); err != nil {
		t.Fatal(err)
	}
	if at := waiting(); !at.IsZero() {
		t.Errorf("everything is committed, and it waits since %v", at)
	}
}
