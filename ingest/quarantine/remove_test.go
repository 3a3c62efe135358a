package quarantine_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rione/ingest"
	"rione/ingest/quarantine"
)

// inStream counts what the stream holds.
func inStream(t *testing.T, nc *nats.Conn) int {
	t.Helper()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	s, err := js.Stream(t.Context(), quarantine.StreamName)
	if err != nil {
		t.Fatal(err)
	}
	return int(s.CachedInfo().State.Msgs)
}

// expect compares what is listed, in the stream and after a restart.
func expect(t *testing.T, nc *nats.Conn, q *quarantine.Quarantine, want string) {
	t.Helper()
	if got := ids(q.List(quarantine.Filter{})); got != want {
		t.Errorf("entries %q, want %q", got, want)
	}
	if n := inStream(t, nc); n != len(strings.Fields(want)) {
		t.Errorf("%d messages in the stream, want those of %q", n, want)
	}
	if got := ids(open(t, nc, quarantine.Options{}).List(quarantine.Filter{})); got != want {
		t.Errorf("after a restart %q, want %q", got, want)
	}
}

// Whatever is chosen goes, and nothing else: the oldest of a device, some in
// between, and those of devices whose entries stand among each other.
func TestWhatIsChosenGoes(t *testing.T) {
	nc := connect(t)
	q := open(t, nc, quarantine.Options{})
	for n := range 12 {
		reason := ingest.Clock
		if n%4 == 3 {
			reason = ingest.Unparsable
		}
		add(t, q, entry(n, reason, fmt.Sprintf("air-%d", n%2)))
	}
	f := func(filter quarantine.Filter, want int, left string, chosen ...string) {
		t.Helper()
		if n, err := q.Drop(t.Context(), filter, chosen...); n != want || err != nil {
			t.Errorf("%+v %q: dropped %d, %v, want %d", filter, chosen, n, err, want)
		}
		expect(t, nc, q, left)
	}
	f(quarantine.Filter{}, 2, "11-3 10-3 9-3 8-3 7-3 6-3 5-3 4-3 3-3 1-3", "0-3", "2-3") // the oldest of air-0
	f(quarantine.Filter{}, 2, "11-3 10-3 9-3 8-3 6-3 4-3 3-3 1-3", "7-3", "5-3")         // between others of air-1
	f(quarantine.Filter{Reason: ingest.Unparsable}, 2, "10-3 9-3 8-3 6-3 4-3 1-3")       // the first stays
	f(quarantine.Filter{Until: noon.Add(8500 * time.Millisecond)}, 4, "10-3 9-3")        // of both devices
	f(quarantine.Filter{Device: "air-3"}, 0, "10-3 9-3")                                 // nobody's
	f(quarantine.Filter{}, 2, "")                                                        // all
	add(t, q, entry(20, ingest.Clock, "air-0"), entry(21, ingest.Clock, "air-0"))        // and life goes on
	f(quarantine.Filter{Device: "air-0"}, 2, "")
}

// The identity of an entry changes when its record is processed again by another
// decoder: there is one entry all the same.
func TestAnEntryOfAnotherIdentityReplaces(t *testing.T) {
	nc := connect(t)
	q := open(t, nc, quarantine.Options{})
	add(t, q, entry(1, ingest.Unparsable, "air-1"), entry(2, ingest.Unparsable, "air-1"))
	add(t, q, entry(1, ingest.WrongType, "air-2"))
	expect(t, nc, q, "2-3 1-3")
	if e, err := q.Get(t.Context(), "1-3"); err != nil || e.Reason != ingest.WrongType || e.Device != "air-2" {
		t.Errorf("%+v, %v, want the later one", e, err)
	}
	if n, err := q.Drop(t.Context(), quarantine.Filter{Device: "air-2"}); n != 1 || err != nil {
		t.Error(n, err)
	}
	expect(t, nc, q, "2-3")
}

// A stream of the release that did not say in the subject whose an entry is goes
// on: its entries are listed, replaced and dropped like the others.
func TestAStreamOfAnEarlierRelease(t *testing.T) {
	nc := connect(t)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{
		Name: quarantine.StreamName, Subjects: []string{"rione.quarantine.*"}, MaxMsgsPerSubject: 1, AllowAtomicPublish: true, AllowDirect: true,
	}); err != nil {
		t.Fatal(err)
	}
	for n := range 5 {
		e := entry(n, ingest.Clock, fmt.Sprintf("air-%d", n%2))
		e.Payload = nil
		text, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := js.PublishMsg(t.Context(), &nats.Msg{Subject: "rione.quarantine." + e.ID, Header: nats.Header{"Rione-Entry": {string(text)}}}); err != nil {
			t.Fatal(err)
		}
	}
	q := open(t, nc, quarantine.Options{})
	expect(t, nc, q, "4-3 3-3 2-3 1-3 0-3")
	add(t, q, entry(4, ingest.WrongType, "air-0"), entry(5, ingest.Clock, "air-0"))
	expect(t, nc, q, "5-3 4-3 3-3 2-3 1-3 0-3")
	if n, err := q.Drop(t.Context(), quarantine.Filter{Device: "air-0"}); n != 4 || err != nil {
		t.Error(n, err)
	}
	expect(t, nc, q, "3-3 1-3")
	if n, err := q.Drop(t.Context(), quarantine.Filter{}); n != 2 || err != nil {
		t.Error(n, err)
	}
	expect(t, nc, q, "")
}

// Lower limits than before hold from the start.
func TestLowerLimitsHoldAtOnce(t *testing.T) {
	nc := connect(t)
	add(t, open(t, nc, quarantine.Options{}), append(many(0, 30, "loud", "058091"), many(30, 33, "quiet", "058091")...)...)
	q := open(t, nc, quarantine.Options{PerIdentity: quarantine.Limit{Entries: 10}})
	if loud, quiet := held(q, quarantine.Filter{Device: "loud"}), held(q, quarantine.Filter{Device: "quiet"}); loud != 10 || quiet != 3 {
		t.Errorf("%d of the loud one and %d of the quiet one, want 10 and 3", loud, quiet)
	}
	if n := inStream(t, nc); n != 13 {
		t.Errorf("%d messages in the stream, want 13", n)
	}
}
