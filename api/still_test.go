package api

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	credential "rione/devices/access"
)

// lateTails tell nothing until their client is gone.
type lateTails struct{}

func (lateTails) Tail(ctx context.Context, _ string, _ time.Time, _ bool, _ func([]byte) error) error {
	<-ctx.Done()
	return ctx.Err()
}

// TestStreamsEndWithTheirToken opens the streams with a token that is revoked, or
// expires, while they run, and with one that stays good.
func TestStreamsEndWithTheirToken(t *testing.T) {
	log := &memoryTokens{}
	tokens, err := credential.OpenTokens(t.Context(), log, log, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, demoCity()[:3], func(o *Options) { o.Issued, o.Trail, o.Tails = tokens, log, lateTails{} })
	r.heartbeat = 5 * time.Millisecond
	if err := r.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/v1/live", "/v1/devices/" + demoCity()[0].ID + "/tail"} {
		text, made, err := tokens.Create(t.Context(), "anna", credential.Token{Name: "stream of " + path, Role: credential.Operator})
		if err != nil {
			t.Fatal(err)
		}
		ended, other := r.openStream(path, text), r.openStream(path, adminToken)
		ended.alive(2)
		if _, err := tokens.Revoke(t.Context(), "anna", made.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, ended); err != nil {
			t.Errorf("%s: the stream of a revoked token did not end: %v", path, err)
		}
		other.alive(2)
	}
}

// stream is the answer of a stream, which ends with the test's patience.
type stream struct {
	*bufio.Reader
	t testing.TB
}

func (r *rig) openStream(path, token string) *stream {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	r.t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+r.Addr().String()+path, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { resp.Body.Close() })
	if resp.StatusCode != http.StatusOK {
		r.t.Fatalf("%s: %s", path, resp.Status)
	}
	return &stream{bufio.NewReader(resp.Body), r.t}
}

// alive reads until the stream has said so often that it is alive.
func (s *stream) alive(times int) {
	s.t.Helper()
	for times > 0 {
		line, err := s.ReadString('\n')
		if err != nil {
			s.t.Fatalf("the stream ended: %v", err)
		}
		if strings.HasPrefix(line, ": alive") {
			times--
		}
	}
}

// TestLiveResumesEvents: who comes back with the last id hears every change of an
// event since, once; who was away for too long is told to load anew.
func TestLiveResumesEvents(t *testing.T) {
	r := liveRig(t)
	f := r.follow("", "")
	announce := func(ids ...string) {
		for _, id := range ids {
			r.Announce(happened(id, "air-1", roma, 0))
		}
	}
	hears := func(f *feed, ids ...string) {
		t.Helper()
		for _, id := range ids {
			if e := f.next(); e.kind != "event" || !strings.Contains(e.data, `"id":"`+id+`"`) {
				t.Fatalf("heard %+v, want the event %s", e, id)
			}
		}
	}
	announce("ev-1", "ev-2")
	hears(f, "ev-1")
	first := f.id
	hears(f, "ev-2")
	f.close()
	announce("ev-3")
	hears(r.follow("", f.id), "ev-3")
	hears(r.follow("", first), "ev-2", "ev-3")
	quiet := r.follow("?comune="+palermo, first) // hears nothing of it, and is no further back for that
	announce("ev-4")
	r.Announce(happened("ev-palermo", "bin-1", palermo, 0))
	hears(quiet, "ev-palermo")
	quiet.close()
	if again := r.follow("", quiet.id); again.greeting.kind != "" {
		t.Errorf("greeted with %+v", again.greeting)
	}
	for range announcementsKept {
		announce("more")
	}
	if again := r.follow("", first); again.greeting.kind != "reset" {
		t.Errorf("what cannot be told any more: %+v", again.greeting)
	}
}
