package keep_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rione/devices/event"
	"rione/devices/event/keep"
	"rione/devices/natstest"
)

// waitLong is for what must happen at all; nothing is said about how soon.
const waitLong = 20 * time.Second

func open(t *testing.T, js jetstream.JetStream) *keep.Store {
	t.Helper()
	s, err := keep.Open(t.Context(), js, keep.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func change(id string, step event.Step) event.Event {
	return event.Event{ID: id, Type: event.Silent, State: event.Open, Step: step, Text: "nothing", Raised: time.Unix(1, 0).UTC()}
}

func add(t *testing.T, s *keep.Store, list ...event.Event) {
	t.Helper()
	for _, e := range list {
		if err := s.Append(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
}

func loaded(t *testing.T, s *keep.Store) (events []string, windows []event.Window) {
	t.Helper()
	err := s.Load(t.Context(), func(e event.Event) { events = append(events, e.ID+" "+string(e.Step)) }, func(w event.Window) { windows = append(windows, w) })
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(events)
	return events, windows
}

func TestKeptOverARestart(t *testing.T) {
	dir := t.TempDir()
	js, stop := natstest.Start(t, dir)
	s := open(t, js)
	if events, windows := loaded(t, s); len(events)+len(windows) != 0 {
		t.Errorf("at first: %v %v", events, windows)
	}
	add(t, s, change("a", event.Raised), change("b", event.Raised), change("a", event.Taken), change("c", event.Raised), change("a", event.Cleared))
	w := event.Window{ID: "w-1", Device: "air-1", From: time.Unix(1, 0).UTC(), Until: time.Unix(2, 0).UTC()}
	for _, w := range []event.Window{w, {ID: "w-2"}} {
		if err := s.PutWindow(t.Context(), w); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(s.Forget(t.Context(), "b"), s.DropWindow(t.Context(), "w-2")); err != nil {
		t.Fatal(err)
	}
	stop()
	js, _ = natstest.Start(t, dir)
	events, windows := loaded(t, open(t, js))
	if want := []string{"a closed", "c raised"}; !slices.Equal(events, want) {
		t.Errorf("events %q, want %q", events, want)
	}
	if len(windows) != 1 || windows[0] != w {
		t.Errorf("windows %+v", windows)
	}
}

func TestDamagedEntriesAreLeftAlone(t *testing.T) {
	js := natstest.JetStream(t)
	s := open(t, js)
	add(t, s, change("a", event.Raised))
	for subject, body := range map[string]string{"rione.events.b": "{", "rione.events.c": `{"id":"d"}`} {
		if _, err := js.Publish(t.Context(), subject, []byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	kv, err := js.KeyValue(t.Context(), "RIONE_MAINTENANCE")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kv.Put(t.Context(), "w", []byte("[]")); err != nil {
		t.Fatal(err)
	}
	if events, windows := loaded(t, s); len(events) != 1 || len(windows) != 0 {
		t.Errorf("loaded %v %v", events, windows)
	}
}

func TestCheckpoint(t *testing.T) {
	dir := t.TempDir()
	js, stop := natstest.Start(t, dir)
	s := open(t, js)
	if b, err := s.LoadState(t.Context()); err != nil || b != nil {
		t.Errorf("at first: %d bytes, %v", len(b), err)
	}
	large := bytes.Repeat([]byte("abcdefgh"), 600_000) // more than one message of NATS
	for i, want := range [][]byte{large, []byte("second"), {}} {
		if err := s.SaveState(t.Context(), want); err != nil {
			t.Fatal(err)
		}
		if got, err := s.LoadState(t.Context()); err != nil || !bytes.Equal(got, want) {
			t.Errorf("checkpoint %d: %d bytes, %v", i, len(got), err)
		}
	}
	if err := s.SaveState(t.Context(), large); err != nil {
		t.Fatal(err)
	}
	stop()
	js, _ = natstest.Start(t, dir)
	if got, err := open(t, js).LoadState(t.Context()); err != nil || !bytes.Equal(got, large) {
		t.Errorf("after a restart: %d bytes, %v", len(got), err)
	}
	objects, err := js.ObjectStore(t.Context(), "RIONE_PRESENCE")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := objects.PutBytes(t.Context(), "checkpoint", []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1}); err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, js).LoadState(t.Context()); err == nil {
		t.Error("a damaged checkpoint is read")
	}
}

// reader follows a store and keeps what it was given.
type reader struct {
	mu     sync.Mutex
	got    []string
	gaveUp []string
	more   chan struct{}
	fail   func(id string, try int) error
	tries  map[string]int
}

func newReader() *reader { return &reader{more: make(chan struct{}, 1000), tries: map[string]int{}} }

// follow begins to follow, and waits until the place in the stream is taken.
func (r *reader) follow(t *testing.T, s *keep.Store, js jetstream.JetStream, patience time.Duration) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- s.Follow(ctx, keep.Follower{Name: "test", Patience: patience, Deliver: r.deliver, GaveUp: func(e event.Event, _ error) {
			r.note(&r.gaveUp, e.ID)
		}})
	}()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-ended; err != nil {
				t.Errorf("follow: %v", err)
			}
		})
	}
	t.Cleanup(stop)
	deadline := time.Now().Add(waitLong)
	for {
		if _, err := js.Consumer(t.Context(), "RIONE_EVENTS", "test"); err == nil {
			return stop
		}
		if time.Now().After(deadline) {
			t.Fatal("nobody follows")
		}
	}
}

func (r *reader) note(list *[]string, what string) {
	r.mu.Lock()
	*list = append(*list, what)
	r.mu.Unlock()
	r.more <- struct{}{}
}

func (r *reader) deliver(_ context.Context, seq uint64, e event.Event) error {
	r.mu.Lock()
	r.tries[e.ID]++
	try := r.tries[e.ID]
	r.mu.Unlock()
	if r.fail != nil {
		if err := r.fail(e.ID, try); err != nil {
			return err
		}
	}
	r.note(&r.got, fmt.Sprintf("%d %s", seq, e.ID))
	return nil
}

func (r *reader) await(t *testing.T, n int, want ...string) {
	t.Helper()
	late := time.After(waitLong)
	for range n {
		select {
		case <-r.more:
		case <-late:
			t.Fatalf("waited in vain; delivered %q, gave up %q", r.got, r.gaveUp)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Equal(r.got, want) {
		t.Errorf("delivered %q, want %q", r.got, want)
	}
}

func TestFollowInOrderAndOverRestarts(t *testing.T) {
	js := natstest.JetStream(t)
	s := open(t, js)
	add(t, s, change("before", event.Raised)) // is no news
	r := newReader()
	stop := r.follow(t, s, js, 0)
	add(t, s, change("a", event.Raised), change("b", event.Raised))
	r.await(t, 2, "2 a", "3 b")
	stop()
	add(t, s, change("c", event.Raised), change("d", event.Raised))
	again := newReader()
	stop = again.follow(t, s, js, 0)
	again.await(t, 2, "4 c", "5 d")
	stop()

	add(t, s, change("e", event.Raised))
	if err := errors.Join(s.Unfollow(t.Context(), "test"), s.Unfollow(t.Context(), "test")); err != nil {
		t.Fatal(err)
	}
	anew := newReader()
	anew.follow(t, s, js, 0)
	add(t, s, change("f", event.Raised))
	anew.await(t, 1, "7 f") // what came while nobody followed is no news
}

func TestFollowTriesAgain(t *testing.T) {
	js := natstest.JetStream(t)
	s := open(t, js)
	r := newReader()
	r.fail = func(id string, try int) error {
		switch {
		case id == "a" && try < 2:
			return errors.New("away")
		case id == "b":
			return fmt.Errorf("for ever: %w", &keep.RefusedError{Err: errors.New("no")})
		}
		return nil
	}
	r.follow(t, s, js, 0)
	add(t, s, change("a", event.Raised), change("b", event.Raised), change("c", event.Raised))
	r.await(t, 3, "1 a", "3 c") // in order, b given up
	if !slices.Equal(r.gaveUp, []string{"b"}) || r.tries["a"] != 2 || r.tries["b"] != 1 {
		t.Errorf("gave up %q, tries %v", r.gaveUp, r.tries)
	}
}

func TestPatienceEnds(t *testing.T) {
	js := natstest.JetStream(t)
	s := open(t, js)
	r := newReader()
	r.fail = func(id string, _ int) error {
		if id == "a" {
			return &keep.RetryAfterError{Pause: time.Hour, Err: errors.New("busy")}
		}
		return nil
	}
	r.follow(t, s, js, time.Minute) // less than the pause that is asked for, which is cut to five minutes
	add(t, s, change("a", event.Raised), change("b", event.Raised))
	r.await(t, 2, "2 b")
	if !slices.Equal(r.gaveUp, []string{"a"}) {
		t.Errorf("gave up %q", r.gaveUp)
	}
}
