package process_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"rione/devices"
	"rione/geo"
	"rione/ingest"
	"rione/ingest/influx"
	"rione/ingest/influx/influxtest"
	"rione/ingest/park"
	"rione/ingest/process"
	"rione/ingest/quarantine"
)

// switched is a store that can be away.
type switched struct {
	process.Store
	mu     sync.Mutex
	back   chan struct{} // closed while the store is there
	writes int           // that have succeeded
}

func newSwitched(s process.Store) *switched {
	on := make(chan struct{})
	close(on)
	return &switched{Store: s, back: on}
}

func (s *switched) off() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.back = make(chan struct{})
}

func (s *switched) on() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.back)
}

func (s *switched) Write(ctx context.Context, bucket string, b *influx.Batch) ([]influx.Reject, error) {
	for {
		s.mu.Lock()
		back := s.back
		s.mu.Unlock()
		select {
		case <-back:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		s.mu.Lock()
		still := back == s.back
		s.writes++
		s.mu.Unlock()
		if still {
			return s.Store.Write(ctx, bucket, b)
		}
	}
}

// second gives the rig a second target for Palermo: a bucket of its own behind
// a switch, whose lines are parked when it is away.
func (r *rig) second() *switched {
	r.t.Helper()
	other := r.bucket + "_palermo"
	r.influx.Buckets(other, other+"_movers", r.bucket+"_movers")
	place := []devices.Placement{{Comune: "082053", Point: geo.Point{Lat: 38.12, Lon: 13.36}, Cell: "1319ef"}}
	r.register(
		devices.Device{ID: "air-p", Kind: devices.Air, Placements: place},
		devices.Device{ID: "bus-p", Kind: devices.Air, Moving: true, Placements: place},
		devices.Device{ID: "people-p", Kind: devices.People, Placements: place})
	js, err := jetstream.New(r.nc)
	if err != nil {
		r.t.Fatal(err)
	}
	parked, err := park.Open(r.t.Context(), js, park.Options{MaxBytes: 64 << 20})
	if err != nil {
		r.t.Fatal(err)
	}
	store := newSwitched(r.store)
	r.opt = func(o *process.Options) {
		queue := func(name string) *park.Queue {
			q, err := parked.Queue(r.t.Context(), name, 0)
			if err != nil {
				r.t.Fatal(err)
			}
			return q
		}
		o.Targets[0].Name, o.Targets[0].Parking, o.Targets[0].Patience = "default", queue("default"), time.Minute
		o.Targets = append(o.Targets, process.Target{
			Name: "palermo", Store: store, Bucket: other, Comuni: []string{"082053"}, Parking: queue("palermo"), Patience: 50 * time.Millisecond,
		})
	}
	return store
}

// in returns what f returns of another bucket.
func in[T any](r *rig, bucket string, f func() T) T {
	was := r.bucket
	r.bucket = bucket
	defer func() { r.bucket = was }()
	return f()
}

func (r *rig) palermo() []string {
	return in(r, r.bucket+"_palermo", func() []string { return r.rows("air") })
}

func temp(id string, ms, value int) ingest.Message {
	return say("air", id, fmt.Sprintf(`{"ts":%d,"temp_c":%d}`, 1772359200000+ms, value))
}

func row(ms, value int) string {
	return time.UnixMilli(int64(1772359200000+ms)).UTC().Format(time.RFC3339Nano) + fmt.Sprintf(" q=0 temp_c=%d", value)
}

func gauge(t *testing.T, g prometheus.Gatherer, name string, labels ...string) float64 {
	t.Helper()
	families, err := g.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			var values []string
			for _, l := range m.GetLabel() {
				values = append(values, l.GetValue())
			}
			if f.GetName() == name && slices.Equal(values, labels) {
				return m.GetGauge().GetValue() + m.GetCounter().GetValue()
			}
		}
	}
	return 0
}

func TestEachComuneHasItsTarget(t *testing.T) {
	r := newRig(t, influxtest.Start(t))
	r.second()
	r.start()
	r.send(temp("air-1", 0, 1), temp("air-p", 0, 2), temp("air-2", 1, 3),
		say("air", "bus-p", `{"ts":1772359200000,"temp_c":4}`), say("people", "people-p", `{"ts":1772359200000,"in_n":3}`))
	r.settle()
	r.end()
	f := func(bucket, measurement string, want ...string) {
		t.Helper()
		if got := in(r, bucket, func() []string { return r.rows(measurement) }); !slices.Equal(got, want) {
			t.Errorf("%s in %s: %q, want %q", measurement, bucket, got, want)
		}
	}
	other := r.bucket + "_palermo"
	f(r.bucket, "air", row(0, 1), row(1, 3))
	f(other, "air", row(0, 2))
	f(other+"_movers", "air", strings.Replace(row(0, 4), "q=0", "q=32", 1))
	f(other, "people", "2026-03-01T10:00:00Z in_n=3 q=0")
	r.expectLedger("acked 5 stored 5 points 5")
}

// A target that is away stops nobody; its lines are parked and written in order
// when it is back, and no older value takes the place of a later one.
func TestATargetThatIsAwayIsParked(t *testing.T) {
	r := newRig(t, influxtest.Start(t))
	store := r.second()
	feed := &hear{}
	set := r.opt
	r.opt = func(o *process.Options) { set(o); o.Feeds = []ingest.Feed{feed} }
	r.start()
	r.send(temp("air-p", 0, 1))
	r.await("the first point", func() bool { return len(r.palermo()) == 1 })
	store.off()
	for i := range 20 {
		r.send(temp("air-1", i, i), temp("air-p", 0, 20+i), temp("air-p", 1+i, i))
		if i%5 == 4 {
			r.settle() // the ledger balances while the target is away
		}
	}
	if got := len(r.rows("air")); got != 20 {
		t.Errorf("%d points of the other target are stored, want 20", got)
	}
	r.await("the breakers tell that one target is away", func() bool {
		return gauge(t, r.running, "rione_process_breakers", "open", "palermo") == 1 && gauge(t, r.running, "rione_process_breakers", "closed", "default") == 1
	})
	if n := feed.points.Load(); n != 61 {
		t.Errorf("the feed heard of %d points, want 61: those that are parked are durable", n)
	}
	if got := r.palermo(); !slices.Equal(got, []string{row(0, 1)}) {
		t.Errorf("stored meanwhile: %q", got)
	}
	store.on()
	r.send(temp("air-p", 0, 44)) // behind the others, or after them
	r.await("everything that was parked", func() bool { return len(r.palermo()) == 21 && r.palermo()[0] == row(0, 44) })
	r.await("the breaker closes", func() bool { return gauge(t, r.running, "rione_process_breakers", "closed", "palermo") == 1 })
	if parked, drained := metric(t, r.running, "rione_process_parked_lines_total"), metric(t, r.running, "rione_process_drained_lines_total"); parked < 40 || drained != parked {
		t.Errorf("%d lines were parked, %d drained", parked, drained)
	}
	r.send(temp("air-p", 0, 45)) // straight again
	r.settle()
	r.end()
	if got := r.palermo()[0]; got != row(0, 45) {
		t.Errorf("the last value is %s", got)
	}
	r.expectLedger("acked 63 stored 63 points 63")
}

// What is parked outlives the processor.
func TestParkedOverARestart(t *testing.T) {
	r := newRig(t, influxtest.Start(t))
	store := r.second()
	store.off()
	r.start()
	for i := range 10 {
		r.send(temp("air-p", 0, i), temp("air-p", 1+i, i))
	}
	r.settle()
	r.end()
	r.start()
	r.send(temp("air-p", 0, 44))
	r.settle()
	store.on()
	r.await("everything that was parked", func() bool { got := r.palermo(); return len(got) == 11 && got[0] == row(0, 44) })
	r.end()
	r.expectLedger("acked 21 stored 21 points 21")
}

// The only target is waited for, but what was parked for it before is written
// first.
func TestTheOnlyTargetWritesWhatWasParked(t *testing.T) {
	r := newRig(t, influxtest.Start(t))
	store := r.second()
	set := r.opt
	only := func(patience time.Duration) {
		r.opt = func(o *process.Options) {
			set(o)
			o.Targets = o.Targets[1:]
			o.Targets[0].Comuni, o.Targets[0].Patience, o.Targets[0].Bucket = nil, patience, r.bucket
		}
	}
	only(50 * time.Millisecond)
	store.off()
	r.start()
	r.send(temp("air-1", 0, 1))
	r.await("a parked line", func() bool { return metric(t, r.running, "rione_process_parked_lines_total") > 0 })
	r.end()
	only(0)
	store.on()
	r.start()
	r.send(temp("air-1", 0, 2))
	r.settle()
	r.end()
	if got := r.rows("air"); !slices.Equal(got, []string{row(0, 2)}) {
		t.Errorf("stored: %q", got)
	}
	r.expectLedger("acked 2 stored 2 points 2")
}

// A parked line that the store refuses is in quarantine with its message, and
// replayed from there.
func TestAParkedLineThatIsRefused(t *testing.T) {
	r := newRig(t, influxtest.Start(t))
	store := r.second()
	line := influx.NewBatch()
	line.AddLine([]byte(`people in_n="a text" 1772359200000000000`)) // from now on in_n is a string
	if rejects, err := r.store.Write(t.Context(), r.bucket+"_palermo", line); err != nil || len(rejects) > 0 {
		t.Fatal(rejects, err)
	}
	store.off()
	r.start()
	r.send(temp("air-p", 0, 1), say("people", "people-p", `{"ts":1772359200000,"in_n":3}`), temp("air-p", 1, 2))
	r.settle()
	r.expectLedger("acked 3 stored 3 points 3")
	store.on()
	r.await("quarantine", func() bool { return r.quarantine.Len() == 1 })
	r.await("the others", func() bool { return len(r.palermo()) == 2 })
	list := r.quarantine.List(quarantine.Filter{})
	e, err := r.quarantine.Get(t.Context(), list[0].ID)
	if err != nil || e.Reason != ingest.RejectedByStore || e.Device != "people-p" || e.Comune != "082053" || string(e.Payload) != `{"ts":1772359200000,"in_n":3}` ||
		e.Topic != "sc/v1/058091/people/people-p/up" || !strings.HasSuffix(e.ID, "-1") {
		t.Errorf("%+v, %v", e, err)
	}
	in(r, r.bucket+"_palermo", func() any { r.query("DROP MEASUREMENT people"); return nil }) // mended
	r.replay(quarantine.Filter{})
	r.await("the replayed point", func() bool {
		return len(in(r, r.bucket+"_palermo", func() []string { return r.rows("people") })) == 1
	})
	r.settle()
	r.end()
}

// Of a parked line whose message has left the journal the line itself is kept.
func TestARefusedLineWithoutItsMessage(t *testing.T) {
	r := newRig(t, influxtest.Start(t))
	store := r.second()
	line := influx.NewBatch()
	line.AddLine([]byte(`people in_n="a text" 1772359200000000000`))
	if _, err := r.store.Write(t.Context(), r.bucket+"_palermo", line); err != nil {
		t.Fatal(err)
	}
	store.off()
	r.start()
	r.send(say("people", "people-p", `{"ts":1772359200000,"in_n":3}`))
	r.settle()
	js, err := jetstream.New(r.nc)
	if err != nil {
		t.Fatal(err)
	}
	s, err := js.Stream(t.Context(), "RIONE_JOURNAL")
	if err == nil {
		err = s.Purge(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	store.on()
	r.await("quarantine", func() bool { return r.quarantine.Len() == 1 })
	r.end()
	e, err := r.quarantine.Get(t.Context(), r.quarantine.List(quarantine.Filter{})[0].ID)
	if err != nil || !strings.Contains(e.Detail, "left the journal") || !strings.HasPrefix(string(e.Payload), "people,comune=082053,device_id=people-p") {
		t.Errorf("%+v, %v", e, err)
	}
}

// full is a parking that has no room for a while.
type full struct {
	process.Parking
	mu      sync.Mutex
	refuses int
	refused int
}

func (f *full) Append(ctx context.Context, b *park.Batch) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.refuses > 0 {
		f.refuses--
		f.refused++
		return park.ErrFull
	}
	return f.Parking.Append(ctx, b)
}

// Without room processing waits: nothing is dropped, and nothing committed.
func TestAFullParkingHoldsProcessingBack(t *testing.T) {
	r := newRig(t, influxtest.Start(t))
	store := r.second()
	set, parking := r.opt, &full{refuses: 4}
	r.opt = func(o *process.Options) {
		set(o)
		parking.Parking = o.Targets[1].Parking
		o.Targets[1].Parking = parking
	}
	store.off()
	r.start()
	r.send(temp("air-p", 0, 1))
	r.settle()
	if parking.refused != 4 {
		t.Errorf("it was tried %d times", parking.refused)
	}
	store.on()
	r.await("the parked point", func() bool { return slices.Equal(r.palermo(), []string{row(0, 1)}) })
	r.end()
	r.expectLedger("acked 1 stored 1 points 1")
}

func TestTargetsAreChecked(t *testing.T) {
	r := newRig(t, influxtest.Start(t))
	store := newSwitched(r.store)
	f := func(want string, targets ...process.Target) {
		t.Helper()
		o := process.Options{
			Reader: noReader{}, Registry: r, Targets: targets, Quarantine: r.quarantine,
			Routes: func() *ingest.Routes { return r.routes }, Decoder: decoderOf,
		}
		if _, err := process.New(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", targets, err, want)
		}
	}
	first := process.Target{Name: "default", Store: store, Bucket: "city"}
	f("Targets")
	f("needs a store", process.Target{Bucket: "city"})
	f("needs a store", process.Target{Store: store})
	f("names none", process.Target{Store: store, Bucket: "city", Comuni: []string{"058091"}})
	f(`"second" needs`, first, process.Target{Name: "second", Store: store, Bucket: "city"})
	f("both b and c", first, process.Target{Name: "b", Store: store, Bucket: "city", Comuni: []string{"058091"}},
		process.Target{Name: "c", Store: store, Bucket: "city", Comuni: []string{"082053", "058091"}})
	first.Parking = &full{}
	f("Records is required", first)
}

type noReader struct{ process.Reader }
