package simulator

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"time"
)

// Limits are what a run must keep to. A zero limit is none.
type Limits struct {
	AckP99       time.Duration // publish → ack, 99th percentile
	QueryableP99 time.Duration // publish → queryable, likewise
	MinRate      float64       // messages published a second
	Lag          time.Duration // of the generator behind its schedule, 99th percentile; 0 = 100 ms
}

// Check is one question to a run, and the answer.
type Check struct {
	Name string `json:"name"`
	Want string `json:"want"`
	Got  string `json:"got"`
	Pass bool   `json:"pass"`
}

// Checks returns what decides whether the run passes: nothing failed, lost,
// wrong or stored twice, the generator kept its schedule, and the limits hold.
func (s *Summary) Checks(l Limits) []Check {
	none := func(name string, n int64) Check { return Check{name, "0", fmt.Sprint(n), n == 0} }
	out := []Check{
		{"complete", "played to its end", map[bool]string{true: "interrupted", false: "played to its end"}[s.Interrupted], !s.Interrupted},
		none("failed", s.Failed),
		atMost("generator lag p99", s.LagMS.P99, cmp.Or(l.Lag, overload), max(s.Published, 1)),
	}
	if s.Verified {
		out = append(out, none("lost", s.Lost), none("wrong", s.Wrong), none("stored twice", s.StoredTwice))
	}
	if s.ClocksUnset > 0 {
		out = append(out, Check{"clocks of 1970 replaced", fmt.Sprint(s.ClocksUnset), fmt.Sprint(s.ClocksReplaced), s.ClocksUnset == s.ClocksReplaced})
	}
	if s.Strays > 0 {
		out = append(out, Check{"impossible values set aside", fmt.Sprint(s.Strays), fmt.Sprint(s.StraysSetAside), s.Strays == s.StraysSetAside})
	}
	out = append(out, s.accountChecks()...)
	if l.AckP99 > 0 {
		out = append(out, atMost("publish → ack p99", s.AckMS.P99, l.AckP99, s.Acked))
	}
	if l.QueryableP99 > 0 {
		out = append(out, atMost("publish → queryable p99", s.QueryableMS.P99, l.QueryableP99, s.Probed), none("never queryable", s.NeverQueryable))
	}
	if l.MinRate > 0 {
		out = append(out, Check{"published a second", fmt.Sprintf("≥ %g", l.MinRate), fmt.Sprintf("%.1f", s.Rate), s.Rate >= l.MinRate})
	}
	return out
}

// accountChecks returns what rione's own account has to say.
func (s *Summary) accountChecks() []Check {
	a := s.Account
	if a == nil {
		return nil
	}
	return []Check{
		{"garbage in quarantine, with its reason", fmt.Sprint(a.Garbage), fmt.Sprint(a.Quarantined), a.Quarantined == a.Garbage},
		{"ledger accounts for every acked message", "0 open", fmt.Sprintf("%d open", a.LedgerOpen), a.LedgerOpen == 0},
		{"ledger knows what was acked", fmt.Sprintf("≥ %d", s.AckedInAll), fmt.Sprint(a.LedgerAcked), a.LedgerAcked >= s.AckedInAll},
	}
}

// atMost checks a percentile; of nothing measured there is none, and it fails.
func atMost(name string, got float64, limit time.Duration, measured int64) Check {
	c := Check{name, "≤ " + limit.String(), milli(got).String(), milli(got) <= limit}
	if measured == 0 {
		c.Got, c.Pass = "nothing measured", false
	}
	return c
}

func milli(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }

// Pass tells whether all checks passed.
func Pass(checks []Check) bool {
	for _, c := range checks {
		if !c.Pass {
			return false
		}
	}
	return true
}

// WriteJUnit writes checks in the XML that continuous integration reads.
func WriteJUnit(w io.Writer, name string, checks []Check) error {
	type failure struct {
		Message string `xml:"message,attr"`
	}
	type testcase struct {
		Class   string   `xml:"classname,attr"`
		Name    string   `xml:"name,attr"`
		Failure *failure `xml:"failure,omitempty"`
	}
	type testsuite struct {
		XMLName  xml.Name   `xml:"testsuite"`
		Name     string     `xml:"name,attr"`
		Tests    int        `xml:"tests,attr"`
		Failures int        `xml:"failures,attr"`
		Cases    []testcase `xml:"testcase"`
	}
	suite := testsuite{Name: name, Tests: len(checks)}
	for _, c := range checks {
		t := testcase{Class: name, Name: c.Name}
		if !c.Pass {
			suite.Failures++
			t.Failure = &failure{fmt.Sprintf("want %s, got %s", c.Want, c.Got)}
		}
		suite.Cases = append(suite.Cases, t)
	}
	text, err := xml.MarshalIndent(suite, "", "  ")
	if err != nil {
		return fmt.Errorf("write JUnit: %w", err)
	}
	if _, err := fmt.Fprintf(w, "%s%s\n", xml.Header, text); err != nil {
		return fmt.Errorf("write JUnit: %w", err)
	}
	return nil
}
