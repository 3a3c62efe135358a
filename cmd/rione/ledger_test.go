package main

import (
	"strings"
	"testing"

	"rione/api"
)

func TestPrintReasons(t *testing.T) {
	var out strings.Builder
	l := api.Ledger{Lines: []api.LedgerLine{{Reason: "clock", Held: 1}, {Reason: "unknown_unit", Held: 4312}}, Total: api.LedgerLine{Held: 4313}}
	if err := printReasons(&out, l); err != nil {
		t.Fatal(err)
	}
	want := "        reason  IN QUARANTINE\n         clock              1\n  unknown_unit           4312\n         total           4313\n"
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", &out, want)
	}
}
