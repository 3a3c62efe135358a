package quarantine_test

import (
	"context"
	"testing"

	"rione/ingest"
	"rione/ingest/quarantine"
)

// TestRelease takes out entries whose messages became points by another way: those
// that may go, of those that are there, and nothing else.
func TestRelease(t *testing.T) {
	nc := connect(t)
	q := open(t, nc, quarantine.Options{})
	for n := range 6 {
		reason := ingest.Clock
		if n%2 == 1 {
			reason = ingest.RejectedByStore
		}
		add(t, q, entry(n, reason, "air-1"))
	}
	f := func(want int, left string, may func(*quarantine.Entry) bool, ids ...string) {
		t.Helper()
		if n, err := q.Release(t.Context(), ids, may); n != want || err != nil {
			t.Errorf("%q: released %d, %v, want %d", ids, n, err, want)
		}
		expect(t, nc, q, left)
	}
	all := func(*quarantine.Entry) bool { return true }
	clock := func(e *quarantine.Entry) bool { return e.Reason == ingest.Clock && e.Device == "air-1" }
	f(0, "5-3 4-3 3-3 2-3 1-3 0-3", all)
	f(0, "5-3 4-3 3-3 2-3 1-3 0-3", all, "77-3", "nonsense", "")
	f(0, "5-3 4-3 3-3 2-3 1-3 0-3", func(*quarantine.Entry) bool { return false }, "1-3", "2-3")
	f(2, "5-3 3-3 2-3 1-3", clock, "0-3", "1-3", "4-3", "5-3") // the others may not
	f(1, "5-3 3-3 1-3", all, "2-3", "4-3")                     // one is gone already
	f(3, "", all, "1-3", "3-3", "5-3")
	add(t, q, entry(3, ingest.Clock, "air-1")) // what is refused again is back
	expect(t, nc, q, "3-3")
}

// TestReleaseThatFails holds that what could not be taken out of the stream stays
// listed.
func TestReleaseThatFails(t *testing.T) {
	nc := connect(t)
	q := open(t, nc, quarantine.Options{})
	add(t, q, entry(1, ingest.Clock, "air-1"))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if n, err := q.Release(ended, []string{"1-3"}, func(*quarantine.Entry) bool { return true }); n != 0 || err == nil {
		t.Errorf("released %d, %v", n, err)
	}
	expect(t, nc, q, "1-3")
}
