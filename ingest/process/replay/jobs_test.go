package replay_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rione/devices"
	"rione/geo"
	"rione/ingest"
	"rione/ingest/decode"
	"rione/ingest/influx"
	"rione/ingest/journal"
	"rione/ingest/process"
	"rione/ingest/process/replay"
	"rione/ingest/quarantine"
	"rione/ingest/record"
)

var receipt = time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)

// slow is a store that takes a batch when it is told to.
type slow struct {
	gate   chan struct{} // a value lets one batch in; closed: all
	points atomic.Int64
}

func (s *slow) Write(ctx context.Context, _ string, b *influx.Batch) ([]influx.Reject, error) {
	select {
	case <-s.gate:
		s.points.Add(int64(b.Len()))
		return nil, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// rig is a journal of 1,000 messages of one device in as many records.
type rig struct {
	t        *testing.T
	js       jetstream.JetStream
	journal  *journal.Journal
	held     *quarantine.Quarantine
	snapshot *devices.Snapshot
	routes   *ingest.Routes
	store    *slow

	mu    sync.Mutex
	ended []replay.Job
}

const messages = 1000

func newRig(t *testing.T) *rig {
	t.Helper()
	e, err := journal.StartEngine(t.Context(), journal.EngineOptions{Dir: t.TempDir(), NoSync: true, MaxStore: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	nc, err := e.Connect("test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	r := &rig{t: t, store: &slow{gate: make(chan struct{})}}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	r.js, err = jetstream.New(nc)
	must(err)
	r.journal, err = journal.Open(t.Context(), r.js, journal.Options{MaxBytes: 64 << 20})
	must(err)
	r.held, err = quarantine.Open(t.Context(), nc, quarantine.Options{})
	must(err)
	r.snapshot, err = devices.NewSnapshot(1, []devices.Device{{ID: "air-1", Kind: devices.Air, Placements: []devices.Placement{{
		Comune: "058091", Point: geo.Point{Lat: 41.9, Lon: 12.5}, Cell: "132f61",
	}}}})
	must(err)
	r.routes, err = ingest.NewRoutes(ingest.DefaultRoutes())
	must(err)
	r.fill()
	return r
}

func (r *rig) fill() {
	r.t.Helper()
	totals := record.NewTotals(1)
	for i := range messages {
		var b record.Builder
		at := receipt.Add(time.Duration(i) * time.Second)
		b.Append(&ingest.Message{Received: at, Door: "mqtt", Route: "native", Client: "air-1", Topic: "sc/v1/058091/air/air-1/up",
			Payload: fmt.Appendf(nil, `{"ts":%d,"temp_c":20}`, at.Unix())})
		h := totals.Header(&b, 0)
		if err := r.journal.Append(r.t.Context(), 0, b.Seal(nil, h), ""); err != nil {
			r.t.Fatal(err)
		}
		totals.Commit(h, 1)
	}
}

// Snapshot implements process.Registry.
func (r *rig) Snapshot() *devices.Snapshot { return r.snapshot }

func (r *rig) make(ctx context.Context, spec process.ReplaySpec, resumed bool) (*process.Replay, error) {
	return process.NewReplay(ctx, process.ReplayOptions{
		Options: process.Options{
			Registry: r, Targets: []process.Target{{Store: r.store, Bucket: "city"}}, Quarantine: r.held, Routes: func() *ingest.Routes { return r.routes },
			Decoder: func(format string) ingest.Decoder {
				f, _ := decode.Lookup(format)
				return f.New()
			},
		},
		History: r.journal, Spec: spec, Resumed: resumed, Share: 1, SaveEach: 1,
	})
}

// open opens the jobs and runs them until the test ends or stop is called.
func (r *rig) open() (jobs *replay.Jobs, stop func()) {
	r.t.Helper()
	jobs, err := replay.Open(r.t.Context(), r.js, replay.Options{
		New: r.make, Retry: 10 * time.Millisecond, Logger: slog.New(slog.NewTextHandler(r.t.Output(), nil)),
		Ended: func(j replay.Job) { r.mu.Lock(); defer r.mu.Unlock(); r.ended = append(r.ended, j) },
	})
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() { _ = jobs.Run(ctx) }) // ends with ctx
	stop = func() { cancel(); done.Wait() }
	r.t.Cleanup(stop)
	return jobs, stop
}

func (r *rig) await(what string, f func() bool) {
	r.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(30 * time.Second)
	for !f() {
		select {
		case <-tick.C:
		case <-deadline:
			r.t.Fatalf("waited in vain for %s", what)
		}
	}
}

func (r *rig) state(jobs *replay.Jobs, id string) replay.Job {
	r.t.Helper()
	j, err := jobs.Get(r.t.Context(), id)
	if err != nil {
		r.t.Fatal(err)
	}
	return j
}

var everything = process.ReplaySpec{Since: receipt}

// A replay that a restart interrupts goes on from where it was.
func TestAJobOutlivesARestart(t *testing.T) {
	r := newRig(t)
	jobs, stop := r.open()
	job, err := jobs.Start(t.Context(), everything, "anna", "wrong unit")
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		r.store.gate <- struct{}{}
	}
	r.await("progress", func() bool { return r.state(jobs, job.ID).Progress.Position >= 5*64 })
	stop()
	if s := r.state(jobs, job.ID); s.State != replay.Running || s.Progress.State != nil {
		t.Errorf("after the stop: %s, %d bytes of state shown", s.State, len(s.Progress.State))
	}
	close(r.store.gate)
	jobs, _ = r.open()
	r.await("the end", func() bool { return r.state(jobs, job.ID).State == replay.Done })
	end := r.state(jobs, job.ID)
	if end.Progress.Counts.Messages != messages || end.Progress.Counts.Points != messages || end.Author != "anna" || end.Note != "wrong unit" || end.Ended.IsZero() {
		t.Errorf("%+v", end)
	}
	if n := r.store.points.Load(); n < messages || n > messages+64 {
		t.Errorf("%d points were written, want %d and what one batch repeats", n, messages)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.ended) != 1 || r.ended[0].ID != job.ID {
		t.Errorf("told of %d ends", len(r.ended))
	}
}

func TestOneJobAtATime(t *testing.T) {
	r := newRig(t)
	jobs, _ := r.open()
	first, err := jobs.Start(t.Context(), everything, "anna", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := jobs.Start(t.Context(), everything, "bruno", ""); !errors.Is(err, replay.ErrBusy) {
		t.Errorf("a second one: %v", err)
	}
	if _, err := jobs.Start(t.Context(), process.ReplaySpec{Since: receipt, Devices: []string{"air-9"}}, "bruno", ""); err == nil || errors.Is(err, replay.ErrBusy) {
		t.Errorf("of no device: %v", err)
	}
	if _, err := jobs.Cancel(t.Context(), first.ID); err != nil {
		t.Fatal(err)
	}
	r.await("the end", func() bool { return !r.state(jobs, first.ID).Ended.IsZero() })
	if s := r.state(jobs, first.ID); s.State != replay.Cancelled || s.Progress.Counts.Points != 0 {
		t.Errorf("%s after %d points", s.State, s.Progress.Counts.Points)
	}
	close(r.store.gate)
	var second replay.Job
	r.await("the place of the first", func() bool {
		second, err = jobs.Start(t.Context(), process.ReplaySpec{Since: receipt, DryRun: true}, "bruno", "")
		return err == nil
	})
	r.await("the second", func() bool { return r.state(jobs, second.ID).State == replay.Done })
	if n := r.store.points.Load(); n != 0 {
		t.Errorf("a dry run wrote %d points", n)
	}
	list, err := jobs.List(t.Context())
	if err != nil || len(list) != 2 || list[0].ID != second.ID || list[1].ID != first.ID {
		t.Errorf("%+v, %v", list, err)
	}
}

func TestAJobThatIsNotThere(t *testing.T) {
	r := newRig(t)
	jobs, _ := r.open()
	for _, id := range []string{"20260301t100000.0", "no such key", ""} {
		if _, err := jobs.Get(t.Context(), id); !errors.Is(err, replay.ErrNotFound) {
			t.Errorf("%q: %v", id, err)
		}
		if _, err := jobs.Cancel(t.Context(), id); !errors.Is(err, replay.ErrNotFound) {
			t.Errorf("cancel %q: %v", id, err)
		}
	}
	if _, err := replay.Open(t.Context(), r.js, replay.Options{}); err == nil || !strings.Contains(err.Error(), "required") {
		t.Errorf("%v", err)
	}
}

// Old jobs are forgotten, the newest stay.
func TestOldJobsAreForgotten(t *testing.T) {
	r := newRig(t)
	jobs, _ := r.open()
	var last replay.Job
	for i := range 53 {
		r.await("the job before", func() bool {
			j, err := jobs.Start(t.Context(), process.ReplaySpec{Since: receipt.Add(999 * time.Second), Format: "none", DryRun: true}, "anna", fmt.Sprint(i))
			if err == nil {
				last = j
			}
			return err == nil
		})
		r.await("its end", func() bool { return r.state(jobs, last.ID).State == replay.Done })
	}
	r.await("50 jobs", func() bool {
		list, err := jobs.List(t.Context())
		return err == nil && len(list) == 50 && list[0].ID == last.ID
	})
}
