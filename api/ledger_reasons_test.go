package api

import (
	"slices"
	"testing"
	"time"
)

func TestLedgerByReason(t *testing.T) {
	entry := func(id, reason, device, comune string, ago time.Duration) Entry {
		return Entry{ID: id, Reason: reason, Device: device, Comune: comune, Received: noon.Add(-ago)}
	}
	q := &memoryQuarantine{entries: []Entry{
		entry("1-0", "unknown_unit", "air-1", "058091", time.Hour),
		entry("2-0", "unknown_unit", "air-2", "082053", 2*time.Hour),
		entry("3-0", "clock", "air-1", "058091", time.Hour),
		entry("4-0", "clock", "air-1", "058091", 48*time.Hour), // before the range
	}}
	r := newRig(t, nil, func(o *Options) { o.Quarantine, o.Now = q, func() time.Time { return noon } })
	got := get[Ledger](r, "/v1/ledger?by=reason")
	if want := []LedgerLine{{Reason: "clock", Held: 1}, {Reason: "unknown_unit", Held: 2}}; !slices.Equal(got.Lines, want) || got.Total.Held != 3 {
		t.Errorf("%+v, want %+v", got, want)
	}
	got = get[Ledger](r, "/v1/ledger?by=reason&start=2020-01-01T00:00:00Z")
	if got.Total.Held != 4 || got.Total.Acked != 0 {
		t.Errorf("of all time: %+v", got.Total)
	}
	roma := withCaller(t.Context(), caller{scope: scope{comuni: []string{"058091"}}})
	if own, err := r.reasons(roma, &question{}); err != nil || own.Body.Total.Held != 3 {
		t.Errorf("for a token of Roma: %+v, %v; want 3", own, err)
	}
	if _, err := q.Drop(t.Context(), EntryFilter{Reason: "unknown_unit"}); err != nil {
		t.Fatal(err)
	}
	if got = get[Ledger](r, "/v1/ledger?by=reason"); len(got.Lines) != 1 || got.Lines[0].Reason != "clock" {
		t.Errorf("what was dropped is still counted: %+v", got)
	}
}

func TestLedgerByReasonNeedsAQuarantine(t *testing.T) {
	r := newRig(t, nil, func(o *Options) { o.Quarantine = nil })
	problemOf(t, r.do(request{path: "/v1/ledger?by=reason"}), 501)
}
