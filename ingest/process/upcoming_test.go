package process

import (
	"fmt"
	"slices"
	"testing"

	"rione/devices"
	"rione/ingest"
	"rione/ingest/journal"
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

// The registry is asked for publishers ahead of their messages. What that found
// counts only where the message is of its publisher: a gateway's is of the device
// that it names, and nobody's of a client that is none.
func TestWhoseMessageItIs(t *testing.T) {
	o := benchOptions(t, 3)
	gateway := devices.Device{ID: "gw-1", Kind: devices.Gateway, Placements: o.Registry.Snapshot().Device("air-00000").Placements}
	snapshot, err := o.Registry.Snapshot().With(2, devices.ChangeSet{Put: []devices.Device{gateway}})
	if err != nil {
		t.Fatal(err)
	}
	o.Registry = registry{snapshot}
	var r record.Builder
	f := func(client, of string) {
		r.Append(&ingest.Message{
			Received: checksBegin, Door: "mqtt", Route: "native", Client: client, Topic: "sc/v1/058091/air/" + of + "/up",
			Payload: fmt.Appendf(nil, `{"ts":%d,"seq":%d,"temp_c":21.4}`, checksBegin.Unix(), r.Count()),
		})
	}
	f("air-00001", "air-00001")
	f("gw-1", "air-00002")
	f("air-00000", "air-00001") // it may not
	f("stranger", "air-00001")  // likewise
	f("", "air-00000")          // of an outer broker, whose clients nobody knows
	f("gw-1", "air-00009")      // that nobody knows either
	p, w := newPipeline(o), newWork()
	if err := p.record.Open(r.Seal(nil, record.NewTotals(1).Header(&r, 0))); err != nil {
		t.Fatal(err)
	}
	if err := p.run(journalEntry, w); err != nil {
		t.Fatal(err)
	}
	var got []string
	for i := range w.points {
		got = append(got, w.points[i].Device.ID)
	}
	for i := range w.refused {
		got = append(got, string(w.refused[i].Reason))
	}
	want := []string{"air-00001", "air-00002", "air-00000", string(ingest.NotPermitted), string(ingest.NotPermitted), string(ingest.UnknownDevice)}
	if !slices.Equal(got, want) {
		t.Errorf("points of, and refused: %q; want %q", got, want)
	}
}
