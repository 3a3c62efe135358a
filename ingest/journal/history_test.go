package journal_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"rione/ingest/journal"
)

func (r *rig) history(t testing.TB, partition int, from uint64) *journal.History {
	t.Helper()
	h, err := r.journal.History(t.Context(), partition, from)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	return h
}

// again reads the given records of a history, in order.
func again(t testing.TB, h *journal.History, want ...string) {
	t.Helper()
	for _, w := range want {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		e, err := h.Next(ctx)
		cancel()
		if err != nil || string(e.Data) != w {
			t.Fatalf("%.20s at %d, %v; want %s", e.Data, e.Seq, err, w)
		}
	}
}

// TestHistoryCommitsNothing reads records again while the processor stands in the
// middle of them, twice at once: neither is in the other's way.
func TestHistoryCommitsNothing(t *testing.T) {
	r := open(t, journal.Options{})
	r.append(t, 0, numbered(1, 5)...)
	processor := r.reader(t, 0)
	commit(t, processor, next(t, processor, numbered(1, 2)...), "state at 2")

	whole, part := r.history(t, 0, 1), r.history(t, 0, 4)
	again(t, whole, numbered(1, 3)...)
	again(t, part, numbered(4, 5)...)
	again(t, whole, numbered(4, 5)...)

	next(t, processor, numbered(3, 5)...)
	restarted := r.reader(t, 0)
	if string(restarted.State()) != "state at 2" {
		t.Errorf("state %q", restarted.State())
	}
	next(t, restarted, numbered(3, 5)...)
}

// TestHistoryWaitsAtTheEnd holds that what comes later is read too, and that waiting
// ends with its context.
func TestHistoryWaitsAtTheEnd(t *testing.T) {
	r := open(t, journal.Options{})
	r.append(t, 0, "record 1")
	h := r.history(t, 0, 1)
	again(t, h, "record 1")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if e, err := h.Next(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("%+v, %v", e, err)
	}
	r.append(t, 0, "record 2")
	again(t, h, "record 2")
}

func TestHistoryOfPartitions(t *testing.T) {
	r := open(t, journal.Options{Partitions: 2})
	r.append(t, 0, "a 1", "a 2") // 1, 2
	r.append(t, 1, "b 1", "b 2") // 3, 4
	r.append(t, 0, "a 3")        // 5
	again(t, r.history(t, 0, 2), "a 2", "a 3")
	again(t, r.history(t, 1, 1), "b 1", "b 2")
}

// TestClosedHistoryIsForgotten holds that the engine keeps no reader that is done:
// there is a limit on them.
func TestClosedHistoryIsForgotten(t *testing.T) {
	r := open(t, journal.Options{})
	r.append(t, 0, "record 1")
	stream, err := r.js.Stream(t.Context(), journal.StreamName)
	if err != nil {
		t.Fatal(err)
	}
	readers := func() int {
		info, err := stream.Info(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return info.State.Consumers
	}
	before := readers()
	h := r.history(t, 0, 1)
	again(t, h, "record 1")
	if got := readers(); got != before+1 {
		t.Fatalf("%d readers, before there were %d", got, before)
	}
	h.Close()
	await(t, "the engine forgets the reader", func() bool { return readers() == before })
}

func TestExtent(t *testing.T) {
	r := open(t, journal.Options{Partitions: 2, ReplayWindow: time.Nanosecond})
	extent := func(partition int) journal.Extent {
		t.Helper()
		e, err := r.journal.Extent(t.Context(), partition)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	if e := extent(0); e.First.Seq != 0 || e.Last != 0 || e.Processed != 0 || e.State != nil {
		t.Errorf("of an empty partition: %+v", e)
	}
	r.append(t, 1, "b 1")               // 1
	r.append(t, 0, "a 1", "a 2", "a 3") // 2 to 4
	if e := extent(0); e.First.Seq != 2 || string(e.First.Data) != "a 1" || e.Last != 4 || e.Processed != 0 {
		t.Errorf("before anything is processed: %+v", e)
	}
	processor := r.reader(t, 0)
	commit(t, processor, next(t, processor, "a 1", "a 2"), "state at 3")
	if e := extent(0); e.First.Seq != 2 || e.Last != 4 || e.Processed != 3 || string(e.State) != "state at 3" {
		t.Errorf("with two of three processed: %+v", e)
	}
	r.sweep(t, time.Now().Add(time.Hour))
	if e := extent(0); e.First.Seq != 4 || string(e.First.Data) != "a 3" || e.Last != 4 || e.Processed != 3 {
		t.Errorf("after the janitor: %+v", e)
	}
	if e := extent(1); e.First.Seq != 1 || e.Last != 1 || e.Processed != 0 {
		t.Errorf("the other partition: %+v", e)
	}
}

func TestSequenceAt(t *testing.T) {
	r := open(t, journal.Options{})
	f := func(at time.Time, want uint64) {
		t.Helper()
		if got, err := r.journal.SequenceAt(t.Context(), at); err != nil || got != want {
			t.Errorf("%v: %d, %v; want %d", at, got, err, want)
		}
	}
	r.append(t, 0, numbered(1, 4)...)
	h := r.history(t, 0, 1)
	var times []time.Time
	for range 4 {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		e, err := h.Next(ctx)
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		times = append(times, e.Time)
	}
	f(time.Time{}, 1)
	f(times[0], 1)
	f(times[0].Add(1), 2)
	f(times[2], 3) // just then is not before
	f(times[3], 4)
	f(times[3].Add(1), 5) // one beyond the last
	f(time.Now().Add(time.Hour), 5)
}

func TestAddresses(t *testing.T) {
	good := []string{
		"nats://127.0.0.1:4222", "tls://nats.example:4222", "ws://nats.example", "wss://user:secret@nats.example:443",
		"nats.example", "nats.example:4222", "a:4222,b:4222,nats://c:4222", "a:4222, b:4222", "[::1]:4222",
	}
	for _, a := range good {
		if err := journal.CheckURL(a); err != nil {
			t.Errorf("%s: %v", a, err)
		}
	}
	for _, a := range []string{"", ",", "a:4222,", "http://nats.example:4222", "nats://", "nats://:4222", "nats://user:secret@", "nats://a:secret port", "nats://a%zz:1"} {
		err := journal.CheckURL(a)
		if err == nil || !strings.Contains(err.Error(), "nats://host:4222") || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", a, err)
		}
	}
}
