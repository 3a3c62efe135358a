package broker

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"rione/ingest"
)

// stored is a message that the fake intake committed.
type stored struct {
	client, topic, payload, route string
}

// fakeIntake is an intake in memory. It commits at once, or holds what came
// until commit is called; it can refuse, and block like a full journal.
type fakeIntake struct {
	mu      sync.Mutex
	changed sync.Cond
	held    []pending
	stored  []stored
	most    int // held at once
	hold    bool
	full    bool
	closed  bool
	submit  error // what Submit returns
	refuse  error // what acks say
	waiting int   // submitters that wait because it is full
}

type pending struct {
	m     stored
	acker ingest.Acker
	token uint64
}

var _ ingest.Intake = (*fakeIntake)(nil)

func newIntake() *fakeIntake {
	f := &fakeIntake{}
	f.changed.L = &f.mu
	return f
}

func (f *fakeIntake) Submit(m *ingest.Message, a ingest.Acker, token uint64) error {
	f.mu.Lock()
	for f.full && !f.closed {
		f.waiting++
		f.changed.Broadcast()
		f.changed.Wait()
		f.waiting--
	}
	if f.closed || f.submit != nil {
		defer f.mu.Unlock()
		if f.closed {
			return ingest.ErrClosed
		}
		return f.submit
	}
	f.held = append(f.held, pending{stored{m.Client, m.Topic, string(m.Payload), m.Route}, a, token})
	f.most = max(f.most, len(f.held))
	hold := f.hold
	f.changed.Broadcast()
	f.mu.Unlock()
	if !hold {
		f.commit()
	}
	return nil
}

// commit acks what came so far: a Flush for each connection after all Acks.
func (f *fakeIntake) commit() {
	f.mu.Lock()
	record, refuse := f.held, f.refuse
	f.held = nil
	if refuse == nil {
		for _, p := range record {
			f.stored = append(f.stored, p.m)
		}
	}
	f.mu.Unlock()
	ackers := map[ingest.Acker]bool{}
	for _, p := range record {
		p.acker.Ack(p.token, refuse)
		ackers[p.acker] = true
	}
	for a := range ackers {
		a.Flush()
	}
	f.mu.Lock()
	f.changed.Broadcast()
	f.mu.Unlock()
}

// set changes the fake's behaviour.
func (f *fakeIntake) set(change func(*fakeIntake)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(f)
	f.changed.Broadcast()
}

// await waits until the fake is in some state.
func (f *fakeIntake) await(t testing.TB, what string, ok func(*fakeIntake) bool) {
	t.Helper()
	late := time.AfterFunc(waitLong, func() { f.set(func(*fakeIntake) {}) })
	defer late.Stop()
	until := time.Now().Add(waitLong)
	f.mu.Lock()
	defer f.mu.Unlock()
	for !ok(f) {
		if time.Now().After(until) {
			t.Fatalf("waited in vain until %s", what)
		}
		f.changed.Wait()
	}
}

func (f *fakeIntake) awaitStored(t testing.TB, n int) []stored {
	t.Helper()
	f.await(t, "messages are stored", func(f *fakeIntake) bool { return len(f.stored) >= n })
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]stored(nil), f.stored...)
}

func (f *fakeIntake) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.stored)
}

// awaitCount is for tests in false time, where nothing needs a deadline.
func (f *fakeIntake) awaitCount(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(f.stored) < n {
		f.changed.Wait()
	}
}

func (f *fakeIntake) awaitHeld(t testing.TB, n int) {
	t.Helper()
	f.await(t, "messages are submitted", func(f *fakeIntake) bool { return len(f.held) >= n })
}

// waitLong is for what must happen at all; nothing is said about how soon.
const waitLong = 20 * time.Second

// fakeAccess lets everybody in as their client id, or as decide says.
type fakeAccess struct {
	decide func(ctx context.Context, c Credentials) (Grant, error)
}

func (a fakeAccess) Connect(ctx context.Context, c Credentials) (Grant, error) {
	if a.decide != nil {
		return a.decide(ctx, c)
	}
	return grant{identity: c.ClientID}, nil
}

// grant allows everything but topics and filters that begin with "secret/".
type grant struct{ identity string }

func (g grant) Identity() string                { return g.identity }
func (g grant) MayPublish(topic string) bool    { return !isSecret(topic) }
func (g grant) MaySubscribe(filter string) bool { return !isSecret(filter) }

func isSecret(s string) bool { return len(s) >= 7 && s[:7] == "secret/" }

// eventually polls until ok.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	late := time.After(waitLong)
	for !ok() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// start runs a server for the test; change may be nil.
func start(t testing.TB, intake ingest.Intake, change func(*Options)) *Server {
	t.Helper()
	opts := Options{Intake: intake, Access: fakeAccess{}, Listen: "127.0.0.1:0"}
	if change != nil {
		change(&opts)
	}
	s, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// pipePeer connects a peer to the server through memory, for tests in false
// time. Writes do not wait for the reader, as those to a socket do not.
func pipePeer(t *testing.T, s *Server) *peer {
	a, b := net.Pipe()
	ours, theirs := newBuffered(a), newBuffered(b)
	c := s.enter(link{Conn: ours, hangUp: a.Close})
	go c.serve()
	t.Cleanup(func() { theirs.Close() })
	return &peer{Conn: theirs, t: t}
}

// buffered leaves writing, and closing after it, to a goroutine.
type buffered struct {
	net.Conn
	mu     sync.Mutex
	closed bool
	queue  chan []byte
}

func newBuffered(conn net.Conn) *buffered {
	b := &buffered{Conn: conn, queue: make(chan []byte, 1000)}
	go func() {
		var err error
		for p := range b.queue {
			if err == nil {
				_, err = conn.Write(p)
			}
		}
		conn.Close()
	}()
	return b
}

func (b *buffered) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return 0, net.ErrClosed
	}
	b.queue <- append([]byte(nil), p...)
	return len(p), nil
}

func (b *buffered) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.closed {
		b.closed = true
		close(b.queue)
	}
	return nil
}

// panicHandler lets the process die of what a connection recovered from.
type panicHandler struct{ slog.Handler }

func (h panicHandler) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelError }
func (h panicHandler) WithAttrs([]slog.Attr) slog.Handler           { return h }

func (h panicHandler) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		panic(r.Message + ": " + a.String())
	})
	return nil
}
