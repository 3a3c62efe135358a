package retain

import (
	"context"
	"reflect"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"rione/ingest/broker"
)

// engine runs JetStream in the process, with its files in dir.
func engine(t *testing.T, dir string) (js jetstream.JetStream, stop func()) {
	t.Helper()
	s, err := server.NewServer(&server.Options{DontListen: true, JetStream: true, StoreDir: dir, NoSigs: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(20 * time.Second) {
		t.Fatal("the engine does not start")
	}
	conn, err := nats.Connect("", nats.InProcessServer(s))
	if err != nil {
		t.Fatal(err)
	}
	if js, err = jetstream.New(conn); err != nil {
		t.Fatal(err)
	}
	stop = func() {
		conn.Close()
		s.Shutdown()
		s.WaitForShutdown()
	}
	t.Cleanup(stop)
	return js, stop
}

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
	js, stop := engine(t, dir)
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
	js, _ = engine(t, dir)
	want := map[string]broker.Retained{full.Topic: full, "a": {Topic: "a", Payload: []byte("new")}}
	if got := load(t, open(t, js)); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestSaysWhatIsWrong(t *testing.T) {
	js, stop := engine(t, t.TempDir())
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
