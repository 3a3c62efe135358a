package park_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"rione/ingest/journal"
	"rione/ingest/park"
)

// rig is a stream on an engine of its own, which can be closed and opened.
type rig struct {
	t      *testing.T
	dir    string
	limit  int64
	engine *journal.Engine
	js     jetstream.JetStream
	stream *park.Stream
}

func open(t *testing.T, limit int64) *rig {
	t.Helper()
	r := &rig{t: t, dir: t.TempDir(), limit: limit}
	r.start()
	return r
}

func (r *rig) start() {
	r.t.Helper()
	e, err := journal.StartEngine(r.t.Context(), journal.EngineOptions{Dir: r.dir, MaxStore: 1 << 30})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(e.Close)
	nc, err := e.Connect("test")
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(nc.Close)
	if r.js, err = jetstream.New(nc); err != nil {
		r.t.Fatal(err)
	}
	if r.stream, err = park.Open(r.t.Context(), r.js, park.Options{MaxBytes: r.limit}); err != nil {
		r.t.Fatal(err)
	}
	r.engine = e
}

func (r *rig) queue(target string) *park.Queue {
	r.t.Helper()
	q, err := r.stream.Queue(r.t.Context(), target, 0)
	if err != nil {
		r.t.Fatal(err)
	}
	return q
}

func batch(bucket string, lines ...string) *park.Batch {
	b := &park.Batch{Bucket: bucket}
	for i, l := range lines {
		b.Add([]byte(l+"\n"), park.Origin{Record: 5, Index: i})
	}
	return b
}

func (r *rig) park(q *park.Queue, bucket string, lines ...string) {
	r.t.Helper()
	if err := q.Append(r.t.Context(), batch(bucket, lines...)); err != nil {
		r.t.Fatal(err)
	}
}

// first expects the oldest lines and returns the sequence to drop.
func (r *rig) first(q *park.Queue, lines int, bucket string, want ...string) uint64 {
	r.t.Helper()
	var b park.Batch
	through, err := q.First(r.t.Context(), &b, lines)
	if err != nil {
		r.t.Fatal(err)
	}
	var got []string
	for i := range b.Len() {
		line, _ := b.Line(i)
		got = append(got, strings.TrimSpace(string(line)))
	}
	if !slices.Equal(got, want) || b.Len() > 0 && b.Bucket != bucket {
		r.t.Fatalf("first are %q for %s, want %q for %s", got, b.Bucket, want, bucket)
	}
	return through
}

func (r *rig) drop(q *park.Queue, through uint64) {
	r.t.Helper()
	if err := q.Drop(r.t.Context(), through); err != nil {
		r.t.Fatal(err)
	}
}

// messages returns how many batches the stream holds.
func (r *rig) messages() uint64 {
	r.t.Helper()
	s, err := r.js.Stream(r.t.Context(), park.StreamName)
	if err != nil {
		r.t.Fatal(err)
	}
	return s.CachedInfo().State.Msgs
}

func TestFirstInFirstOut(t *testing.T) {
	r := open(t, 64<<20)
	a, b := r.queue("palermo"), r.queue("roma")
	if !a.Empty() || r.first(a, 10, "") != 0 {
		t.Error("a new queue is not empty")
	}
	r.park(a, "city", "1", "2")
	r.park(b, "city", "other")
	r.park(a, "city", "3")
	r.park(a, "city_movers", "4")
	r.park(a, "city", "5")
	if a.Empty() {
		t.Error("the queue is empty")
	}
	r.first(a, 100, "city", "1", "2", "3") // and again, since nothing was dropped
	r.drop(a, r.first(a, 2, "city", "1", "2"))
	r.drop(a, r.first(a, 100, "city", "3"))
	r.drop(a, r.first(a, 100, "city_movers", "4"))
	if a.Empty() {
		t.Error("empty, and one batch is left")
	}
	r.drop(a, r.first(a, 100, "city", "5"))
	if !a.Empty() || b.Empty() {
		t.Errorf("empty: %v and %v, want the first one only", a.Empty(), b.Empty())
	}
	r.first(b, 100, "city", "other")
	if n := r.messages(); n != 1 {
		t.Errorf("%d batches are in the stream, want 1", n)
	}
}

func TestNothingIsLostOverARestart(t *testing.T) {
	r := open(t, 64<<20)
	q := r.queue("palermo")
	for i := range 20 {
		r.park(q, "city", fmt.Sprint(i))
	}
	r.drop(q, r.first(q, 3, "city", "0", "1", "2"))
	r.engine.Close()
	r.start()
	q = r.queue("palermo")
	if q.Empty() {
		t.Fatal("the queue is empty")
	}
	// What was dropped and not yet purged comes again; nothing is left out.
	through := r.first(q, 4, "city", "0", "1", "2", "3")
	r.drop(q, through)
	r.drop(q, r.first(q, 100, "city", strings.Fields("4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19")...))
	r.engine.Close()
	r.start()
	if q = r.queue("palermo"); !q.Empty() {
		t.Error("what was taken out to the last is there again")
	}
	r.park(q, "city", "new")
	r.drop(q, r.first(q, 100, "city", "new"))
}

func TestFullRefusesUntilThereIsRoom(t *testing.T) {
	r := open(t, 256<<10)
	q := r.queue("palermo")
	noise := bytes.Repeat([]byte("x"), 300)
	n, err := 0, error(nil)
	for ; err == nil && n < 10_000; n++ {
		for i := range noise {
			noise[i] = byte('a' + (n*7919+i*i*31)%26)
		}
		err = q.Append(t.Context(), batch("city", fmt.Sprint(n)+string(noise)))
	}
	if !errors.Is(err, park.ErrFull) || !strings.Contains(err.Error(), "RIONE_INFLUX_PARKED_MAX_BYTES") {
		t.Fatalf("after %d batches: %v", n, err)
	}
	var b park.Batch
	taken := 0
	for !q.Empty() {
		through, err := q.First(t.Context(), &b, 50)
		if err != nil {
			t.Fatal(err)
		}
		taken += b.Len()
		r.drop(q, through)
		if err := q.Append(t.Context(), batch("city", "more")); taken > n/2 && err != nil {
			t.Fatalf("half of it is taken out and there is no room: %v", err)
		}
		if taken > n {
			break
		}
	}
	if taken < n-1 {
		t.Errorf("%d lines came out, %d went in", taken, n-1)
	}
}

func TestTargets(t *testing.T) {
	r := open(t, 64<<20)
	r.park(r.queue("palermo"), "city", "1")
	r.park(r.queue("venezia"), "city", "1")
	other, err := r.stream.Queue(t.Context(), "venezia", 3)
	if err != nil {
		t.Fatal(err)
	}
	r.park(other, "city", "1")
	got, err := r.stream.Targets(t.Context())
	slices.Sort(got)
	if err != nil || !slices.Equal(got, []string{"palermo", "venezia"}) {
		t.Errorf("targets are %v, %v", got, err)
	}
}

// What an operator purged holds nothing up.
func TestPurgedByHand(t *testing.T) {
	r := open(t, 64<<20)
	q := r.queue("palermo")
	r.park(q, "city", "1")
	s, err := r.js.Stream(t.Context(), park.StreamName)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r.first(q, 10, ""); !q.Empty() {
		t.Error("the queue is not empty")
	}
}

// A batch that cannot be read is named by its sequence, and can be dropped.
func TestABatchThatCannotBeRead(t *testing.T) {
	r := open(t, 64<<20)
	q := r.queue("palermo")
	r.park(q, "city", "1")
	if _, err := r.js.Publish(t.Context(), "rione.parked.palermo.0", []byte("garbage")); err != nil {
		t.Fatal(err)
	}
	r.park(q, "city", "2")
	r.drop(q, r.first(q, 10, "city", "1"))
	var b park.Batch
	through, err := q.First(t.Context(), &b, 10)
	if !errors.Is(err, park.ErrCorrupt) || through != 2 {
		t.Fatalf("sequence %d, error %v", through, err)
	}
	r.drop(q, through)
	r.drop(q, r.first(q, 10, "city", "2"))
	if !q.Empty() {
		t.Error("the queue is not empty")
	}
}

func TestALimitThatHasNoRoom(t *testing.T) {
	r := open(t, 1<<20)
	if _, err := park.Open(t.Context(), r.js, park.Options{MaxBytes: 4 << 30}); err == nil || !strings.Contains(err.Error(), "lower RIONE_INFLUX_PARKED_MAX_BYTES") {
		t.Errorf("error is %v", err)
	}
}

func TestTheLimitCanBeChanged(t *testing.T) {
	r := open(t, 1<<20)
	q := r.queue("palermo")
	r.park(q, "city", "1")
	if _, err := park.Open(t.Context(), r.js, park.Options{MaxBytes: 2 << 20}); err != nil {
		t.Fatal(err)
	}
	s, err := r.js.Stream(t.Context(), park.StreamName)
	if err != nil || s.CachedInfo().Config.MaxBytes != 2<<20 || s.CachedInfo().State.Msgs != 1 {
		t.Errorf("%v, %+v", err, s.CachedInfo())
	}
}
