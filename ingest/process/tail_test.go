package process_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rione/ingest"
	"rione/ingest/influx/influxtest"
	"rione/ingest/journal"
	"rione/ingest/process"
)

// tailing returns the options of a tail.
func (r *rig) tailing(device string, since time.Time) process.TailOptions {
	return process.TailOptions{
		Options: process.Options{
			Registry: r, Decoder: decoderOf, Routes: func() *ingest.Routes { r.mu.Lock(); defer r.mu.Unlock(); return r.routes },
		},
		History: r.journal, Device: device, Since: since,
	}
}

// past tails what the journal has.
func (r *rig) past(o process.TailOptions) []process.Trace {
	r.t.Helper()
	var out []process.Trace
	if err := process.Tail(r.t.Context(), o, func(t process.Trace) error { out = append(out, t); return nil }); err != nil {
		r.t.Fatal(err)
	}
	return out
}

// told writes a trace in a line.
func told(t process.Trace) string {
	words := []string{t.Outcome, t.Device}
	for _, n := range t.Notes {
		words = append(words, strings.Join(strings.Fields(fmt.Sprintf("%s %s %s>%s", n.What, n.Field, n.From, n.To)), " "))
	}
	for _, r := range t.Refused {
		words = append(words, "refused "+string(r.Reason)+" "+r.Field)
	}
	for _, p := range t.Points {
		words = append(words, fmt.Sprintf("%s%v@%s", p.Measurement, p.Fields, p.Time.Format("15:04:05.999999999")))
	}
	return strings.Join(words, "; ")
}

// forget removes the first records from the journal.
func (r *rig) forget(n uint64) {
	r.t.Helper()
	js, err := jetstream.New(r.nc)
	if err != nil {
		r.t.Fatal(err)
	}
	stream, err := js.Stream(r.t.Context(), journal.StreamName)
	if err == nil {
		err = stream.Purge(r.t.Context(), jetstream.WithPurgeSequence(n+1))
	}
	if err != nil {
		r.t.Fatal(err)
	}
}

// Each thing that can happen to a message is told, with its reason.
func TestTailTellsWhatHappened(t *testing.T) {
	r := newRig(t, influxtest.Start(t))
	r.route(append(ingest.DefaultRoutes(), ingest.Route{Name: "klingon", Filter: "klingon/+", Format: "klingon", Device: "topic:1"})...)
	var want []string
	f := func(outcome string, m ingest.Message) {
		r.send(m)
		want = append(want, outcome)
	}
	air := func(payload string) ingest.Message { return say("air", "air-1", payload) }
	f("stored; air-1; airmap[temp_c:20]@10:00:00", air(`{"ts":1772359200000,"temp_c":20}`))
	f("duplicate; air-1; duplicate air >", air(`{"ts":1772359200000,"temp_c":20}`))
	f("stored; air-1; correction air >; airmap[temp_c:21]@10:00:00", air(`{"ts":1772359200000,"temp_c":21}`))
	f("stored; air-1; time >2026-03-01T10:00:00.123456789Z; airmap[temp_c:22]@10:00:00.123456789", air(`{"temp_c":22}`))
	f("stored; air-1; sequence 17>2026-03-01T10:00:00.000000017Z; airmap[temp_c:23]@10:00:00.000000017", air(`{"ts":1772359200000,"seq":17,"temp_c":23}`))
	f("stored; air-1; clock 2026-03-01T12:00:00Z>2026-03-01T10:00:00.123456789Z; airmap[temp_c:24]@10:00:00.12345679", air(`{"ts":1772366400000,"temp_c":24}`))
	f("stored; air-1; late >; airmap[temp_c:25]@08:00:00", air(`{"ts":1772352000000,"temp_c":25}`))
	f("stored; air-1; suspect air.temp_c 210>suspect; suspectmap[bits:2 value:210]@09:59:59", air(`{"ts":1772359199000,"temp_c":210}`))
	f("stored; air-1; converted air.temp_c \"26\">26 Cel; unknown_field mood >; airmap[temp_c:26]@09:59:58", air(`{"ts":1772359198000,"temp_c":"26","mood":1}`))
	f("stored; air-1; converted air.temp_c 300.15 K>27 Cel; airmap[temp_c:27]@09:59:57", air(`[{"bn":"","n":"temp_c","u":"K","v":300.15,"t":1772359197}]`))
	f("partial; air-1; refused wrong_type rh_pct; airmap[temp_c:28]@09:59:56", air(`{"ts":1772359196000,"temp_c":28,"rh_pct":"wet"}`))
	f("quarantined; air-1; refused unparsable ", air(`{"temp_c":`))
	other := say("air", "air-2", `{"ts":1772359200000,"temp_c":5}`)
	r.send(other)
	foreign := air(`{"ts":1772359195000,"temp_c":29}`)
	foreign.Client = "air-2"
	f("quarantined; air-1; refused not_permitted ", foreign)
	lost := air("anything")
	lost.Route, lost.Topic = "klingon", "klingon/air-1"
	f("quarantined; air-1; refused unknown_format ", lost)
	got := r.past(r.tailing("air-1", receipt))
	if len(got) != len(want) {
		t.Errorf("%d messages told, want %d", len(got), len(want))
	}
	for i := range min(len(got), len(want)) {
		if s := told(got[i]); s != want[i] {
			t.Errorf("%s\n got %s\nwant %s", got[i].Payload, s, want[i])
		}
	}
	if first := got[0]; first.Payload != `{"ts":1772359200000,"temp_c":20}` || first.Format != "native" || first.Route != "native" || first.Client != "air-1" || first.Comune != "058091" ||
		first.Journaled.IsZero() || len(first.Readings) != 1 || first.Readings[0].Values["temp_c"] != "20" || first.ID == "" {
		t.Errorf("%+v", first)
	}
}

// Who asks for a device that nobody registered is told why nothing is stored.
func TestTailOfAStranger(t *testing.T) {
	r := newRig(t, influxtest.Start(t))
	r.send(say("air", "air-9", `{"temp_c":20}`), say("air", "air-1", `{"temp_c":20}`))
	got := r.past(r.tailing("air-9", receipt))
	if len(got) != 1 || told(got[0]) != "quarantined; air-9; refused unknown_device " {
		t.Errorf("%+v", got)
	}
	if got := r.past(r.tailing("0102030405060708", receipt)); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}

func TestTailByTime(t *testing.T) {
	r := newRig(t, influxtest.Start(t))
	for i := range 5 {
		r.send(minute(i, `{"ts":%d,"temp_c":2%d}`, ten+i*60_000, i))
	}
	if got := r.past(r.tailing("AIR-1", receipt.Add(3*time.Minute))); len(got) != 2 || !strings.Contains(told(got[0]), "temp_c:23") {
		t.Errorf("%+v", got)
	}
	before := r.tailing("air-1", receipt.Add(-1))
	if got := r.past(before); len(got) != 5 {
		t.Errorf("of a journal that is whole %d messages are told", len(got))
	}
	early := process.ReplaySpec{Since: receipt.Add(-time.Hour), Devices: []string{"air-1"}}
	if _, err := process.NewReplay(t.Context(), r.replaying(early)); err != nil {
		t.Errorf("a replay of a journal that is whole, from before it began: %v", err)
	}
	early.Restate = true // what the store has from before would be deleted
	if _, err := process.NewReplay(t.Context(), r.replaying(early)); !errors.Is(err, process.ErrTooOld) {
		t.Errorf("a restatement of a time before the journal: %v", err)
	}
	r.forget(3)
	if err := process.Tail(t.Context(), before, nil); !errors.Is(err, process.ErrTooOld) {
		t.Errorf("before the journal: %v", err)
	}
	if _, err := process.NewReplay(t.Context(), r.replaying(process.ReplaySpec{Since: receipt})); !errors.Is(err, process.ErrTooOld) {
		t.Errorf("a replay of what is gone: %v", err)
	}
	restate := process.ReplaySpec{Since: receipt.Add(3 * time.Minute), Devices: []string{"air-1"}}
	if _, err := process.NewReplay(t.Context(), r.replaying(restate)); err != nil {
		t.Error(err)
	}
	restate.Restate = true // some of its points may be of messages that are gone
	if _, err := process.NewReplay(t.Context(), r.replaying(restate)); !errors.Is(err, process.ErrTooOld) {
		t.Errorf("a restatement at the edge: %v", err)
	}
	if err := process.Tail(t.Context(), process.TailOptions{}, nil); err == nil {
		t.Error("a tail of nothing begins")
	}
}

// A live tail begins with what comes next, knows what came just before, and
// tells when it was stored.
func TestTailLive(t *testing.T) {
	r := newRig(t, influxtest.Start(t))
	progress := process.NewProgress()
	r.opt = func(o *process.Options) { o.Progress = progress }
	r.start()
	r.send(say("air", "air-1", `{"ts":1772359200000,"temp_c":20}`))
	r.settle()
	o := r.tailing("air-1", time.Time{})
	o.Follow, o.Progress = true, func(int) *process.Progress { return progress }
	ctx, cancel := context.WithCancel(t.Context())
	heard, ended := make(chan process.Trace, 10), make(chan error, 1)
	go func() { ended <- process.Tail(ctx, o, func(t process.Trace) error { heard <- t; return nil }) }()
	next := func(want string) process.Trace {
		t.Helper()
		select {
		case m := <-heard:
			if told(m) != want {
				t.Errorf("told %s, want %s", told(m), want)
			}
			return m
		case <-time.After(20 * time.Second):
			t.Fatal("nothing is told")
		}
		return process.Trace{}
	}
	// The tail has begun when it tells the first of a few.
	began := false
	for i := 0; !began; i++ {
		r.send(say("air", "air-1", fmt.Sprintf(`{"ts":%d,"temp_c":1}`, ten+3600_000*24*-1+i)))
		select {
		case <-heard:
			began = true
		case <-time.After(50 * time.Millisecond):
		}
		if i > 400 {
			t.Fatal("the tail does not begin")
		}
	}
	for len(heard) > 0 {
		<-heard
	}
	r.send(say("air", "air-1", `{"ts":1772359200000,"temp_c":20}`))
	r.send(say("air", "air-1", `{"ts":1772359201000,"temp_c":21}`))
	for m := (process.Trace{}); !strings.Contains(told(m), "duplicate"); {
		m = <-heard
	}
	if m := next("stored; air-1; airmap[temp_c:21]@10:00:01"); m.Pending || m.Stored.IsZero() || m.Stored.Before(m.Journaled.Add(-time.Second)) {
		t.Errorf("stored at %v, pending %v", m.Stored, m.Pending)
	}
	r.end()
	r.send(say("air", "air-1", `{"ts":1772359202000,"temp_c":22}`))
	if m := next("stored; air-1; airmap[temp_c:22]@10:00:02"); !m.Pending {
		t.Error("told as stored while nothing is processed")
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
