package simulator_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"rione/simulator"
	"rione/simulator/account"
	"rione/simulator/readback"
)

func TestChecks(t *testing.T) {
	f := func(change func(*simulator.Summary), failing ...string) {
		t.Helper()
		s := &simulator.Summary{Acked: 10, Probed: 5, Rate: 100, Verified: true, AckMS: simulator.Percentiles{P99: 20}, QueryableMS: simulator.Percentiles{P99: 200}}
		change(s)
		checks := s.Checks(simulator.Limits{AckP99: 50 * time.Millisecond, QueryableP99: time.Second, MinRate: 90})
		var got []string
		for _, c := range checks {
			if !c.Pass {
				got = append(got, c.Name)
			}
		}
		if strings.Join(got, ",") != strings.Join(failing, ",") || simulator.Pass(checks) != (len(failing) == 0) {
			t.Errorf("failing: %v, want %v", got, failing)
		}
	}
	f(func(*simulator.Summary) {})
	f(func(s *simulator.Summary) { s.Result = readback.Result{Lost: 1, Wrong: 1, StoredTwice: 1} }, "lost", "wrong", "stored twice")
	f(func(s *simulator.Summary) { s.Failed, s.Interrupted = 1, true }, "complete", "failed")
	f(func(s *simulator.Summary) { s.LagMS.P99 = 101 }, "generator lag p99")
	f(func(s *simulator.Summary) { s.ClocksUnset, s.ClocksReplaced = 3, 2 }, "clocks of 1970 replaced")
	f(func(s *simulator.Summary) {
		s.AckedInAll, s.Account = 12, &account.Answer{Garbage: 2, Quarantined: 1, LedgerAcked: 11, LedgerOpen: 1}
	}, "garbage in quarantine, with its reason", "ledger accounts for every acked message", "ledger knows what was acked")
	f(func(s *simulator.Summary) { s.AckMS.P99, s.QueryableMS.P99, s.Rate = 51, 1001, 89 }, "publish → ack p99", "publish → queryable p99", "published a second")
	f(func(s *simulator.Summary) { s.Probed = 0 }, "publish → queryable p99")
	f(func(s *simulator.Summary) { s.NeverQueryable = 1 }, "never queryable")
	lenient := (&simulator.Summary{LagMS: simulator.Percentiles{P99: 900}}).Checks(simulator.Limits{Lag: time.Second})
	if !simulator.Pass(lenient) {
		t.Errorf("%+v", lenient)
	}
	if n := len((&simulator.Summary{}).Checks(simulator.Limits{})); n != 3 {
		t.Errorf("%d checks without limits and read-back, want 3", n)
	}
}

func TestJUnit(t *testing.T) {
	var out bytes.Buffer
	err := simulator.WriteJUnit(&out, "capannori", []simulator.Check{{Name: "lost", Want: "0", Got: "2"}, {Name: "wrong", Want: "0", Got: "0", Pass: true}})
	if err != nil {
		t.Fatal(err)
	}
	want := `<?xml version="1.0" encoding="UTF-8"?>
<testsuite name="capannori" tests="2" failures="1">
  <testcase classname="capannori" name="lost">
    <failure message="want 0, got 2"></failure>
  </testcase>
  <testcase classname="capannori" name="wrong"></testcase>
</testsuite>
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", &out, want)
	}
}
