package keep

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rione/api/opendata"
	"rione/devices/natstest"
)

func open(t *testing.T, js jetstream.JetStream) (*Store, *opendata.Publications) {
	t.Helper()
	s, err := Open(t.Context(), js, Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := opendata.Open(t.Context(), s, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, p
}

// TestPublicationsLast over a restart of everything, and reach other processes.
func TestPublicationsLast(t *testing.T) {
	dir := t.TempDir()
	js, stop := natstest.Start(t, dir)
	first, here := open(t, js)
	_, there := open(t, js)
	if _, err := here.SetPublished(t.Context(), "ada", "roma-air", true, time.Now()); err != nil {
		t.Fatal(err)
	}
	deadline := time.After(10 * time.Second)
	for len(there.Published()) == 0 {
		select {
		case <-deadline:
			t.Fatal("the other process does not hear of it")
		case <-time.After(time.Millisecond):
		}
	}
	if _, err := first.bucket.PutString(t.Context(), "palermo-air", "{not json"); err != nil {
		t.Fatal(err)
	}
	stop()
	js, stop = natstest.Start(t, dir)
	defer stop()
	_, again := open(t, js)
	if list := again.Published(); len(list) != 1 || list[0].ID != "roma-air" {
		t.Errorf("%+v", list)
	}
	if p, err := again.Get("palermo-air"); err != nil || p.Published {
		t.Errorf("what cannot be read: %+v %v", p, err)
	}
}
