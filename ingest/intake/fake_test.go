package intake_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"rione/ingest"
	"rione/ingest/intake"
	"rione/ingest/record"
)

var errRefused = errors.New("journal refuses")

// appended is a record that the fake journal took.
type appended struct {
	partition int
	id        string
	header    record.Header
	payloads  []string
	at        time.Time
}

// fakeJournal is a journal in memory that can refuse, or hang until let go.
type fakeJournal struct {
	partitions int

	mu      sync.Mutex
	records []appended
	ids     map[string]int // appends by id, refused ones too
	refuse  error
	gate    chan struct{} // while it is not nil, appends wait for it
}

var _ intake.Journal = (*fakeJournal)(nil)

func (f *fakeJournal) Partitions() int { return max(1, f.partitions) }

func (f *fakeJournal) Append(ctx context.Context, partition int, data []byte, id string) error {
	a := appended{partition: partition, id: id, at: time.Now()}
	var r record.Record
	if err := r.Open(data); err != nil {
		return err
	}
	a.header = r.Header
	a.header.Doors = append([]record.DoorCount(nil), r.Doors...)
	var m ingest.Message
	for r.Next(&m) {
		a.payloads = append(a.payloads, string(m.Payload))
	}
	f.mu.Lock()
	gate := f.gate
	f.mu.Unlock()
	if gate != nil {
		select {
		case <-gate:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ids == nil {
		f.ids = map[string]int{}
	}
	f.ids[id]++
	if f.refuse != nil {
		return f.refuse
	}
	f.records = append(f.records, a)
	return nil
}

func (f *fakeJournal) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

// hang makes appends wait until the returned function is called.
func (f *fakeJournal) hang() (goOn func()) {
	gate := make(chan struct{})
	f.set(func() { f.gate = gate })
	return func() { f.set(func() { f.gate = nil }); close(gate) }
}

func (f *fakeJournal) taken() []appended {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]appended(nil), f.records...)
}

// filled are the records that hold messages.
func (f *fakeJournal) filled() []appended {
	var out []appended
	for _, r := range f.taken() {
		if len(r.payloads) > 0 {
			out = append(out, r)
		}
	}
	return out
}

func (f *fakeJournal) payloads() string {
	var out []string
	for _, r := range f.taken() {
		out = append(out, r.payloads...)
	}
	return strings.Join(out, " ")
}

type outcome struct {
	token uint64
	err   error
}

// door hears what became of its messages.
type door struct {
	mu       sync.Mutex
	outcomes []outcome
	flushed  []int // how many outcomes there were at each Flush
}

var _ ingest.Acker = (*door)(nil)

func (d *door) Ack(token uint64, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.outcomes = append(d.outcomes, outcome{token, err})
}

func (d *door) Flush() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.flushed = append(d.flushed, len(d.outcomes))
}

func (d *door) flushes() []int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]int(nil), d.flushed...)
}

func (d *door) heard() []outcome {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]outcome(nil), d.outcomes...)
}

// inOrder fails unless the door heard of exactly the tokens 0 to n-1, in order.
func (d *door) inOrder(t *testing.T, n int, want error) {
	t.Helper()
	got := d.heard()
	if len(got) != n {
		t.Fatalf("the door heard of %d messages, want %d", len(got), n)
	}
	for i, o := range got {
		if o.token != uint64(i) || !errors.Is(o.err, want) {
			t.Fatalf("outcome %d is of message %d: %v, want %v", i, o.token, o.err, want)
		}
	}
}

func message(payload string) *ingest.Message {
	return &ingest.Message{Received: time.Now(), Door: "mqtt", Route: "native", Client: "air-1", Topic: "sc/v1/058091/air/air-1/up", Payload: []byte(payload)}
}

func start(t testing.TB, o intake.Options) *intake.Intake {
	t.Helper()
	in, err := intake.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		in.Close(ctx)
	})
	return in
}

func submit(t testing.TB, in *intake.Intake, d *door, token uint64, payload string) {
	t.Helper()
	if err := in.Submit(message(payload), d, token); err != nil {
		t.Fatalf("message %d: %v", token, err)
	}
}
