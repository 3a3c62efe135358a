package process

import (
	"testing"

	"rione/ingest/influx"
	"rione/ingest/journal"
	"rione/ingest/ledger"
)

// TestSettle goes through what the store may do to the lines of a message.
func TestSettle(t *testing.T) {
	f := func(before ledger.Outcome, linesLeft int32, poison bool, want ledger.Outcome) {
		t.Helper()
		m := message{outcome: before, lines: linesLeft}
		if m.settle(poison); m.outcome != want {
			t.Errorf("%s with %d lines left, poison %v: %s, want %s", before, linesLeft, poison, m.outcome, want)
		}
	}
	f(ledger.Stored, 1, false, ledger.Stored) // some of its points were too old
	f(ledger.Stored, 0, false, ledger.Expired)
	f(ledger.Stored, 1, true, ledger.Partial)
	f(ledger.Stored, 0, true, ledger.Quarantined)
	f(ledger.Partial, 1, false, ledger.Partial)
	f(ledger.Partial, 0, false, ledger.Quarantined)
	f(ledger.Partial, 1, true, ledger.Partial)
	f(ledger.Partial, 0, true, ledger.Quarantined)
}

// TestReject refuses lines of several messages of two records.
func TestReject(t *testing.T) {
	p, w := newPipeline(benchOptions(t, 200)), newWork()
	for i := range 2 {
		e := journal.Entry{Seq: uint64(40 + i), Data: benchRecord(i, 10, 200)}
		if err := p.record.Open(e.Data); err != nil {
			t.Fatal(err)
		}
		if err := p.run(e, w); err != nil {
			t.Fatal(err)
		}
	}
	rejects := []influx.Reject{{Line: 2, Detail: "a"}, {Line: 5, Expired: true}, {Line: 7, Detail: "b"}, {Line: 13, Detail: "c"}}
	if err := w.reject(rejects); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"40-2": "a", "40-7": "b", "41-3": "c"}
	if len(w.refused) != len(want) || len(w.points) != 16 {
		t.Errorf("%d entries, %d points", len(w.refused), len(w.points))
	}
	for _, e := range w.refused {
		if want[e.ID] != e.Detail || e.Device != e.Client || e.Comune != "058091" || len(e.Payload) == 0 {
			t.Errorf("%+v", e)
		}
	}
	for i, o := range map[int]ledger.Outcome{2: ledger.Quarantined, 5: ledger.Expired, 6: ledger.Stored, 13: ledger.Quarantined} {
		if w.messages[i].outcome != o {
			t.Errorf("message %d: %s, want %s", i, w.messages[i].outcome, o)
		}
	}
	devices := map[string]bool{}
	for i := range w.points {
		devices[w.points[i].Device.ID] = true
	}
	if len(devices) != 16 || devices["air-00002"] || devices["air-00013"] {
		t.Errorf("the points that are left: %v", devices)
	}
}
