package process_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"rione/ingest"
	"rione/ingest/influx/influxtest"
	"rione/ingest/process"
	"rione/ingest/quarantine"
)

// scaled is a decoder whose mapping has the wrong unit.
type scaled struct {
	ingest.Decoder
	by float64
}

func (d scaled) Decode(m *ingest.Message, out *ingest.Readings) error {
	err := d.Decoder.Decode(m, out)
	for _, r := range out.All() {
		for i := range r.Values {
			r.Values[i].Num *= d.by
		}
	}
	return err
}

// wrongly makes the processor decode with a wrong unit.
func (r *rig) wrongly(by float64) {
	r.opt = func(o *process.Options) {
		o.Decoder = func(format string) ingest.Decoder { return scaled{decoderOf(format), by} }
	}
}

// replaying returns the options of a replay with the right decoder.
func (r *rig) replaying(spec process.ReplaySpec) process.ReplayOptions {
	return process.ReplayOptions{
		Options: process.Options{
			Registry: r, Targets: []process.Target{{Store: r.store, Bucket: r.bucket}}, Quarantine: r.quarantine, Decoder: decoderOf,
			Routes: func() *ingest.Routes { r.mu.Lock(); defer r.mu.Unlock(); return r.routes },
		},
		History: r.journal, Delete: deleter{r}, Released: r.quarantine, Spec: spec, Share: 1,
	}
}

// deleter deletes in the rig's bucket.
type deleter struct{ r *rig }

func (d deleter) Delete(ctx context.Context, device string, from, to time.Time) error {
	return d.r.client.Delete(ctx, d.r.bucket, "", from, to, device)
}

// again runs a replay to its end.
func (r *rig) again(spec process.ReplaySpec) process.ReplayCounts {
	r.t.Helper()
	replay, err := process.NewReplay(r.t.Context(), r.replaying(spec))
	if err != nil {
		r.t.Fatal(err)
	}
	p, err := replay.Run(r.t.Context(), process.ReplayProgress{}, func(context.Context, process.ReplayProgress) error { return nil })
	if err != nil {
		r.t.Fatal(err)
	}
	if !p.Done {
		r.t.Error("the replay ended and is not done")
	}
	return p.Counts
}

// minute is a message of air-1 that was received so many minutes after receipt.
func minute(n int, format string, args ...any) ingest.Message {
	m := say("air", "air-1", fmt.Sprintf(format, args...))
	m.Received = receipt.Add(time.Duration(n) * time.Minute)
	return m
}

func (r *rig) expectRows(measurement string, want ...string) {
	r.t.Helper()
	if got := r.rows(measurement); !slices.Equal(got, want) {
		r.t.Errorf("%s:\n%s\nwant\n%s", measurement, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// series counts the series of the store.
func (r *rig) series() int {
	n := 0
	for _, s := range r.query("SHOW SERIES") {
		n += len(s.Values)
	}
	return n
}

const ten = 1772359200000 // 2026-03-01 10:00:00 UTC, in ms

// figures are count, least, greatest and last of a device's temperature.
func (r *rig) figures(device string) string {
	r.t.Helper()
	rows := r.query(fmt.Sprintf("SELECT count(temp_c), min(temp_c), max(temp_c), last(temp_c) FROM air WHERE device_id='%s'", device))
	if len(rows) == 0 {
		return "[]"
	}
	return fmt.Sprint(rows[0].Values[0][1:])
}

func (r *rig) expectFigures(device, want string) {
	r.t.Helper()
	if got := r.figures(device); got != want {
		r.t.Errorf("%s: %s, want %s", device, got, want)
	}
}

// A day of one device is read again after its mapping was corrected: its values
// are right, no point is lost, none is added, and nobody else's are touched.
func TestAWrongMappingIsReplayed(t *testing.T) {
	r := newRig(t, influxtest.Start(t))
	r.wrongly(0.1)
	r.start()
	const day = 24 * 60
	for i := range day {
		other := minute(i, `{"ts":%d,"temp_c":200}`, ten+i*60_000)
		other.Client, other.Topic = "air-2", "sc/v1/058091/air/air-2/up"
		r.send(minute(i, `{"ts":%d,"seq":%d,"temp_c":200}`, ten+i*60_000, i), other)
	}
	const last = ten + day*60_000
	r.send(minute(day, `{"ts":%d,"temp_c":190}`, last), minute(day, `{"ts":%d,"temp_c":195}`, last)) // it corrects itself
	r.settle()
	r.end()
	ledger, series := fmt.Sprint(r.ledger()), r.series()
	r.opt = func(o *process.Options) {
		o.Decoder = func(format string) ingest.Decoder { return scaled{decoderOf(format), 0.2} }
	}
	spec := process.ReplaySpec{Since: receipt, Devices: []string{"air-1"}}
	dry := spec
	dry.DryRun = true
	if n := r.again(dry); n.Messages != day+2 || n.Points+n.Suspect == 0 {
		t.Errorf("a dry run counts %+v", n)
	}
	r.expectFigures("air-1", "[1441 19.5 20 19.5]")
	if n := r.scaledAgain(spec, 0.2); n.Messages != day+2 || n.Points != day+2 || len(n.Refused) > 0 {
		t.Errorf("the replay counts %+v", n)
	}
	r.expectFigures("air-1", "[1441 39 40 39]") // the correction stays the last
	r.expectFigures("air-2", "[1440 20 20 20]")
	if got := r.series(); got != series {
		t.Errorf("%d series, %d before", got, series)
	}
	if got := fmt.Sprint(r.ledger()); got != ledger {
		t.Errorf("the ledger heard of the replay: %s, before %s", got, ledger)
	}
	later := spec
	later.Since = receipt.Add(12 * time.Hour)
	later.Until = receipt.Add(18 * time.Hour)
	if n := r.scaledAgain(later, 0.05); n.Points != 6*60+1 {
		t.Errorf("six hours have %d points", n.Points)
	}
	r.expectFigures("air-1", "[1441 10 40 39]")
}

// scaledAgain replays with a decoder of that unit.
func (r *rig) scaledAgain(spec process.ReplaySpec, by float64) process.ReplayCounts {
	r.t.Helper()
	o := r.replaying(spec)
	o.Decoder = func(format string) ingest.Decoder { return scaled{decoderOf(format), by} }
	return r.carry(o, process.ReplayProgress{}).Counts
}

// carry runs a replay from a progress on.
func (r *rig) carry(o process.ReplayOptions, from process.ReplayProgress) process.ReplayProgress {
	r.t.Helper()
	replay, err := process.NewReplay(r.t.Context(), o)
	if err != nil {
		r.t.Fatal(err)
	}
	p, err := replay.Run(r.t.Context(), from, func(context.Context, process.ReplayProgress) error { return nil })
	if err != nil {
		r.t.Fatal(err)
	}
	return p
}

// What came while a replay ran is applied too, so that the last word stays last.
func TestAReplayCatchesUpWithTheProcessor(t *testing.T) {
	r := newRig(t, influxtest.Start(t))
	r.start()
	for i := range 200 {
		r.send(minute(i, `{"ts":%d,"temp_c":20}`, ten+i*60_000))
	}
	r.settle()
	o := r.replaying(process.ReplaySpec{Since: receipt})
	o.SaveEach = 1
	replay, err := process.NewReplay(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	meanwhile := 0
	p, err := replay.Run(t.Context(), process.ReplayProgress{}, func(context.Context, process.ReplayProgress) error {
		if meanwhile < 3 {
			meanwhile++
			r.send(minute(200, `{"ts":%d,"temp_c":%d}`, ten, 30+meanwhile)) // in place of the first reading
			r.settle()
		}
		return nil
	})
	r.end()
	if err != nil || p.Counts.Messages != 203 {
		t.Errorf("%d messages, %v; want those of before and of meanwhile", p.Counts.Messages, err)
	}
	r.expectFigures("air-1", "[200 20 33 20]")
}

// An interrupted replay goes on from what it saved, and ends as if it had not
// been interrupted.
func TestAnInterruptedReplayGoesOn(t *testing.T) {
	r := newRig(t, influxtest.Start(t))
	r.wrongly(2)
	r.start()
	for i := range 3000 {
		r.send(minute(i, `{"ts":%d,"temp_c":%d}`, ten+i*60_000, 10+i%2)) // a value that never changed would be suspect
	}
	r.settle()
	r.end()
	o := r.replaying(process.ReplaySpec{Since: receipt, Devices: []string{"air-1"}})
	o.SaveEach = 1
	var kept process.ReplayProgress
	interrupted, saves := 0, 0
	for !kept.Done {
		ctx, cancel := context.WithCancel(t.Context())
		replay, err := process.NewReplay(ctx, o)
		if err != nil {
			t.Fatal(err)
		}
		_, err = replay.Run(ctx, kept, func(_ context.Context, p process.ReplayProgress) error {
			kept = p
			if saves++; saves%20 == 0 {
				cancel()
			}
			return nil
		})
		cancel()
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		interrupted++
	}
	if interrupted < 3 {
		t.Errorf("%d attempts: it was not interrupted", interrupted)
	}
	if kept.Counts.Messages != 3000 || kept.Counts.Points != 3000 || kept.Counts.Records < 3000 {
		t.Errorf("counts over interruptions: %+v", kept.Counts)
	}
	r.expectFigures("air-1", "[3000 10 11 11]")
}

// A restatement leaves nothing of what was said before at other times.
func TestRestate(t *testing.T) {
	r := newRig(t, influxtest.Start(t))
	r.opt = func(o *process.Options) { o.Clock = process.AcceptTime }
	r.start()
	other := minute(0, `{"ts":%d,"temp_c":5}`, ten+3600_000)
	other.Client, other.Topic = "air-2", "sc/v1/058091/air/air-2/up"
	r.send(minute(0, `{"ts":%d,"temp_c":20}`, ten), minute(0, `{"ts":%d,"temp_c":21}`, ten+3600_000), minute(0, `{"temp_c":"warm"}`), other)
	r.settle()
	r.end()
	r.expectFigures("air-1", "[2 20 21 21]")
	o := r.replaying(process.ReplaySpec{Since: receipt, Devices: []string{"air-1"}, Restate: true})
	o.Clock = process.QuarantineClock
	n := r.carry(o, process.ReplayProgress{}).Counts
	if n.Quarantined != 2 || n.Points != 1 || fmt.Sprint(n.Refused) != "map[clock:1 wrong_type:1]" {
		t.Errorf("%+v", n)
	}
	r.expectFigures("air-1", "[1 20 20 20]")
	r.expectFigures("air-2", "[1 5 5 5]")
	held := []string{"clock//air-1/058091", "wrong_type/temp_c/air-1/058091"}
	if got := r.held(); !slices.Equal(got, held) {
		t.Errorf("quarantine: %q, want %q", got, held)
	}
	r.carry(o, process.ReplayProgress{})
	if got := r.held(); !slices.Equal(got, held) {
		t.Errorf("after a second restatement: %q, want %q", got, held)
	}
	o.Clock = process.UseServerTime
	if n := r.carry(o, process.ReplayProgress{}).Counts; n.Released != 1 || n.Points != 2 {
		t.Errorf("%+v", n)
	}
	r.expectRows("air", "2026-03-01T10:00:00Z q=0 temp_c=20", "2026-03-01T10:00:00.123456789Z q=1 temp_c=21", "2026-03-01T11:00:00Z q=1 temp_c=5")
}

// What a replay can store leaves quarantine; what it cannot is there once.
func TestAReplayAndQuarantine(t *testing.T) {
	r := newRig(t, influxtest.Start(t))
	r.start()
	stranger := minute(0, `{"ts":%d,"temp_c":7}`, ten)
	stranger.Client, stranger.Topic = "air-9", "sc/v1/058091/air/air-9/up"
	r.send(minute(0, `{"ts":%d,"temp_c":20}`, ten), minute(1, `{"temp_c":`), stranger)
	r.settle()
	r.end()
	if n := r.again(process.ReplaySpec{Since: receipt}); n.Points != 1 || n.Released != 0 || n.Quarantined != 0 || fmt.Sprint(n.Refused) != "map[unknown_device:1 unparsable:1]" {
		t.Errorf("%+v", n)
	}
	approved := fleet()[0]
	approved.ID = "air-9"
	r.register(approved)
	if n := r.again(process.ReplaySpec{Since: receipt, Devices: []string{"air-9"}}); n.Points != 1 || n.Released != 1 {
		t.Errorf("%+v", n)
	}
	if got := r.held(); !slices.Equal(got, []string{"unparsable//air-1/058091"}) {
		t.Errorf("quarantine: %q", got)
	}
	if n, err := r.quarantine.Drop(t.Context(), quarantine.Filter{}); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	r.again(process.ReplaySpec{Since: receipt})
	if got := r.held(); len(got) != 0 {
		t.Errorf("a replay brought back what was dropped: %q", got)
	}
	r.expectLedger("acked 3 stored 1 quarantined 2 points 1")
}

// A decoder's memory of what came before the replay is as it was: from the
// journal, and for what is older than that from the processor.
func TestAReplayRemembersWhatCameBefore(t *testing.T) {
	r := newRig(t, influxtest.Start(t))
	numbered := func(string) ingest.Decoder { return &numbering{} }
	r.opt = func(o *process.Options) { o.Decoder = numbered }
	r.start()
	for i := range 10 {
		r.send(minute(i, "any"))
	}
	r.settle()
	r.end()
	points := r.rows("air")
	o := r.replaying(process.ReplaySpec{Since: receipt.Add(5 * time.Minute)})
	o.Decoder = func(string) ingest.Decoder { return &fresh{} } // does not take the processor's memory over
	if n := r.carry(o, process.ReplayProgress{}).Counts; n.Points != 5 {
		t.Errorf("%+v", n)
	}
	r.expectRows("air", points...)
}

// fresh is a numbering decoder without a state.
type fresh struct{ n numbering }

func (f *fresh) Decode(m *ingest.Message, out *ingest.Readings) error { return f.n.Decode(m, out) }

func TestWhatCannotBeReplayed(t *testing.T) {
	r := newRig(t, influxtest.Start(t))
	f := func(want string, spec process.ReplaySpec) {
		t.Helper()
		if _, err := process.NewReplay(t.Context(), r.replaying(spec)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", spec, err, want)
		}
	}
	f("it is empty", process.ReplaySpec{Since: receipt})
	r.send(minute(-1, `{"temp_c":19}`))
	r.send(minute(0, `{"temp_c":20}`))
	r.forget(1)
	f("the earliest time is 2026-03-01T10:00:00.123456789Z", process.ReplaySpec{Since: receipt.Add(-1)})
	f("since is missing", process.ReplaySpec{})
	f("until is not after since", process.ReplaySpec{Since: receipt, Until: receipt})
	f("name the devices", process.ReplaySpec{Since: receipt, Restate: true})
	f("leave the format out", process.ReplaySpec{Since: receipt, Restate: true, Devices: []string{"air-1"}, Format: "native"})
	f("there is no device air-8", process.ReplaySpec{Since: receipt, Devices: []string{"air-8"}})
	gone := fleet()[0]
	gone.ID, gone.Retired = "air-8", true
	r.register(gone)
	f("air-8 is retired", process.ReplaySpec{Since: receipt, Devices: []string{"air-8"}, Restate: true})
	if _, err := process.NewReplay(t.Context(), process.ReplayOptions{}); err == nil || !strings.Contains(err.Error(), "required") {
		t.Errorf("%v", err)
	}
}
