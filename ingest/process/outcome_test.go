package process_test

import (
	"slices"
	"testing"

	"rione/ingest/influx/influxtest"
	"rione/ingest/quarantine"
)

func TestStored(t *testing.T) {
	r := newRig(t, influxtest.Start(t))
	r.start()
	r.send(say("air", "air-1", `{"ts":1772359200000,"temp_c":21.5,"battery_pct":80}`))
	r.settle()
	r.end()
	if got := r.rows("air"); !slices.Equal(got, []string{"2026-03-01T10:00:00Z q=0 temp_c=21.5"}) {
		t.Errorf("air: %q", got)
	}
	r.expectLedger("acked 1 stored 1 points 2")
	if n := len(r.quarantine.List(quarantine.Filter{})); n != 0 {
		t.Errorf("%d entries in quarantine", n)
	}
}
