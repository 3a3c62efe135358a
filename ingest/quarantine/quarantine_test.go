package quarantine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"rione/ingest"
	"rione/ingest/journal"
	"rione/ingest/quarantine"
)

func connect(t *testing.T) *nats.Conn {
	t.Helper()
	e, err := journal.StartEngine(t.Context(), journal.EngineOptions{Dir: t.TempDir(), NoSync: true, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	nc, err := e.Connect("test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

func open(t *testing.T, nc *nats.Conn, o quarantine.Options) *quarantine.Quarantine {
	t.Helper()
	q, err := quarantine.Open(t.Context(), nc, o)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// entry is the n-th of a test: received n seconds after noon.
func entry(n int, reason ingest.Reason, device string) quarantine.Entry {
	m := ingest.Message{
		Received: noon.Add(time.Duration(n) * time.Second), Door: "mqtt", Route: "native", Client: device,
		Topic: "sc/v1/058091/air/" + device + "/up", Payload: fmt.Appendf(nil, `{"n":%d}`, n), Seq: uint64(n), Index: 3,
	}
	e := quarantine.NewEntry(&m, ingest.Refuse(reason, fmt.Sprintf("detail %d", n)))
	e.Device, e.Comune = device, "058091"
	return e
}

func add(t *testing.T, q *quarantine.Quarantine, list ...quarantine.Entry) {
	t.Helper()
	if err := q.Add(t.Context(), list); err != nil {
		t.Fatal(err)
	}
}

func ids(list []quarantine.Entry) string {
	var out []string
	for _, e := range list {
		out = append(out, e.ID)
	}
	return strings.Join(out, " ")
}

func TestAnEntryIsKeptWhole(t *testing.T) {
	q := open(t, connect(t), quarantine.Options{})
	want := entry(7, ingest.Unparsable, "air-1")
	want.Field, want.Payload, want.Detail = "città", []byte{0, 1, 0xff, '\r', '\n'}, "a line\nand \"another\""
	add(t, q, want)
	got, err := q.Get(t.Context(), "7-3")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Payload, want.Payload) || got.Text() != "00 01 ff 0d 0a" {
		t.Errorf("payload %x (%s)", got.Payload, got.Text())
	}
	got.Payload, want.Payload = nil, nil
	if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if _, err := q.Get(t.Context(), "8-3"); !errors.Is(err, quarantine.ErrNotFound) {
		t.Errorf("an entry that was never there: %v", err)
	}
}

func TestAddingAgainReplaces(t *testing.T) {
	q := open(t, connect(t), quarantine.Options{})
	add(t, q, entry(1, ingest.Unparsable, "air-1"), entry(2, ingest.Clock, "air-1"))
	add(t, q, entry(1, ingest.WrongType, "air-1"))
	if q.Len() != 2 {
		t.Errorf("%d entries, want 2", q.Len())
	}
	if e, err := q.Get(t.Context(), "1-3"); err != nil || e.Reason != ingest.WrongType {
		t.Errorf("%+v, %v; want the later one", e, err)
	}
}

func TestFilters(t *testing.T) {
	q := open(t, connect(t), quarantine.Options{})
	far := entry(4, ingest.Clock, "air-2")
	far.Comune, far.Route = "082053", "chirpstack"
	add(t, q, entry(1, ingest.Clock, "air-1"), entry(3, ingest.Unparsable, "air-1"), entry(2, ingest.Clock, "air-1"), far)
	f := func(filter quarantine.Filter, want string) {
		t.Helper()
		if got := ids(q.List(filter)); got != want {
			t.Errorf("%+v: %q, want %q", filter, got, want)
		}
	}
	f(quarantine.Filter{}, "4-3 3-3 2-3 1-3")
	f(quarantine.Filter{Limit: 2}, "4-3 3-3")
	f(quarantine.Filter{Reason: ingest.Clock, Device: "air-1"}, "2-3 1-3")
	f(quarantine.Filter{Comune: "082053"}, "4-3")
	f(quarantine.Filter{Route: "native"}, "3-3 2-3 1-3")
	f(quarantine.Filter{Since: noon.Add(2 * time.Second), Until: noon.Add(4 * time.Second)}, "3-3 2-3")
	f(quarantine.Filter{Device: "air-3"}, "")
}

func TestGroups(t *testing.T) {
	q := open(t, connect(t), quarantine.Options{})
	unit := func(n int, device string) quarantine.Entry {
		e := entry(n, ingest.UnknownUnit, device)
		e.Field = "no2_ugm3"
		return e
	}
	add(t, q, unit(1, "air-1"), unit(3, "air-2"), unit(2, "air-1"), entry(4, ingest.UnknownDevice, "air-9"))
	got := q.Groups(quarantine.Filter{})
	if len(got) != 2 {
		t.Fatalf("%d groups: %+v", len(got), got)
	}
	other := unit(5, "air-3") // another unit is another fault
	other.Unit = "mgL"
	add(t, q, other)
	if all := q.Groups(quarantine.Filter{}); len(all) != 3 || all[2].Unit != "mgL" || all[2].Count != 1 || all[0].Unit != "" || all[0].Count != 3 {
		t.Errorf("with another unit: %+v", all)
	}
	g := got[0]
	if g.Reason != ingest.UnknownUnit || g.Field != "no2_ugm3" || g.Count != 3 || g.Devices != 2 || g.Detail != "detail 3" || !g.Newest.Equal(noon.Add(3*time.Second)) {
		t.Errorf("the largest group: %+v", g)
	}
	if got[1].Hint != quarantine.Hint(ingest.UnknownDevice) {
		t.Errorf("hint %q", got[1].Hint)
	}
}

func TestEveryReasonHasAHint(t *testing.T) {
	for _, r := range []ingest.Reason{
		ingest.UnknownDevice, ingest.UnknownFormat, ingest.NoRoute, ingest.Unparsable, ingest.Empty, ingest.WrongType, ingest.UnknownField,
		ingest.UnknownUnit, ingest.BadTag, ingest.Clock, ingest.NotPermitted, ingest.RejectedByStore, ingest.OverQuota, ingest.TooLarge,
	} {
		if quarantine.Hint(r) == "" {
			t.Errorf("%s has no hint", r)
		}
	}
}

func TestARestartReadsTheIndexAgain(t *testing.T) {
	nc := connect(t)
	q := open(t, nc, quarantine.Options{})
	var many []quarantine.Entry
	for i := range 1500 {
		many = append(many, entry(i, ingest.Unparsable, fmt.Sprintf("air-%d", i%7)))
	}
	add(t, q, many...)
	add(t, q, entry(1500, ingest.Clock, "air-1"), entry(0, ingest.Clock, "air-0"))
	if _, err := q.Drop(t.Context(), quarantine.Filter{}, "5-3", "6-3"); err != nil {
		t.Fatal(err)
	}
	again := open(t, nc, quarantine.Options{})
	if again.Len() != 1499 || ids(again.List(quarantine.Filter{})) != ids(q.List(quarantine.Filter{})) {
		t.Errorf("%d entries after the restart, %d before", again.Len(), q.Len())
	}
	e, err := again.Get(t.Context(), "1499-3")
	if err != nil || string(e.Payload) != `{"n":1499}` {
		t.Errorf("%s, %v", e.Payload, err)
	}
	if e, err = again.Get(t.Context(), "0-3"); err != nil || e.Reason != ingest.Clock {
		t.Errorf("the replaced entry: %+v, %v", e, err)
	}
}

func TestADamagedEntryIsLeftAlone(t *testing.T) {
	nc := connect(t)
	add(t, open(t, nc, quarantine.Options{}), entry(1, ingest.Clock, "air-1"))
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []*nats.Msg{
		{Subject: "rione.quarantine.2-3", Data: []byte("no header")},
		{Subject: "rione.quarantine.4-3", Data: []byte("x"), Header: nats.Header{"Rione-Entry": {"{"}}},
		{Subject: "rione.quarantine.5-3", Data: []byte("x"), Header: nats.Header{"Rione-Entry": {"{}"}}},
	} {
		if _, err := js.PublishMsg(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	var log bytes.Buffer
	q := open(t, nc, quarantine.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	add(t, q, entry(3, ingest.Clock, "air-1"))
	if got := ids(q.List(quarantine.Filter{})); got != "3-3 1-3" {
		t.Errorf("entries %q", got)
	}
	if n := strings.Count(log.String(), "is left alone"); n != 3 {
		t.Errorf("%d complaints, want 3:\n%s", n, &log)
	}
	s, err := js.Stream(t.Context(), quarantine.StreamName)
	if err != nil || s.CachedInfo().State.Msgs != 5 {
		t.Errorf("%d messages in the stream, want 5 (%v)", s.CachedInfo().State.Msgs, err)
	}
}

func TestTheOldestExpire(t *testing.T) {
	f := func(name string, o quarantine.Options, want int) {
		t.Run(name, func(t *testing.T) {
			metrics := prometheus.NewRegistry()
			o.Metrics = metrics
			o.PerIdentity = quarantine.Limit{Entries: 100, Bytes: 1 << 20}
			o.PerComune = o.PerIdentity
			nc := connect(t)
			q := open(t, nc, o)
			for i := range 30 {
				e := entry(i, ingest.Clock, "air-1")
				e.Payload = make([]byte, 1000)
				add(t, q, e)
			}
			list := q.List(quarantine.Filter{})
			if len(list) != want || list[0].ID != "29-3" || list[want-1].ID != fmt.Sprintf("%d-3", 30-want) {
				t.Errorf("%d left: %s; want the newest %d", len(list), ids(list), want)
			}
			if got := counter(t, metrics, "rione_quarantine_expired_total"); got != 30-want {
				t.Errorf("%d counted as expired, want %d", got, 30-want)
			}
			o.Metrics = nil
			if again := open(t, nc, o); again.Len() != want {
				t.Errorf("%d after a restart", again.Len())
			}
		})
	}
	f("by number", quarantine.Options{MaxEntries: 20}, 20)
	f("by size", quarantine.Options{MaxBytes: 13_500}, 10) // 1,000 bytes each and a header of some 240
}

func counter(t *testing.T, g prometheus.Gatherer, name string) int {
	t.Helper()
	families, err := g.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return int(f.GetMetric()[0].GetCounter().GetValue())
		}
	}
	return 0
}

func TestAPayloadOverTheLimitIsCut(t *testing.T) {
	nc := connect(t)
	q := open(t, nc, quarantine.Options{})
	e := entry(1, ingest.TooLarge, "air-1")
	e.Payload = make([]byte, nc.MaxPayload())
	add(t, q, e, entry(2, ingest.Clock, "air-1"))
	got, err := q.Get(t.Context(), e.ID)
	if err != nil || !got.Cut || len(got.Payload) != 0 || !q.List(quarantine.Filter{Reason: ingest.TooLarge})[0].Cut {
		t.Errorf("cut %v, %d bytes, %v", got.Cut, len(got.Payload), err)
	}
	in := &intake{}
	if n, err := q.Replay(t.Context(), in, quarantine.Filter{}); n != 1 || err != nil {
		t.Errorf("replayed %d, %v", n, err)
	}
	if got := ids(q.List(quarantine.Filter{})); got != "1-3" {
		t.Errorf("left: %q, want the one whose payload is in the journal only", got)
	}
}

func TestAddHeedsItsContext(t *testing.T) {
	q := open(t, connect(t), quarantine.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := q.Add(ctx, []quarantine.Entry{entry(1, ingest.Clock, "air-1")}); err == nil {
		t.Error("no error")
	}
	if q.Len() != 0 {
		t.Error("the index holds what may not be in the stream")
	}
}

// intake takes messages as the real one does, later and from another goroutine;
// or fails as told.
type intake struct {
	taken  []string
	full   int   // messages that Submit takes, 0 for all
	refuse error // what acks say
}

func (in *intake) Submit(m *ingest.Message, a ingest.Acker, token uint64) error {
	if in.full > 0 && len(in.taken) == in.full {
		return ingest.ErrClosed
	}
	in.taken = append(in.taken, fmt.Sprintf("%s %s %s", m.Door, m.Client, m.Payload))
	go a.Ack(token, in.refuse)
	return nil
}

func TestReplay(t *testing.T) {
	q := open(t, connect(t), quarantine.Options{})
	add(t, q, entry(2, ingest.Clock, "air-1"), entry(1, ingest.Clock, "air-1"), entry(3, ingest.Unparsable, "air-2"))
	in := &intake{}
	n, err := q.Replay(t.Context(), in, quarantine.Filter{Device: "air-1"})
	if n != 2 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	if want := []string{`replay air-1 {"n":1}`, `replay air-1 {"n":2}`}; !slices.Equal(in.taken, want) {
		t.Errorf("replayed %q, want %q, the oldest first", in.taken, want)
	}
	if got := ids(q.List(quarantine.Filter{})); got != "3-3" {
		t.Errorf("left %q", got)
	}
	if n, err = q.Replay(t.Context(), in, quarantine.Filter{}, "3-3", "9-9"); n != 1 || err != nil || q.Len() != 0 {
		t.Errorf("by id: %d, %v, %d left", n, err, q.Len())
	}
}

func TestAReplayThatFailsLosesNothing(t *testing.T) {
	q := open(t, connect(t), quarantine.Options{})
	for i := range 10 {
		add(t, q, entry(i, ingest.Clock, "air-1"))
	}
	n, err := q.Replay(t.Context(), &intake{full: 4}, quarantine.Filter{})
	if n != 4 || !errors.Is(err, ingest.ErrClosed) || q.Len() != 6 {
		t.Errorf("the intake closed after 4: %d, %v, %d left", n, err, q.Len())
	}
	n, err = q.Replay(t.Context(), &intake{refuse: ingest.ErrClosed}, quarantine.Filter{})
	if n != 0 || !errors.Is(err, ingest.ErrClosed) || q.Len() != 6 {
		t.Errorf("the journal refused: %d, %v, %d left", n, err, q.Len())
	}
	n, err = q.Replay(t.Context(), &intake{}, quarantine.Filter{})
	if n != 6 || err != nil || q.Len() != 0 {
		t.Errorf("at last: %d, %v, %d left", n, err, q.Len())
	}
}

func BenchmarkAdd(b *testing.B) {
	e, err := journal.StartEngine(b.Context(), journal.EngineOptions{Dir: b.TempDir(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	nc, err := e.Connect("bench")
	if err != nil {
		b.Fatal(err)
	}
	defer nc.Close()
	q, err := quarantine.Open(b.Context(), nc, quarantine.Options{MaxEntries: 20_000})
	if err != nil {
		b.Fatal(err)
	}
	n := 0
	b.ReportAllocs()
	for b.Loop() { // a thousand entries each
		list := make([]quarantine.Entry, 1000)
		for i := range list {
			list[i] = entry(n, ingest.Clock, "air-1")
			n++
		}
		if err := q.Add(b.Context(), list); err != nil {
			b.Fatal(err)
		}
	}
}
