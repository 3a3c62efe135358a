package app

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"rione/devices"
	"rione/devices/event"
	"rione/ingest"
	"rione/ingest/quarantine"
)

// securityRig is the security of a city with one device, and what its book heard.
func securityRig(t *testing.T) (s *security, heard *[]event.Event) {
	t.Helper()
	heard = &[]event.Event{}
	book, err := event.OpenBook(t.Context(), event.BookOptions{Store: nowhere{}, Heard: func(e event.Event) { *heard = append(*heard, e) }})
	if err != nil {
		t.Fatal(err)
	}
	snapshot, err := devices.NewSnapshot(1, []devices.Device{*airOne()})
	if err != nil {
		t.Fatal(err)
	}
	return newSecurity(book, func() *devices.Snapshot { return snapshot }), heard
}

// Tries that follow one another are one event, which closes when they have stopped.
func TestTriesAreOneEvent(t *testing.T) {
	s, heard := securityRig(t)
	start := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	f := func(after time.Duration, want ...string) {
		t.Helper()
		*heard = nil
		if err := s.step(t.Context(), start.Add(after)); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range *heard {
			got = append(got, fmt.Sprintf("%s %s of %s: %s", e.Type, e.Step, e.Comune, e.Text))
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("after %v: %q, want %q", after, got, want)
		}
	}
	f(0)
	s.refused("air-1")
	s.refused("air-1")
	s.refused("nobody")
	f(time.Second, "access_refused raised of 058091: credentials do not fit air-1 (tries: 2)")
	f(2 * time.Second)
	s.refused("air-1")
	s.trespassed("palermo's", []string{"082054", "082053"}, "GET /v1/audit")
	f(time.Minute, "access_refused updated of 058091: credentials do not fit air-1 (tries: 3)",
		"isolation raised of 082053: the token palermo's may not GET /v1/audit (tries: 1)")
	f(quiet)
	f(quiet+time.Minute, "access_refused closed of 058091: credentials do not fit air-1 (tries: 3)",
		"isolation closed of 082053: the token palermo's may not GET /v1/audit (tries: 1)")
	s.refused("air-1")
	f(2*quiet, "access_refused raised of 058091: credentials do not fit air-1 (tries: 1)")
}

// Of a topic that nobody checked only the registered device is told, since it may name
// a person's.
func TestTopicsAreNotTold(t *testing.T) {
	s, _ := securityRig(t)
	f := func(topic, want string) {
		t.Helper()
		if got := s.whose(topic); got != want {
			t.Errorf("%s: %q, want %q", topic, got, want)
		}
	}
	f("sc/v1/058091/air/air-1/up", "for air-1")
	f("sc/v1/058091/air/8c-85-90-aa-bb-cc/up", "on a topic that is not its own")
	f("wifi/8C:85:90:AA:BB:CC/seen", "on a topic that is not its own")
	f("", "on a topic that is not its own")
}

// Of what is set aside, only what somebody was not permitted is of security.
func TestWhatIsSetAsideForSecurity(t *testing.T) {
	s, heard := securityRig(t)
	s.setAside([]quarantine.Entry{
		{Reason: ingest.Unparsable, Comune: "058091"}, {Reason: ingest.OverQuota, Comune: "058091", Detail: "device air-1 is over its limit"}, {Reason: ingest.NotPermitted, Comune: "058091", Detail: "gw may not publish for air-1"},
		{Reason: ingest.NotPermitted, Comune: "082053", Detail: "gw may not publish for ap-1"},
	})
	if err := s.step(t.Context(), time.Now()); err != nil || len(*heard) != 3 {
		t.Fatalf("%v: %+v", err, *heard)
	}
	for _, e := range *heard {
		if e.Type == event.OverQuota {
			if e.Severity != event.Warning || e.Comune != "058091" || !strings.HasPrefix(e.Text, "device air-1 is over its limit") {
				t.Errorf("%+v", e)
			}
			continue
		}
		if e.Type != event.Isolation || e.Severity != event.Fault || e.Source != event.FromPlatform || !strings.HasPrefix(e.Text, "gw may not publish for") {
			t.Errorf("%+v", e)
		}
	}
}

// What an operator acknowledged stays so while tries go on; what is closed by hand
// begins anew; and an alarm that a device calls so is none of rione's.
func TestOperatorsAndTries(t *testing.T) {
	s, heard := securityRig(t)
	now := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	step := func() event.Event {
		t.Helper()
		s.refused("air-1")
		now, *heard = now.Add(time.Minute), nil
		if err := s.step(t.Context(), now); err != nil || len(*heard) != 1 {
			t.Fatalf("%v: %+v", err, *heard)
		}
		return (*heard)[0]
	}
	alarm := event.Event{ID: "theirs", Type: event.AccessRefused, State: event.Open, Step: event.Raised, Source: event.FromDevice, Comune: "058091", Raised: now, Changed: now}
	if err := s.book.Put(t.Context(), alarm); err != nil {
		t.Fatal(err)
	}
	first := step()
	if _, err := s.book.Acknowledge(t.Context(), first.ID, "anna", "vado"); err != nil {
		t.Fatal(err)
	}
	if e := step(); e.ID != first.ID || e.State != event.Acknowledged || e.Ack == nil {
		t.Errorf("%+v", e)
	}
	if _, err := s.book.Close(t.Context(), first.ID, "anna", ""); err != nil {
		t.Fatal(err)
	}
	if e := step(); e.ID == first.ID || e.Step != event.Raised || !strings.Contains(e.Text, "tries: 1") {
		t.Errorf("%+v", e)
	}
	now, *heard = now.Add(24*time.Hour), nil
	if err := s.step(t.Context(), now); err != nil || len(*heard) != 1 {
		t.Errorf("a day later %v: %+v", err, *heard)
	}
}
