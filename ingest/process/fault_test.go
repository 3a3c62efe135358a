package process_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rione/ingest"
	"rione/ingest/influx"
	"rione/ingest/influx/influxtest"
	"rione/ingest/intake"
	"rione/ingest/ledger"
	"rione/ingest/process"
	"rione/ingest/quarantine"
	"rione/ingest/record"
)

// fuse lets a processor die at its n-th step: before it, or after it and before
// the processor hears of it. Every step after that fails too.
type fuse struct {
	left  atomic.Int64
	after bool
	blown atomic.Bool
}

func (f *fuse) step(do func() error) error {
	burnt := f.left.Add(-1) < 0
	if burnt && (!f.after || f.blown.Load()) {
		f.blown.Store(true)
		return errCrash
	}
	err := do()
	if burnt {
		f.blown.Store(true)
		return errCrash
	}
	return err
}

type fusedStore struct {
	process.Store
	*fuse
}

func (s fusedStore) Write(ctx context.Context, bucket string, b *influx.Batch) (rejects []influx.Reject, err error) {
	if b.Len() == 0 {
		return nil, nil
	}
	err = s.step(func() error { rejects, err = s.Store.Write(ctx, bucket, b); return err })
	return rejects, err
}

type fusedQuarantine struct {
	process.Quarantine
	*fuse
	die func()
}

func (q fusedQuarantine) Add(ctx context.Context, list []quarantine.Entry) error {
	err := q.step(func() error { return q.Quarantine.Add(ctx, list) })
	if q.blown.Load() {
		q.die() // else the processor tries again and again
	}
	return err
}

type fusedReader struct {
	process.Reader
	*fuse
}

func (r fusedReader) Commit(ctx context.Context, seq uint64, state []byte) error {
	return r.step(func() error { return r.Reader.Commit(ctx, seq, state) })
}

// script is a journal of three pages with something of everything.
func (r *rig) script() {
	air := func(format string, args ...any) ingest.Message {
		return say("air", "air-1", fmt.Sprintf(format, args...))
	}
	const ts = 1772359200000
	r.send(air(`{"ts":%d,"temp_c":20}`, ts), say("wifi_ap", "ap-1", `{"ts":1772359200000,"up":true,"clients":20.5}`), say("air", "air-9", `{"temp_c":1}`))
	r.send(air(`{"ts":%d,"temp_c":20}`, ts), air(`{"ts":%d,"temp_c":210}`, ts+1))
	r.turn()
	r.send(air(`{"ts":%d,"temp_c":21}`, ts), air(`{"temp_c":22}`), air(`{`))
	r.turn()
	r.send(air(`{"ts":%d,"temp_c":21}`, ts), air(`{"ts":%d,"temp_c":210}`, ts+1), air(`{"temp_c":22}`), air(`{"temp_c":23}`))
	r.turn()
	r.send()
}

// dump is everything that the script leaves behind; of the ledger the time is
// left out, which is the journal's.
func (r *rig) dump() string {
	var out []string
	for _, m := range []string{"air", "wifi_ap", "suspect"} {
		out = append(out, r.rows(m)...)
	}
	var ledger []string
	for _, row := range r.rows("ledger") {
		_, row, _ = strings.Cut(row, " ")
		ledger = append(ledger, row)
	}
	slices.Sort(ledger)
	return strings.Join(append(append(out, ledger...), r.held()...), "\n")
}

// awaitCrash waits until the processor died, which is true, or did all it had
// to, and ends it.
func (r *rig) awaitCrash(done func() bool) bool {
	r.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(time.Minute)
	for !done() {
		select {
		case <-tick.C:
		case <-r.stopped:
			return true
		case <-deadline:
			r.t.Fatalf("neither crash nor end; ledger %v", r.ledger())
		}
	}
	r.stop()
	return <-r.stopped != nil
}

// A crash at any step repeats work and changes nothing.
func TestACrashAtAnyStepChangesNothing(t *testing.T) {
	server := influxtest.Start(t)
	want := ""
	run := func(after bool, n int64) (blown bool) {
		t.Run(fmt.Sprintf("%d %v", n, after), func(t *testing.T) {
			r := newRig(t, server)
			r.script()
			f := &fuse{after: after}
			f.left.Store(n)
			store, reader := r.store, r.reader
			r.store = fusedStore{store, f}
			r.refusals = fusedQuarantine{r.quarantine, f, func() { r.stop() }}
			r.reader = func(next process.Reader) process.Reader { return fusedReader{next, f} }
			r.start()
			blown = r.awaitCrash(func() bool { return r.ledger()["acked"] == 12 })
			r.store, r.refusals, r.reader = store, r.quarantine, reader
			r.start()
			r.settle()
			r.end()
			r.expectLedger("acked 12 stored 5 partial 1 duplicate 4 quarantined 2")
			switch got := r.dump(); {
			case want == "":
				want = got
				t.Logf("what has to be:\n%s", got)
			case got != want:
				t.Errorf("crash before or after (%v) step %d:\n%s\nwant\n%s", after, n, got, want)
			}
		})
		return blown
	}
	run(false, 1<<30) // without a crash
	for _, after := range []bool{false, true} {
		for n := int64(0); run(after, n); n++ {
		}
	}
}

// hear is a feed that counts.
type hear struct{ points atomic.Int64 }

func (h *hear) Stored(points []ingest.Point) { h.points.Add(int64(len(points))) }

func TestPoisonAmongFiveThousand(t *testing.T) {
	r := newRig(t, influxtest.Start(t))
	feed := &hear{}
	r.opt = func(o *process.Options) { o.Feeds = []ingest.Feed{feed} }
	line := influx.NewBatch()
	line.AddLine([]byte(`people in_n="a text" 1772359200000000000`)) // from now on in_n is a string
	if rejects, err := r.store.Write(t.Context(), r.bucket, line); err != nil || len(rejects) > 0 {
		t.Fatal(rejects, err)
	}
	r.start()
	for i := range 10 {
		var list []ingest.Message
		for k := range 500 {
			m := say("air", "air-1", fmt.Sprintf(`{"ts":%d,"temp_c":20}`, 1772359200000+i*500+k))
			if i*500+k == 3210 {
				m = say("people", "people-1", `{"ts":1772359200000,"in_n":3}`)
			}
			list = append(list, m)
		}
		r.send(list...)
	}
	r.settle()
	r.expectLedger("acked 5000 stored 4999 quarantined 1 points 4999")
	if got := r.held(); !slices.Equal(got, []string{"rejected_by_store//people-1/058091"}) {
		t.Errorf("quarantine: %q", got)
	}
	if n := feed.points.Load(); n != 4999 {
		t.Errorf("the feed heard of %d points, want those that are stored", n)
	}
	r.query("DROP MEASUREMENT people") // mended
	r.replay(quarantine.Filter{})
	r.await("the replayed point", func() bool { return len(r.rows("people")) == 1 })
	r.settle()
	r.end()
	r.expectLedger("acked 5001 stored 5000 quarantined 1 points 5000")
}

// replay sends what is in quarantine through a real intake, and ends its page.
func (r *rig) replay(f quarantine.Filter) {
	r.t.Helper()
	in, err := intake.New(intake.Options{Journal: r.journal})
	if err != nil {
		r.t.Fatal(err)
	}
	if _, err := r.quarantine.Replay(r.t.Context(), in, f); err != nil {
		r.t.Fatal(err)
	}
	in.Close(r.t.Context())
}

func TestAnApprovedDevice(t *testing.T) {
	r := newRig(t, influxtest.Start(t))
	r.start()
	r.send(say("air", "air-9", `{"ts":1772359200000,"temp_c":20}`), say("air", "air-9", `{"ts":1772359200001,"temp_c":21}`))
	r.settle()
	approved := fleet()[0]
	approved.ID = "air-9"
	r.register(approved)
	r.replay(quarantine.Filter{Reason: ingest.UnknownDevice})
	r.await("the replayed points", func() bool { return len(r.rows("air")) == 2 })
	r.settle()
	r.end()
	r.expectLedger("acked 4 stored 2 quarantined 2 points 2")
	if got := r.held(); len(got) != 0 {
		t.Errorf("quarantine: %q", got)
	}
}

func TestTheOrderOfADevice(t *testing.T) {
	r := newRig(t, influxtest.Start(t))
	r.opt = func(o *process.Options) { o.BatchLines = 7 }
	for i := range 20 {
		var list []ingest.Message
		for k := range 10 {
			list = append(list, say("air", "air-1", fmt.Sprintf(`{"ts":1772359200000,"rh_pct":%d}`, (i*10+k)%97)), say("air", "air-2", fmt.Sprintf(`{"ts":%d,"temp_c":5}`, 1772359200000+i*10+k)))
		}
		r.send(list...)
		if i%5 == 4 {
			r.turn()
		}
	}
	r.start()
	r.settle()
	r.end()
	if got, want := r.query("SELECT rh_pct FROM air WHERE device_id='air-1'"), int64(199%97); len(got) != 1 || len(got[0].Values) != 1 || got[0].Values[0][1] != want {
		t.Errorf("%+v, want the last value %d", got, want)
	}
	r.expectLedger("acked 400 stored 400 points 400")
}

func TestAStoreThatGoesAndComes(t *testing.T) {
	server := influxtest.Start(t)
	r := newRig(t, server)
	r.start()
	r.send(say("air", "air-1", `{"ts":1772359200000,"temp_c":20}`))
	r.await("the first point", func() bool { return len(r.rows("air")) == 1 })
	server.Kill()
	for i := range 50 {
		r.send(say("air", "air-1", fmt.Sprintf(`{"ts":%d,"temp_c":20}`, 1772359200001+i)))
	}
	r.await("the store is missed", func() bool { return r.store.(*influx.Writer).Down() != nil })
	server.Restart()
	r.settle()
	r.end()
	r.expectLedger("acked 51 stored 51 points 51")
}

func TestAWrongTokenLosesNothing(t *testing.T) {
	server := influxtest.Start(t)
	r := newRig(t, server)
	target, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	var refusals atomic.Int32
	proxy := httputil.NewSingleHostReverseProxy(target)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if refusals.Add(1) <= 3 {
			http.Error(w, `{"code":"unauthorized","message":"unauthorized access"}`, http.StatusUnauthorized)
			return
		}
		proxy.ServeHTTP(w, q)
	}))
	defer front.Close()
	client, err := influx.NewClient(influx.Options{URL: front.URL, Token: server.Token, Org: server.Org})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if r.store, err = influx.NewWriter(client); err != nil {
		t.Fatal(err)
	}
	r.start()
	r.send(say("air", "air-1", `{"ts":1772359200000,"temp_c":20}`))
	r.settle()
	r.end()
	r.expectLedger("acked 1 stored 1 points 1")
}

// stubborn fails a few times.
type stubborn struct {
	process.Quarantine
	fails atomic.Int32
}

func (s *stubborn) Add(ctx context.Context, list []quarantine.Entry) error {
	if s.fails.Add(-1) >= 0 {
		return errCrash
	}
	return s.Quarantine.Add(ctx, list)
}

func TestAQuarantineThatFailsIsTriedAgain(t *testing.T) {
	r := newRig(t, influxtest.Start(t))
	q := &stubborn{Quarantine: r.quarantine}
	q.fails.Store(3)
	r.refusals = q
	r.start()
	r.send(say("air", "air-1", `{`), say("air", "air-1", `{"ts":1772359200000,"temp_c":20}`))
	r.settle()
	r.end()
	r.expectLedger("acked 2 stored 1 quarantined 1 points 1")
}

// explosive panics on one payload.
type explosive struct{ ingest.Decoder }

func (d explosive) Decode(m *ingest.Message, out *ingest.Readings) error {
	if string(m.Payload) == "boom" {
		out.Next().Number("temp_c", 1, 0)
		panic("index out of range")
	}
	return d.Decoder.Decode(m, out)
}

func TestADecoderThatPanicsStopsNobody(t *testing.T) {
	r := newRig(t, influxtest.Start(t))
	r.opt = func(o *process.Options) {
		o.Decoder = func(format string) ingest.Decoder { return explosive{decoderOf(format)} }
	}
	r.start()
	r.send(say("air", "air-1", "boom"), say("air", "air-1", `{"ts":1772359200000,"temp_c":20}`), say("air", "air-1", "boom"))
	r.settle()
	r.end()
	r.expectLedger("acked 3 stored 1 quarantined 2 points 1")
	list := r.quarantine.List(quarantine.Filter{})
	if len(list) != 2 || list[0].Reason != ingest.Unparsable || list[0].Detail != "the decoder failed" {
		t.Errorf("%+v", list)
	}
}

func TestADamagedRecordIsPassedOver(t *testing.T) {
	r := newRig(t, influxtest.Start(t))
	var told []ledger.Imbalance
	r.opt = func(o *process.Options) { o.Unbalanced = func(i ledger.Imbalance) { told = append(told, i) } }
	r.start()
	r.append([]byte("garbage"))
	var b record.Builder
	for i := range 2 {
		m := say("air", "air-1", fmt.Sprintf(`{"ts":%d,"temp_c":20}`, 1772359200000+i))
		b.Append(&m)
	}
	h := r.totals.Header(&b, 0)
	data := b.Seal(nil, h)
	data[len(data)-1] ^= 1
	r.append(data)
	r.totals.Commit(h, 2) // the doors have acked them
	r.send(say("air", "air-1", `{"ts":1772359201000,"temp_c":20}`))
	r.turn()
	r.send()
	r.await("the ledger", func() bool { return r.ledger()["acked"] == 3 })
	r.end()
	r.expectLedger("acked 3 stored 1 points 1") // two stay open: the ledger does not balance, as it should
	if len(told) != 1 || told[0].Open["mqtt"] != 2 || told[0].After != 0 || told[0].Last != 4 || told[0].Total() != 2 {
		t.Errorf("told of %+v", told)
	}
	if n := metric(t, r.running, "rione_process_unbalanced_messages_total"); n != 2 {
		t.Errorf("%d messages counted as unbalanced, want 2", n)
	}
	if n := metric(t, r.running, "rione_process_corrupt_records_total"); n != 2 {
		t.Errorf("%d damaged records counted, want 2", n)
	}
}

// A record of a newer release waits for the upgrade; what came before it is
// stored, what comes after it is not taken out of turn.
func TestARecordOfANewerReleaseIsNotPassedOver(t *testing.T) {
	r := newRig(t, influxtest.Start(t))
	r.send(say("air", "air-1", `{"ts":1772359200000,"temp_c":20}`))
	r.append([]byte{'J', 2, 0, 0, 0})
	r.send(say("air", "air-1", `{"ts":1772359201000,"temp_c":21}`))
	for range 2 { // and after a restart again
		r.start()
		select {
		case err := <-r.stopped:
			if !errors.Is(err, record.ErrNewer) || !strings.Contains(err.Error(), "record 2") || !strings.Contains(err.Error(), "upgrade") {
				t.Errorf("it ended with: %v", err)
			}
		case <-time.After(time.Minute):
			t.Fatal("it did not stop")
		}
		want := []string{"2026-03-01T10:00:00Z q=0 temp_c=20"}
		if got := r.rows("air"); !slices.Equal(got, want) {
			t.Errorf("stored: %v, want %v", got, want)
		}
	}
	if s, err := r.journal.Status(t.Context()); err != nil || s.Pending != 3 {
		t.Errorf("%d records wait, want 3 (%v)", s.Pending, err)
	}
}

// The intake was killed: nobody ends its last page.
func TestAPageThatNobodyEnds(t *testing.T) {
	r := newRig(t, influxtest.Start(t))
	r.start()
	r.send(say("air", "air-1", `{"ts":1772359200000,"temp_c":20}`))
	r.await("the ledger", func() bool { return r.ledger()["acked"] == 1 })
	r.await("the commit", func() bool { s, err := r.journal.Status(t.Context()); return err == nil && s.Pending == 0 })
	r.send(say("air", "air-1", `{"ts":1772359201000,"temp_c":20}`)) // and yet it goes on
	r.settle()
	r.end()
	r.expectLedger("acked 2 stored 2 points 2")
}

func TestOptionsAreChecked(t *testing.T) {
	if _, err := process.New(process.Options{Pace: time.Second}); err == nil || !strings.Contains(err.Error(), "required") {
		t.Errorf("%v", err)
	}
}
