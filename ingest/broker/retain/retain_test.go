package retain

import (
	"context"
	"reflect"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rione/devices/natstest"
	"rione/ingest/broker"
)

func open(t *testing.T, js jetstream.JetStream) *Store {
	t.Helper()
	s, err := Open(t.Context(), js, 1, 10<<20)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func load(t *testing.T, s *Store) map[string]broker.Retained {
	t.Helper()
	got := map[string]broker.Retained{}
	if err := s.Load(t.Context(), func(m broker.Retained) { got[m.Topic] = m }); err != nil {
		t.Fatal(err)
	}
	return got
}

func TestKeepsOverARestart(t *testing.T) {
	dir := t.TempDir()
	js, stop := natstest.Start(t, dir)
	s := open(t, js)
	if got := load(t, s); len(got) != 0 {
		t.Errorf("a new bucket has %v", got)
	}
	full := broker.Retained{
		Topic: "sc/v1/058091/air/città è:1/state", Payload: []byte{0, 255}, QoS: 1,
		Expires: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC), Props: []byte{1, 1},
	}
	for _, m := range []broker.Retained{
		full,
		{Topic: "a", Payload: []byte("old")}, {Topic: "a", Payload: []byte("new")},
		{Topic: "gone", Payload: []byte("x")}, {Topic: "gone"}, {Topic: "never was"},
	} {
		if err := s.Put(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	js, _ = natstest.Start(t, dir)
	want := map[string]broker.Retained{full.Topic: full, "a": {Topic: "a", Payload: []byte("new")}}
	if got := load(t, open(t, js)); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestSaysWhatIsWrong(t *testing.T) {
	js, stop := natstest.Start(t, t.TempDir())
	s := open(t, js)
	if _, err := s.kv.Put(t.Context(), "bad", []byte("no json")); err != nil {
		t.Fatal(err)
	}
	if err := s.Load(t.Context(), func(broker.Retained) {}); err == nil {
		t.Error("a value that is not ours was taken")
	}
	stop()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := s.Put(ctx, broker.Retained{Topic: "a", Payload: []byte("x")}); err == nil {
		t.Error("put into an engine that is gone")
	}
	if _, err := Open(ctx, js, 1, 1<<20); err == nil {
		t.Error("opened an engine that is gone")
	}
}
