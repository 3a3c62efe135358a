package process

import (
	"fmt"
	"slices"
	"testing"

	"rione/devices"
	"rione/ingest"
	"rione/ingest/journal"
	"rione/ingest/ledger"
	"rione/ingest/record"
)

// Messages come in their order and all of them, whatever part of the last look
// ahead the record fills, and whether their publishers are known or not.
func TestEachMessageOfARecord(t *testing.T) {
	p, w := newPipeline(benchOptions(t, 10)), newWork()
	for i, n := range []int{1, lookahead - 1, lookahead, lookahead + 1, 3 * lookahead, 0, 5} {
		w.reset()
		e := journal.Entry{Seq: uint64(i + 1), Data: benchRecord(1000*(i+1), n, 20)} // half of them unknown
		if err := p.record.Open(e.Data); err != nil {
			t.Fatal(err)
		}
		if err := p.run(e, w); err != nil {
			t.Fatal(err)
		}
		if len(w.messages) != n || len(w.points)+len(w.refused) != n {
			t.Errorf("%d messages, %d points and %d refused of %d", len(w.messages), len(w.points), len(w.refused), n)
		}
		for k := range w.messages {
			if int(w.messages[k].index) != k {
				t.Errorf("of %d messages number %d is in place %d", n, w.messages[k].index, k)
			}
		}
	}
}

// The registry is asked for devices ahead of their messages. What that found
// counts only where it is who the message is of, and in service: a gateway's is
// of the device that it names, nobody's is of a client that is none, and the name
// of a device that retired may be another's.
func TestWhoseMessageItIs(t *testing.T) {
	o := benchOptions(t, 3)
	there := o.Registry.Snapshot().Device("air-00000").Placements
	snapshot, err := o.Registry.Snapshot().With(2, devices.ChangeSet{Put: []devices.Device{
		{ID: "gw-1", Kind: devices.Gateway, Placements: there},
		{ID: "air-gone", Kind: devices.Air, Placements: there, Retired: true},
		{ID: "air-new", Kind: devices.Air, Placements: there, Pending: true},
		{ID: "air-named", Kind: devices.Air, Placements: there, ExternalID: "serial-7"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	o.Registry = registry{snapshot}
	var r record.Builder
	var want []string
	f := func(client, of, outcome string) {
		r.Append(&ingest.Message{
			Received: checksBegin, Door: "mqtt", Route: "native", Client: client, Topic: "sc/v1/058091/air/" + of + "/up",
			Payload: fmt.Appendf(nil, `{"ts":%d,"seq":%d,"temp_c":21.4}`, checksBegin.Unix(), r.Count()),
		})
		want = append(want, outcome)
	}
	f("air-00001", "air-00001", "air-00001")
	f("gw-1", "air-00002", "air-00002")
	f("air-00000", "air-00001", string(ingest.NotPermitted))
	f("stranger", "air-00001", string(ingest.NotPermitted))
	f("", "air-00000", "air-00000") // of an outer broker, whose clients nobody knows
	f("gw-1", "air-00009", string(ingest.UnknownDevice))
	f("gw-1", "air-gone", string(ingest.UnknownDevice))
	f("air-gone", "air-gone", string(ingest.UnknownDevice))
	f("air-new", "air-new", string(ingest.UnknownDevice))
	f("gw-1", "serial-7", "air-named")
	if got := whose(t, o, r.Seal(nil, record.NewTotals(1).Header(&r, 0))); !slices.Equal(got, want) {
		t.Errorf("the messages are of %q; want %q", got, want)
	}
}

// whose returns the device of each message of a record, or why it was refused.
func whose(t *testing.T, o Options, data []byte) []string {
	t.Helper()
	p, w := newPipeline(o), newWork()
	if err := p.record.Open(data); err != nil {
		t.Fatal(err)
	}
	if err := p.run(journalEntry, w); err != nil {
		t.Fatal(err)
	}
	var list []string
	points, refused := w.points, w.refused
	for i := range w.messages {
		if w.messages[i].outcome == ledger.Stored {
			list, points = append(list, points[0].Device.ID), points[1:]
		} else {
			list, refused = append(list, string(refused[0].Reason)), refused[1:]
		}
	}
	return list
}

// Should another device be expected than a message is of, such as one whose id
// has the same hash, the message is all the same of the one that it names, and
// what is kept of the other stays as it is.
func TestAnotherIsExpected(t *testing.T) {
	p, w := newPipeline(benchOptions(t, 3)), newWork()
	p.snapshot, p.routes = p.opt.Registry.Snapshot(), p.opt.Routes()
	other, number := p.snapshot.Find("air-00002")
	send := func(id string, e devices.Expected) {
		p.message(&ingest.Message{
			Received: checksBegin, Door: "mqtt", Route: "native", Client: id, Topic: "sc/v1/058091/air/" + id + "/up",
			Payload: fmt.Appendf(nil, `{"ts":%d,"temp_c":21.4}`, checksBegin.Unix()),
		}, e, w)
	}
	send("air-00002", devices.Expected{Device: other, Number: number})
	kept := *p.tracks.of(number, 3)
	send("air-00001", devices.Expected{Device: other, Number: number})
	if len(w.points) != 2 || w.points[1].Device.ID != "air-00001" || len(w.refused) != 0 {
		t.Fatalf("%d points, refused %v", len(w.points), w.refused)
	}
	if now := *p.tracks.of(number, 3); now.site != kept.site || !slices.Equal(now.series, kept.series) {
		t.Errorf("of the other is kept %+v, before %+v", now, kept)
	}
}

func TestSubjectOf(t *testing.T) {
	f := func(client, topic, want string) {
		t.Helper()
		if got := subjectOf(&ingest.Message{Client: client, Topic: topic}); got != want {
			t.Errorf("the subject of %q is %q, want %q", topic, got, want)
		}
	}
	f("air-1", "sc/v1/058091/air/air-1/up", "air-1")
	f("gw-1", "sc/v1/058091/air/air-1/up", "air-1")
	f("", "sc/v1/058091/air/air-1/up", "air-1")
	f("air-1", "tele/plug/SENSOR", "air-1")
	f("token:x", "/ingest/v1/native", "token:x")
	f("air-1", "sc/v1/058091/air/air-1", "air-1")
	f("air-1", "sc/v1/058091/air", "")
	f("air-1", "sc/v1/", "")
	f("", "", "")
}
