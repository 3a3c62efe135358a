package intake_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"rione/ingest"
	"rione/ingest/intake"
	"rione/ingest/record"
)

func TestJournalIsRequired(t *testing.T) {
	if _, err := intake.New(intake.Options{}); err == nil || !strings.Contains(err.Error(), "Journal") {
		t.Fatalf("error is %v", err)
	}
}

func TestAckComesAfterTheCommitAndInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, one, other := &fakeJournal{}, &door{}, &door{}
		goOn := j.hang()
		in := start(t, intake.Options{Journal: j})
		for i := range uint64(3) {
			submit(t, in, one, i, fmt.Sprint("one", i))
			submit(t, in, other, i, fmt.Sprint("other", i))
		}
		time.Sleep(time.Hour)
		if len(one.heard())+len(other.heard()) > 0 {
			t.Fatal("acked before the commit")
		}
		goOn()
		time.Sleep(time.Second)
		one.inOrder(t, 3, nil)
		other.inOrder(t, 3, nil)
		if got := j.payloads(); got != "one0 other0 one1 other1 one2 other2" {
			t.Errorf("the journal holds %s", got)
		}
	})
}

// All acks of a record come first; then each door writes once.
func TestFlushOncePerDoorAndRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, one, other := &fakeJournal{}, &door{}, &door{}
		goOn := j.hang()
		in := start(t, intake.Options{Journal: j})
		submit(t, in, one, 0, "first record")
		synctest.Wait()
		for i := uint64(1); i < 5; i++ {
			submit(t, in, one, i, "x")
			submit(t, in, other, i-1, "x")
		}
		goOn()
		time.Sleep(time.Second)
		if a, b := one.flushes(), other.flushes(); !slices.Equal(a, []int{1, 5}) || !slices.Equal(b, []int{4}) {
			t.Errorf("flushed after %v and %v acks, want [1 5] and [4]", a, b)
		}
	})
}

func TestLoneMessageIsCommittedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := &fakeJournal{}
		in := start(t, intake.Options{Journal: j})
		for i := range uint64(3) {
			time.Sleep(time.Second)
			submit(t, in, &door{}, i, "x")
			began := time.Now()
			synctest.Wait()
			if got := j.filled(); len(got) != int(i)+1 || !got[i].at.Equal(began) {
				t.Fatalf("message %d was not committed at once", i)
			}
		}
	})
}

// While messages keep coming a commit follows the one before after the window.
func TestSteadyLoadMakesOneRecordAWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := &fakeJournal{}
		in := start(t, intake.Options{Journal: j, Window: 20 * time.Millisecond, Quiet: 4 * time.Millisecond, Page: time.Hour})
		for i := range uint64(1000) {
			submit(t, in, &door{}, i, "x")
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Second)
		got := j.filled()
		if len(got) < 50 || len(got) > 53 {
			t.Fatalf("%d records in a second, want one each 20 ms", len(got))
		}
		for i := 2; i < len(got)-1; i++ {
			if gap := got[i].at.Sub(got[i-1].at); gap != 20*time.Millisecond {
				t.Fatalf("record %d came %v after the one before", i, gap)
			}
		}
	})
}

// A client that waits for its ack before it sends again is not held up for the
// whole window.
func TestQuietEndsTheWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, d := &fakeJournal{}, &door{}
		in := start(t, intake.Options{Journal: j, Window: 20 * time.Millisecond, Quiet: 4 * time.Millisecond})
		submit(t, in, d, 0, "x")
		synctest.Wait()
		submit(t, in, d, 1, "x")
		time.Sleep(4 * time.Millisecond)
		synctest.Wait()
		if len(d.heard()) != 2 {
			t.Error("the second message waits longer than the quiet time")
		}
	})
}

func TestFullRecordIsCommittedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, d := &fakeJournal{}, &door{}
		in := start(t, intake.Options{Journal: j, MaxRecord: 1000, Window: time.Hour, Quiet: time.Hour, Page: 2 * time.Hour})
		submit(t, in, d, 0, "x")
		synctest.Wait()
		for i := uint64(1); len(d.heard()) < 5; i++ {
			submit(t, in, d, i, strings.Repeat("y", 100))
			synctest.Wait()
		}
		if got := j.filled(); len(got) != 2 || len(got[1].payloads) < 5 {
			t.Errorf("%d records", len(got))
		}
	})
}

// A journal that refuses loses nothing: no ack goes out, the record is tried
// again under its id, doors wait in a row, and memory has a bound.
func TestRefusalSlowsDoorsDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const doors, each, maxRecord = 20, 50, 2000
		j, metrics := &fakeJournal{refuse: errRefused}, prometheus.NewRegistry()
		in := start(t, intake.Options{Journal: j, MaxRecord: maxRecord, Metrics: metrics})
		all := make([]*door, doors)
		for n := range all {
			all[n] = &door{}
			go func() {
				for i := range uint64(each) {
					if err := in.Submit(message(fmt.Sprintf("%02d-%02d", n, i)), all[n], i); err != nil {
						t.Errorf("door %d, message %d: %v", n, i, err)
					}
				}
			}()
		}
		time.Sleep(time.Hour)
		for _, d := range all {
			if len(d.heard()) > 0 {
				t.Fatal("acked while the journal refuses")
			}
		}
		j.set(func() {
			if len(j.ids) != 1 {
				t.Errorf("the refused record was tried under %d ids", len(j.ids))
			}
			j.refuse = nil
		})
		time.Sleep(time.Minute)
		for _, d := range all {
			d.inOrder(t, each, nil)
		}
		total := 0
		for _, r := range j.filled() {
			total += len(r.payloads)
			if len(r.payloads) > maxRecord/45+1 { // a message takes some 50 bytes
				t.Errorf("a record of %d messages is beyond the limit", len(r.payloads))
			}
		}
		if total != doors*each {
			t.Errorf("the journal holds %d messages, want %d", total, doors*each)
		}
		if refusedTotal(t, metrics) < 100 {
			t.Error("refusals are not counted")
		}
	})
}

func refusedTotal(t *testing.T, r *prometheus.Registry) float64 {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "rione_intake_refused_total" {
			return f.GetMetric()[0].GetCounter().GetValue()
		}
	}
	return 0
}

// Doors that wait go on in the order in which they came; who sends without a
// pause does not push in.
func TestWaitingDoorsAreServedInTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := &fakeJournal{}
		goOn := j.hang()
		in := start(t, intake.Options{Journal: j, MaxRecord: 1})
		submit(t, in, &door{}, 0, "committed")
		synctest.Wait()
		submit(t, in, &door{}, 0, "open") // and full
		for _, name := range strings.Split("abcdefghijkl", "") {
			go func() {
				for range 2 {
					submit(t, in, &door{}, 0, name)
				}
			}()
			synctest.Wait()
		}
		goOn()
		time.Sleep(time.Second)
		_, waited, _ := strings.Cut(j.payloads(), "open ")
		if waited[:24] != "a b c d e f g h i j k l " {
			t.Errorf("doors went on in the order %s", waited)
		}
		if n := len(strings.Fields(waited)); n != 24 {
			t.Errorf("%d messages, want 24", n)
		}
	})
}

func TestTooLarge(t *testing.T) {
	j, d := &fakeJournal{}, &door{}
	in := start(t, intake.Options{Journal: j, MaxMessage: 100})
	m := message("")
	m.Payload = make([]byte, 100-len(m.Topic))
	if err := in.Submit(m, d, 0); err != nil {
		t.Errorf("at the limit: %v", err)
	}
	m.Payload = append(m.Payload, 0)
	if err := in.Submit(m, d, 1); !errors.Is(err, ingest.ErrTooLarge) {
		t.Errorf("over the limit: %v", err)
	}
	in.Close(t.Context())
	d.inOrder(t, 1, nil)
}

func TestPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := &fakeJournal{}
		in := start(t, intake.Options{Journal: j, Page: time.Second, Epoch: time.Unix(0, 77)})
		for i := range uint64(25) { // 2.5 s
			submit(t, in, &door{}, i, "x")
			time.Sleep(100 * time.Millisecond)
		}
		time.Sleep(time.Hour) // nothing comes
		submit(t, in, &door{}, 25, "x")
		in.Close(t.Context())

		type turn struct {
			page  uint64
			count int
		}
		var turns []turn
		ids := map[string]bool{}
		next := uint64(0)
		for _, r := range j.taken() {
			h := r.header
			if ids[r.id] {
				t.Errorf("id %s is not unique: the engine would take the record for a repetition", r.id)
			}
			ids[r.id] = true
			if h.First != next || h.Epoch != 77 {
				t.Errorf("a record begins at %d in epoch %d, want %d in 77", h.First, h.Epoch, next)
			}
			next += uint64(h.Count)
			if len(turns) == 0 || turns[len(turns)-1].page != h.Page {
				turns = append(turns, turn{page: h.Page})
			}
			turns[len(turns)-1].count += h.Count
		}
		// Page 3 begins with the empty record that ends page 2 and holds the
		// message of an hour later; the empty record of the end is on page 4.
		if want := []turn{{0, 10}, {1, 10}, {2, 5}, {3, 1}, {4, 0}}; !slices.Equal(turns, want) {
			t.Errorf("pages are %v, want %v", turns, want)
		}
	})
}

func TestTotalsOfDoors(t *testing.T) {
	j := &fakeJournal{}
	in := start(t, intake.Options{Journal: j})
	for i, name := range []string{"mqtt", "http", "mqtt"} {
		m := message("x")
		m.Door = name
		if err := in.Submit(m, &door{}, uint64(i)); err != nil {
			t.Fatal(err)
		}
	}
	in.Close(t.Context())
	all := j.taken()
	doors := all[len(all)-1].header.Doors
	slices.SortFunc(doors, func(a, b record.DoorCount) int { return strings.Compare(a.Door, b.Door) })
	if want := []record.DoorCount{{Door: "http", Total: 1}, {Door: "mqtt", Total: 2}}; !slices.Equal(doors, want) {
		t.Errorf("totals are %v, want %v", doors, want)
	}
}

func TestCloseDrains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, d := &fakeJournal{}, &door{}
		goOn := j.hang()
		in := start(t, intake.Options{Journal: j})
		submit(t, in, d, 0, "being committed")
		synctest.Wait()
		submit(t, in, d, 1, "open")
		closed := make(chan struct{})
		go func() { defer close(closed); in.Close(t.Context()) }()
		synctest.Wait()
		if err := in.Submit(message("late"), d, 2); !errors.Is(err, ingest.ErrClosed) {
			t.Errorf("a message after Close: %v", err)
		}
		goOn()
		<-closed
		d.inOrder(t, 2, nil)
		in.Close(t.Context()) // again
	})
}

// Close comes right after a message that the committer has not seen yet.
func TestCloseRightAfterSubmit(t *testing.T) {
	for range 200 {
		j, d := &fakeJournal{}, &door{}
		in := start(t, intake.Options{Journal: j})
		submit(t, in, d, 0, "x")
		in.Close(t.Context())
		d.inOrder(t, 1, nil)
	}
}

// When the journal does not come back in time, each message is refused once.
func TestCloseRefusesWhatIsNotDurable(t *testing.T) {
	f := func(name string, spoil func(*fakeJournal)) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) {
			j, d := &fakeJournal{}, &door{}
			spoil(j)
			in := start(t, intake.Options{Journal: j, MaxRecord: 1})
			submit(t, in, d, 0, "being committed")
			synctest.Wait()
			submit(t, in, d, 1, "open") // and full
			waiting := make(chan error)
			for range 5 {
				go func() { waiting <- in.Submit(message("waits"), d, 99) }()
			}
			synctest.Wait()
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			began := time.Now()
			closed := make(chan struct{})
			go func() { defer close(closed); in.Close(ctx) }()
			for range 5 {
				if err := <-waiting; !errors.Is(err, ingest.ErrClosed) {
					t.Errorf("%s: a waiting message: %v", name, err)
				}
			}
			<-closed
			if took := time.Since(began); took != 3*time.Second {
				t.Errorf("%s: Close took %v", name, took)
			}
			d.inOrder(t, 2, ingest.ErrClosed)
		})
	}
	f("refuses", func(j *fakeJournal) { j.refuse = errRefused })
	f("hangs", func(j *fakeJournal) { j.hang() })
}
