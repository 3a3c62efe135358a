package process

import (
	"testing"
	"time"

	"rione/ingest"
)

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		panic(err)
	}
	return t
}

var received = at("2026-03-01T10:00:00.5Z")

// times runs the readings of one message through a policy. A time is followed
// by its quality bits; a refusal is its reason.
func times(c ClockPolicy, received time.Time, list ...ingest.Reading) []string {
	m := &ingest.Message{Received: received}
	a := anchorsOf(list, received)
	var out []string
	for i := range list {
		s, refusal := c.timeOf(&list[i], m, &a)
		if refusal != nil {
			out = append(out, string(refusal.Reason))
			continue
		}
		text := s.time.UTC().Format(time.RFC3339Nano)
		if s.quality&ingest.TimeReplaced != 0 {
			text += " replaced"
		}
		if s.quality&ingest.Late != 0 {
			text += " late"
		}
		out = append(out, text)
	}
	return out
}

func device(t string) ingest.Reading {
	return ingest.Reading{Time: at(t), Resolution: time.Millisecond}
}

func numbered(t string, resolution time.Duration, seq uint64) ingest.Reading {
	return ingest.Reading{Time: at(t), Resolution: resolution, Seq: seq, HasSeq: true}
}

func network(r ingest.Reading, t string) ingest.Reading {
	r.ServerTime = at(t)
	return r
}

func wall(t string) ingest.Reading { return ingest.Reading{LocalTime: at(t), Resolution: time.Second} }

func TestTimes(t *testing.T) {
	f := func(why string, c ClockPolicy, r ingest.Reading, want string) {
		t.Helper()
		if got := times(c, received, r)[0]; got != want {
			t.Errorf("%s (%s): %s, want %s", why, c, got, want)
		}
	}
	all := func(why string, r ingest.Reading, want string) {
		t.Helper()
		for _, c := range []ClockPolicy{AcceptTime, UseServerTime, QuarantineClock} {
			f(why, c, r, want)
		}
	}
	all("device time", device("2026-03-01T09:59:59.123Z"), "2026-03-01T09:59:59.123Z")
	all("device time before network time", network(device("2026-03-01T09:59:59Z"), "2026-03-01T10:00:00Z"), "2026-03-01T09:59:59Z")
	all("network time", network(ingest.Reading{}, "2026-03-01T09:59:58.25Z"), "2026-03-01T09:59:58.25Z")
	all("network time that is impossible", network(ingest.Reading{}, "1970-01-01T00:00:00Z"), "2026-03-01T10:00:00.5Z")
	all("neither", ingest.Reading{}, "2026-03-01T10:00:00.5Z")
	all("neither, with a sequence", ingest.Reading{Seq: 7, HasSeq: true}, "2026-03-01T10:00:00.5Z")
	all("five minutes ahead", device("2026-03-01T10:05:00.5Z"), "2026-03-01T10:05:00.5Z")
	all("the first moment of 2015", device("2015-01-01T00:00:00Z"), "2015-01-01T00:00:00Z late")
	all("fifteen minutes old", device("2026-03-01T09:45:00.5Z"), "2026-03-01T09:45:00.5Z")
	all("older", device("2026-03-01T09:45:00.499Z"), "2026-03-01T09:45:00.499Z late")
	all("late at the network", network(ingest.Reading{}, "2026-03-01T08:00:00Z"), "2026-03-01T08:00:00Z late")

	all("ms and sequence", numbered("2026-03-01T09:59:59.123Z", time.Millisecond, 17), "2026-03-01T09:59:59.123000017Z")
	all("ms and a long sequence", numbered("2026-03-01T09:59:59.123Z", time.Millisecond, 3_000_017), "2026-03-01T09:59:59.123000017Z")
	all("s and sequence", numbered("2026-03-01T09:59:59Z", time.Second, 1_234_567), "2026-03-01T09:59:59.001234567Z")
	all("ns leave no room", numbered("2026-03-01T09:59:59.123456789Z", time.Nanosecond, 17), "2026-03-01T09:59:59.123456789Z")
	all("sequence 0", numbered("2026-03-01T09:59:59.123Z", time.Millisecond, 0), "2026-03-01T09:59:59.123Z")

	ahead := device("2026-03-01T12:00:00Z")
	f("two hours ahead", AcceptTime, ahead, "2026-03-01T12:00:00Z replaced")
	f("two hours ahead", UseServerTime, ahead, "2026-03-01T10:00:00.5Z replaced")
	f("two hours ahead", UseServerTime, network(ahead, "2026-03-01T10:00:00.25Z"), "2026-03-01T10:00:00.25Z replaced")
	f("two hours ahead", UseServerTime, network(ahead, "2099-01-01T00:00:00Z"), "2026-03-01T10:00:00.5Z replaced")
	f("two hours ahead", QuarantineClock, ahead, "clock")
	f("two hours ahead with a sequence", UseServerTime, numbered("2026-03-01T12:00:00Z", time.Millisecond, 4), "2026-03-01T10:00:00.500000004Z replaced")

	never := device("1970-01-01T00:10:00Z")
	f("never set", AcceptTime, never, "1970-01-01T00:10:00Z replaced late")
	f("never set", UseServerTime, never, "2026-03-01T10:00:00.5Z replaced")
	f("never set", QuarantineClock, never, "clock")
	f("no time of the store", AcceptTime, device("9999-01-01T00:00:00Z"), "clock")
	f("no time of the store", UseServerTime, device("9999-01-01T00:00:00Z"), "2026-03-01T10:00:00.5Z replaced")
	f("no time of the store", UseServerTime, device("0002-01-01T00:00:00Z"), "2026-03-01T10:00:00.5Z replaced")

	f("local time", AcceptTime, wall("2026-03-01T11:00:00Z"), "2026-03-01T10:00:00Z replaced")
	f("local time", UseServerTime, wall("2026-03-01T11:00:00Z"), "2026-03-01T10:00:00.5Z replaced")
	f("local time", QuarantineClock, wall("2026-03-01T11:00:00Z"), "clock")
}

// History stands at its own time or nowhere.
func TestTimesOfHistory(t *testing.T) {
	f := func(why string, r ingest.Reading, want string) {
		t.Helper()
		if got := times(OfHistory, received, r)[0]; got != want {
			t.Errorf("%s: %s, want %s", why, got, want)
		}
	}
	f("a year ago", device("2025-03-01T10:00:00Z"), "2025-03-01T10:00:00Z late")
	f("before there were such devices", device("1998-03-01T10:00:00Z"), "1998-03-01T10:00:00Z late")
	f("ms and sequence", numbered("2026-03-01T09:59:59.123Z", time.Millisecond, 17), "2026-03-01T09:59:59.123000017Z")
	f("five minutes ahead", device("2026-03-01T10:05:00.5Z"), "2026-03-01T10:05:00.5Z")
	f("six minutes ahead", device("2026-03-01T10:06:00.5Z"), "clock")
	f("years ahead, though the network knows better", network(device("2031-03-01T10:00:00Z"), "2026-03-01T10:00:00Z"), "clock")
	f("local time", wall("2026-03-01T09:00:00Z"), "clock")
	f("no time", ingest.Reading{}, "clock")
	f("no time of its own", network(ingest.Reading{}, "2026-03-01T09:59:58.25Z"), "clock")
	f("before the store's time begins", device("1600-01-01T00:00:00Z"), "clock")
}

// A backlog of a device without a set clock keeps its own intervals.
func TestBacklogs(t *testing.T) {
	f := func(why string, c ClockPolicy, list []ingest.Reading, want ...string) {
		t.Helper()
		got := times(c, received, list...)
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%s, reading %d: %s, want %s", why, i, got[i], want[i])
			}
		}
	}
	f("since 1970", UseServerTime,
		[]ingest.Reading{device("1970-01-01T00:10:00Z"), device("1970-01-01T00:30:00Z"), device("1970-01-01T00:20:00Z")},
		"2026-03-01T09:40:00.5Z replaced late", "2026-03-01T10:00:00.5Z replaced", "2026-03-01T09:50:00.5Z replaced")
	f("beside a reading after the clock was set", UseServerTime,
		[]ingest.Reading{device("1970-01-01T00:10:00Z"), device("1970-01-01T00:11:00Z"), device("2026-03-01T10:00:00Z")},
		"2026-03-01T09:59:00.5Z replaced", "2026-03-01T10:00:00.5Z replaced", "2026-03-01T10:00:00Z")
	f("ahead", UseServerTime,
		[]ingest.Reading{device("2026-03-01T12:00:00Z"), device("2026-03-01T12:01:00Z")},
		"2026-03-01T09:59:00.5Z replaced", "2026-03-01T10:00:00.5Z replaced")
	f("of local times", UseServerTime,
		[]ingest.Reading{wall("2026-03-01T11:00:00Z"), wall("2026-03-01T10:50:00Z")},
		"2026-03-01T10:00:00.5Z replaced", "2026-03-01T09:50:00.5Z replaced")
	f("decades apart", UseServerTime,
		[]ingest.Reading{device("1970-01-01T00:00:00Z"), device("2014-01-01T00:00:00Z")},
		"2026-03-01T10:00:00.5Z replaced", "2026-03-01T10:00:00.5Z replaced")
}

// Both nights on which Italy changes its clocks.
func TestLocalTimeOfItaly(t *testing.T) {
	f := func(wall, near, want string) {
		t.Helper()
		if got := italian(at(wall), at(near)); !got.Equal(at(want)) {
			t.Errorf("%s, received %s: %v, want %s", wall, near, got, want)
		}
	}
	f("2026-01-15T12:00:00Z", "2026-01-15T11:00:00Z", "2026-01-15T11:00:00Z")
	f("2026-07-15T12:00:00Z", "2026-07-15T10:00:00Z", "2026-07-15T10:00:00Z")
	// 29 March 2026, 02:00 becomes 03:00
	f("2026-03-29T01:59:59Z", "2026-03-29T01:00:00Z", "2026-03-29T00:59:59Z")
	f("2026-03-29T02:30:00Z", "2026-03-29T01:30:00Z", "2026-03-29T01:30:00Z")
	f("2026-03-29T03:00:00Z", "2026-03-29T01:00:00Z", "2026-03-29T01:00:00Z")
	// 25 October 2026, 03:00 becomes 02:00
	f("2026-10-25T01:59:59Z", "2026-10-25T00:00:00Z", "2026-10-24T23:59:59Z")
	f("2026-10-25T02:30:00Z", "2026-10-25T00:30:05Z", "2026-10-25T00:30:00Z")
	f("2026-10-25T02:30:00Z", "2026-10-25T01:30:05Z", "2026-10-25T01:30:00Z")
	f("2026-10-25T03:00:00Z", "2026-10-25T02:00:00Z", "2026-10-25T02:00:00Z")
}

// The sums above agree with the database of time zones, if the machine has one.
func TestLocalTimeAgreesWithTheDatabase(t *testing.T) {
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		t.Skip("SKIPPED: the machine has no database of time zones")
	}
	for h := at("2020-01-01T00:00:00Z"); h.Before(at("2032-01-01T00:00:00Z")); h = h.Add(time.Hour) {
		_, offset := h.In(rome).Zone()
		if got := italian(h.Add(time.Duration(offset)*time.Second), h); !got.Equal(h) {
			t.Fatalf("%v by the clock of Rome: %v", h, got)
		}
	}
}
