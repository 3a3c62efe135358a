package changelog_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rione/devices"
	"rione/devices/changelog"
)

func TestApplyIsSeenAndSurvivesReopening(t *testing.T) {
	js := newJetStream(t)
	l := open(t, js, changelog.Options{})
	if n := l.Snapshot().Len(); n != 0 {
		t.Fatalf("a new registry has %d devices", n)
	}
	d := device("air-1")
	d.ExternalID, d.SecretHash, d.Premises = "a84041000001", "$argon2id$…", true
	d.Placements = append(d.Placements, d.Placements[0])
	d.Placements[1].ValidFrom, d.Placements[1].Uncertain = time.Date(2025, 11, 22, 8, 0, 0, 5, time.UTC), true
	s := apply(t, l, d, device("air-2"))
	got := s.Device("air-1")
	if got.Revision != s.Revision || got.Updated.IsZero() {
		t.Errorf("entry is not stamped: revision %d of %d, updated %v", got.Revision, s.Revision, got.Updated)
	}
	want := d
	want.Revision, want.Updated = got.Revision, got.Updated
	if !reflect.DeepEqual(*got, want) {
		t.Errorf("stored  %+v\nwanted  %+v", *got, want)
	}

	again := open(t, js, changelog.Options{}).Snapshot()
	if again.Revision != s.Revision || !reflect.DeepEqual(again.All(), s.All()) {
		t.Errorf("reopened registry is another: revision %d, was %d", again.Revision, s.Revision)
	}
}

func TestApplyRefuses(t *testing.T) {
	l := open(t, newJetStream(t), changelog.Options{})
	first := device("air-1")
	first.ExternalID = "serial-1"
	s := apply(t, l, first)

	f := func(name string, c devices.ChangeSet, want string) {
		t.Helper()
		_, err := l.Apply(t.Context(), c)
		if err == nil {
			t.Fatalf("%s: applied", name)
		}
		if want != "" && !contains(err.Error(), want) {
			t.Errorf("%s: error %q does not say %q", name, err, want)
		}
		if now := l.Snapshot(); now.Revision != s.Revision {
			t.Errorf("%s: registry went to revision %d", name, now.Revision)
		}
	}
	second := device("air-2")
	second.ExternalID = "serial-1"
	f("identity taken", devices.ChangeSet{Author: "test", Put: []devices.Device{second}}, "already device \"air-1\"'s")
	f("nobody's change", devices.ChangeSet{Put: []devices.Device{device("air-3")}}, "author is missing")
	f("bad entry", devices.ChangeSet{Author: "test", Put: []devices.Device{device("A")}}, "device_id")
	f("stale", devices.ChangeSet{Author: "test", Expect: s.Revision + 1, Put: []devices.Device{device("air-3")}}, "read it again")

	_, err := l.Apply(t.Context(), devices.ChangeSet{Author: "test", Expect: 99, Put: []devices.Device{device("air-3")}})
	var conflict *changelog.ConflictError
	if !errors.Is(err, changelog.ErrConflict) || !errors.As(err, &conflict) || conflict.Revision != s.Revision {
		t.Errorf("conflict does not tell revision %d: %v", s.Revision, err)
	}
	if same, err := l.Apply(t.Context(), devices.ChangeSet{}); err != nil || same != l.Snapshot() {
		t.Errorf("empty set: %v", err)
	}
}

func TestTwoWritersBothArrive(t *testing.T) {
	js := newJetStream(t)
	logs := []*changelog.Log{open(t, js, changelog.Options{}), open(t, js, changelog.Options{PartSize: 128})}
	const each = 40
	var writers sync.WaitGroup
	for w, l := range logs {
		writers.Go(func() {
			for i := range each {
				put := []devices.Device{device(fmt.Sprintf("air-%d-%d", w, i))}
				_, err := l.Apply(t.Context(), changeSet(put...))
				for errors.Is(err, changelog.ErrConflict) { // the other one was ten times quicker
					_, err = l.Apply(t.Context(), changeSet(put...))
				}
				if err != nil {
					t.Errorf("writer %d: %v", w, err)
					return
				}
			}
		})
	}
	writers.Wait()
	for w, l := range logs {
		eventually(t, fmt.Sprintf("all devices in log %d", w), func() bool { return l.Snapshot().Len() == 2*each })
	}
	if a, b := logs[0].Snapshot(), logs[1].Snapshot(); a.Revision != b.Revision || !reflect.DeepEqual(a.All(), b.All()) {
		t.Error("the two logs hold different registries")
	}
}

// A writer that comes between the parts of another's set makes that one start
// again, or give up when it expects a revision. Its first parts are orphans.
func TestWriterBetweenTheParts(t *testing.T) {
	f := func(expect bool) {
		t.Helper()
		js := newJetStream(t)
		other := open(t, js, changelog.Options{})
		base := apply(t, other, device("base"))
		slow := open(t, &faulty{js, once(setSubject, 2, func(publish func() error) error {
			apply(t, other, device("between"))
			return publish()
		})}, changelog.Options{PartSize: 200})

		c := devices.ChangeSet{Author: "test", Put: fleet(20)}
		if expect {
			c.Expect = base.Revision
		}
		s, err := slow.Apply(t.Context(), c)
		switch {
		case expect && !errors.Is(err, changelog.ErrConflict):
			t.Fatalf("expected a conflict, got %v", err)
		case !expect && err != nil:
			t.Fatal(err)
		case !expect && s.Len() != 22:
			t.Fatalf("%d devices", s.Len())
		}
		want := map[bool]int{true: 2, false: 22}[expect]
		if n := open(t, js, changelog.Options{}).Snapshot().Len(); n != want {
			t.Errorf("reopened registry has %d devices, want %d", n, want)
		}
	}
	f(false)
	f(true)
}

// An answer that got lost must neither lose nor repeat the set.
func TestLostAnswer(t *testing.T) {
	f := func(part int, stored bool) {
		t.Helper()
		js := newJetStream(t)
		l := open(t, &faulty{js, once(setSubject, part, func(publish func() error) error {
			if stored {
				if err := publish(); err != nil {
					return err
				}
			}
			return errNoAnswer
		})}, changelog.Options{PartSize: 300})
		s := apply(t, l, fleet(20)...)
		if s.Len() != 20 {
			t.Errorf("%d devices", s.Len())
		}
		changes, err := l.History(t.Context(), "dev-000000")
		if err != nil || len(changes) != 1 {
			t.Errorf("part %d, stored %v: %d changes, %v", part, stored, len(changes), err)
		}
	}
	f(0, true)
	f(0, false)
	f(3, true)
	f(3, false)
}

func TestNoAnswerAtAll(t *testing.T) {
	js := newJetStream(t)
	l := open(t, &faulty{js, func(string, func() error) error { return errNoAnswer }}, changelog.Options{})
	_, err := l.Apply(t.Context(), changeSet(fleet(1)...))
	if !errors.Is(err, errNoAnswer) || !contains(err.Error(), "not known") {
		t.Errorf("error %v does not say that the outcome is not known", err)
	}
}

func TestWatchHoldsTheLatest(t *testing.T) {
	js := newJetStream(t)
	l, other := open(t, js, changelog.Options{}), open(t, js, changelog.Options{})
	snapshots, cancel := l.Watch()
	if s := <-snapshots; s.Len() != 0 {
		t.Errorf("first snapshot has %d devices", s.Len())
	}
	var last *devices.Snapshot
	for i := range 5 {
		last = apply(t, other, device(fmt.Sprintf("air-%d", i)))
	}
	eventually(t, "the last snapshot", func() bool { return l.Snapshot().Revision == last.Revision })
	if s := <-snapshots; s.Revision != last.Revision {
		t.Errorf("watch holds revision %d, the latest is %d", s.Revision, last.Revision)
	}
	cancel()
	cancel()
	apply(t, l, device("air-9"))
	select {
	case s := <-snapshots:
		t.Errorf("a cancelled watch got revision %d", s.Revision)
	default:
	}
}

func TestHistory(t *testing.T) {
	l := open(t, newJetStream(t), changelog.Options{PartSize: 256})
	d := device("air-1")
	apply(t, l, append(fleet(10), d)...)
	d.Name = "another name"
	when := time.Date(2025, 11, 22, 9, 0, 0, 0, time.UTC)
	if _, err := l.Apply(t.Context(), devices.ChangeSet{Author: "anna", Note: "typo", Time: when, Put: []devices.Device{d}}); err != nil {
		t.Fatal(err)
	}
	apply(t, l, device("air-11"))

	changes, err := l.History(t.Context(), "air-1")
	if err != nil || len(changes) != 2 {
		t.Fatalf("%d changes, %v", len(changes), err)
	}
	if first := changes[0]; first.Before != nil || first.After.Name != "Sensor air-1" || first.Author != "test" {
		t.Errorf("first change is %+v", first)
	}
	if c := changes[1]; c.Author != "anna" || c.Note != "typo" || !c.Time.Equal(when) ||
		c.Before.Name != "Sensor air-1" || c.After.Name != "another name" || c.After.Revision != c.Revision {
		t.Errorf("second change is %+v", c)
	}
	if none, err := l.History(t.Context(), "air-9"); err != nil || len(none) != 0 {
		t.Errorf("history of a stranger: %v, %v", none, err)
	}
}

func TestCloseEndsEverything(t *testing.T) {
	js := newJetStream(t)
	l := open(t, js, changelog.Options{})
	boundaries, err := l.WatchBoundaries(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, open := <-boundaries; open {
		t.Error("watch of boundaries is not closed")
	}
	if _, err := l.Apply(t.Context(), changeSet(fleet(1)...)); !errors.Is(err, changelog.ErrClosed) {
		t.Errorf("apply after close: %v", err)
	}
	if _, err := l.WatchBoundaries(t.Context()); !errors.Is(err, changelog.ErrClosed) {
		t.Errorf("watch after close: %v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	js := newJetStream(t)
	f := func(o changelog.Options) {
		t.Helper()
		if _, err := changelog.Open(t.Context(), js, o); err == nil {
			t.Errorf("%+v: opened", o)
		}
	}
	f(changelog.Options{Replicas: 6})
	f(changelog.Options{Replicas: -1})
	f(changelog.Options{PartSize: 10})
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := changelog.Open(gone, js, changelog.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("open without time: %v", err)
	}
}

func TestLogIsNeverTrimmed(t *testing.T) {
	js := newJetStream(t)
	apply(t, open(t, js, changelog.Options{}), fleet(1)...)
	s, err := js.Stream(t.Context(), "RIONE_REGISTRY")
	if err != nil {
		t.Fatal(err)
	}
	if s.DeleteMsg(t.Context(), 1) == nil || s.Purge(t.Context()) == nil {
		t.Error("a change could be deleted")
	}
	if c := s.CachedInfo().Config; c.MaxAge != 0 || c.MaxMsgs > 0 || c.MaxBytes > 0 || c.Storage != jetstream.FileStorage {
		t.Errorf("stream forgets: %+v", c)
	}
}
