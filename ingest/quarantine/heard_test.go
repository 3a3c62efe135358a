package quarantine_test

import (
	"fmt"
	"maps"
	"testing"

	"rione/ingest"
	"rione/ingest/quarantine"
)

// Who listens hears of entries once they are kept, and of none that could not be;
// and how many there are for each reason follows what is there.
func TestHeardAndCounted(t *testing.T) {
	nc, heard := connect(t), ""
	q := open(t, nc, quarantine.Options{Heard: func(entries []quarantine.Entry) {
		for _, e := range entries {
			heard += fmt.Sprintf("%s %s;", e.ID, e.Reason)
		}
	}})
	add(t, q, entry(1, ingest.Unparsable, "a"), entry(2, ingest.NotPermitted, "b"), entry(3, ingest.Unparsable, "a"))
	if want := "1-3 unparsable;2-3 not_permitted;3-3 unparsable;"; heard != want {
		t.Errorf("heard %q, want %q", heard, want)
	}
	f := func(want map[ingest.Reason]int) {
		t.Helper()
		if got := q.Reasons(); !maps.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
	}
	f(map[ingest.Reason]int{ingest.Unparsable: 2, ingest.NotPermitted: 1})
	if n, err := q.Drop(t.Context(), quarantine.Filter{Reason: ingest.Unparsable}, "1-3"); n != 1 || err != nil {
		t.Fatalf("%d dropped, %v", n, err)
	}
	f(map[ingest.Reason]int{ingest.Unparsable: 1, ingest.NotPermitted: 1})
	heard = ""
	nc.Close()
	if err := q.Add(t.Context(), []quarantine.Entry{entry(4, ingest.Clock, "a")}); err == nil || heard != "" {
		t.Errorf("%v, heard %q of what is not kept", err, heard)
	}
}
