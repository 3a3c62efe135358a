package intake_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rione/ingest"
	"rione/ingest/intake"
	"rione/ingest/journal"
	"rione/ingest/record"
)

// forgetful is the journal behind a line on which each answer is lost once:
// every record is written and none is known to be.
type forgetful struct {
	intake.Journal
	told map[string]bool
}

func (f *forgetful) Append(ctx context.Context, partition int, data []byte, id string) error {
	err := f.Journal.Append(ctx, partition, data, id)
	if err == nil && !f.told[id] {
		f.told[id] = true
		return errors.New("answer lost")
	}
	return err
}

// Everything acked is on disk when the engine starts again: once, in order,
// with the empty records that end pages, although each answer was lost.
func TestAckedIsDurableOnceAndInOrder(t *testing.T) {
	dir := t.TempDir()
	const n = 200
	t.Run("write", func(t *testing.T) {
		in := start(t, intake.Options{Journal: &forgetful{openJournal(t, dir), map[string]bool{}}, MaxRecord: 2000, Page: time.Nanosecond})
		d := &door{}
		for i := range uint64(n) {
			submit(t, in, d, i, fmt.Sprint(i))
		}
		in.Close(t.Context())
		d.inOrder(t, n, nil)
	})
	j := openJournal(t, dir)
	r, err := j.Reader(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	next, records := 0, 0
	page := uint64(0)
	for ; next < n; records++ {
		e, err := r.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var rec record.Record
		if err := rec.Open(e.Data); err != nil {
			t.Fatal(err)
		}
		if rec.First != uint64(next) || rec.Page < page || rec.Page > page+1 {
			t.Fatalf("record %d begins at %d on page %d, want %d after page %d", records, rec.First, rec.Page, next, page)
		}
		page = rec.Page
		var m ingest.Message
		for ; rec.Next(&m); next++ {
			if string(m.Payload) != fmt.Sprint(next) {
				t.Fatalf("message %d is %s", next, m.Payload)
			}
		}
	}
	if s, err := j.Status(t.Context()); err != nil || s.Records != uint64(records)+1 { // and the end of the last page
		t.Errorf("%d records and %d read: something was written twice or swallowed; %v", s.Records, records, err)
	}
}

// A journal at its limit takes no more, and what was submitted meanwhile gets
// in once there is room: nobody has to send it again.
func TestFullJournalHoldsAcksBack(t *testing.T) {
	e, err := journal.StartEngine(t.Context(), journal.EngineOptions{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	nc, err := e.Connect("test")
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	j, err := journal.Open(t.Context(), js, journal.Options{MaxBytes: 64 << 10, ReplayWindow: time.Nanosecond})
	if err != nil {
		t.Fatal(err)
	}
	refused := &refusals{Journal: j, full: make(chan struct{}, 1)}
	in := start(t, intake.Options{Journal: refused, MaxRecord: 1})
	d := &door{}
	const n = 20
	var senders sync.WaitGroup
	for i := range uint64(n) {
		senders.Go(func() {
			_ = in.Submit(&ingest.Message{Received: time.Now(), Door: "mqtt", Topic: "t", Payload: noise(i)}, d, i)
		})
	}
	<-refused.full
	if got := len(d.heard()); got < 3 || got > 8 {
		t.Errorf("%d messages of 8 KiB are in a journal of 64 KiB", got)
	}
	all := make(chan struct{})
	go func() { defer close(all); senders.Wait(); in.Close(t.Context()) }()
	for {
		processAll(t, j)
		select {
		case <-refused.full:
			continue
		case <-all:
		}
		break
	}
	if got := len(d.heard()); got != n {
		t.Errorf("%d of %d messages were acked", got, n)
	}
	for _, o := range d.heard() {
		if o.err != nil {
			t.Errorf("message %d: %v", o.token, o.err)
		}
	}
}

// refusals tells when the journal is full.
type refusals struct {
	intake.Journal
	full chan struct{}
}

func (f *refusals) Append(ctx context.Context, partition int, data []byte, id string) error {
	err := f.Journal.Append(ctx, partition, data, id)
	if errors.Is(err, journal.ErrFull) {
		select {
		case f.full <- struct{}{}:
		default:
		}
	}
	return err
}

// processAll commits everything that is in the journal, and has it swept.
func processAll(t *testing.T, j *journal.Journal) {
	t.Helper()
	r, err := j.Reader(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	s, err := j.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Commit(t.Context(), s.LastSeq, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Sweep(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
}

// noise does not compress.
func noise(seed uint64) []byte {
	out := make([]byte, 8<<10)
	for i := range out {
		seed = seed*6364136223846793005 + 1442695040888963407
		out[i] = byte(seed >> 56)
	}
	return out
}
