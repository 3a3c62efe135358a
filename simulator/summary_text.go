package simulator

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"
)

// maxShown is how many findings the table shows; JSON has more.
const maxShown = 5

// String returns the summary as a table for people.
func (s *Summary) String() string {
	var out strings.Builder
	t := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	line := func(name, format string, values ...any) {
		fmt.Fprintf(t, "%s\t"+format+"\n", append([]any{name}, values...)...)
	}
	line("devices", "%d on %d connections", s.Devices, s.Connections)
	line("published", "%d in %s, %.0f/s", s.Published, seconds(s.PublishS), s.Rate)
	line("acked", "%d", s.Acked)
	line("failed", "%d", s.Failed)
	line("publish → ack", "%s", milliseconds(s.AckMS))
	if s.Probed > 0 {
		line("publish → queryable", "%s (%d probes)", milliseconds(s.QueryableMS), s.Probed)
	}
	line("generator lag", "%s%s", milliseconds(s.LagMS), map[bool]string{true: "  OVERLOADED: the rate is more than this machine can play"}[s.GeneratorOverloaded])
	if s.HeldBack > 0 {
		line("held back", "%d messages, by full connections", s.HeldBack)
	}
	if s.Disconnects > 0 {
		line("disconnects", "%d", s.Disconnects)
	}
	if played := s.Faults.String(); played != "" {
		line("faults played", "%s", played)
	}
	if s.Verified {
		line("stored", "%d (%d readings)", s.Stored, s.Readings)
		line("lost", "%d", s.Lost)
		line("wrong", "%d", s.Wrong)
		line("stored twice", "%d", s.StoredTwice)
		line("stored, not acked", "%d", s.UnackedButStored)
	}
	if s.Strays > 0 {
		line("impossible values", "%d, of which %d set aside as suspect", s.Strays, s.StraysSetAside)
	}
	if s.ClocksUnset > 0 {
		line("clocks of 1970", "%d, of which %d stored with another time", s.ClocksUnset, s.ClocksReplaced)
	}
	if a := s.Account; a != nil {
		line("garbage", "%d, of which %d in quarantine, %d with another reason, %d missing", a.Garbage, a.Quarantined, a.WrongReason, a.Missing)
		line("ledger", "%d acked, %d not accounted for", a.LedgerAcked, a.LedgerOpen)
	}
	for _, c := range s.Causes {
		line("cause", "%d × %s", c.Count, c.What)
	}
	for _, f := range s.Findings[:min(len(s.Findings), maxShown)] {
		line(string(f.Kind), "%s %s at %s %s", f.Device, f.What, f.Time.Format(time.RFC3339Nano), detail(f.Want, f.Got, f.Hint))
	}
	line("verdict", "%s", verdict(s))
	_ = t.Flush() // a builder takes everything
	return out.String()
}

func detail(want, got, hint string) string {
	out := hint
	if got != "" {
		out = "got " + got + " " + out
	}
	if want != "" {
		out = "want " + want + ", " + out
	}
	return out
}

func verdict(s *Summary) string {
	switch {
	case s.Interrupted:
		return "interrupted: nothing is proved"
	case !s.Clean():
		return "FAIL"
	case !s.Verified:
		return "all acked; what is stored was not looked at"
	}
	return "pass: every acked message is stored once, as it was said"
}

func seconds(s float64) string {
	return time.Duration(s * float64(time.Second)).Round(100 * time.Millisecond).String()
}

func milliseconds(p Percentiles) string {
	return fmt.Sprintf("p50 %.1f  p90 %.1f  p99 %.1f  max %.1f ms", p.P50, p.P90, p.P99, p.Max)
}

// String lists the faults that were played, "" for none.
func (f FaultCounts) String() string {
	var out []string
	for _, c := range f.Named() {
		if c.N > 0 {
			out = append(out, fmt.Sprintf("%d %s", c.N, c.Name))
		}
	}
	return strings.Join(out, ", ")
}

// Counted is how often a fault was played.
type Counted struct {
	Name string
	N    int64
}

// Named returns all counts with names for people.
func (f FaultCounts) Named() []Counted {
	return []Counted{
		{"late", f.Late}, {"duplicate", f.Duplicate}, {"out of order", f.Disorder}, {"garbage", f.Garbage},
		{"poison", f.Poison}, {"with a clock of 1970", f.Unset}, {"impossible values", f.Stray}, {"breaks", f.Break},
		{"devices with a clock that is off", f.Skewed}, {"devices that say local time", f.Local},
		{"slow connections", f.Slow}, {"outages", f.Outages}, {"connections dropped by these", f.Dropped},
	}
}
