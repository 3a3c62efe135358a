package keep_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rione/devices/access"
	"rione/devices/access/keep"
	"rione/devices/natstest"
)

func open(t *testing.T, js jetstream.JetStream) (*keep.Store, *access.Tokens) {
	t.Helper()
	s, err := keep.Open(t.Context(), js, keep.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	tokens, err := access.OpenTokens(t.Context(), s, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s, tokens
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			t.Fatalf("never came: %s", what)
		case <-tick.C:
		}
	}
}

// A token made in one process is good in the others, and after a restart; so is
// its end.
func TestTokensAreKeptAndFollowed(t *testing.T) {
	js := natstest.JetStream(t)
	_, one := open(t, js)
	_, two := open(t, js)
	wanted := access.Token{Name: "console", Role: access.Installer, Comuni: []string{"058091"}, Expires: time.Now().Add(time.Hour)}
	text, made, err := one.Create(t.Context(), "anna", wanted)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the token in the other process", func() bool { _, err := two.Check(text); return err == nil })
	_, three := open(t, js)
	got, err := three.Check(text)
	if err != nil || got.ID != made.ID || got.Role != access.Installer || !got.Covers("058091") || got.Covers("015146") || !got.Expires.Equal(made.Expires) {
		t.Errorf("after a restart: %+v, %v", got, err)
	}
	if _, err := two.Revoke(t.Context(), "bea", "console"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the revocation in the first process", func() bool { _, err := one.Check(text); return err != nil })
	if _, four := open(t, js); four.List()[0].Revoked.IsZero() {
		t.Error("the revocation is not kept")
	}
}

func TestDamagedTokenOpensNoDoor(t *testing.T) {
	js := natstest.JetStream(t)
	_, tokens := open(t, js)
	if _, _, err := tokens.Create(t.Context(), "anna", access.Token{Name: "console", Role: access.Reader}); err != nil {
		t.Fatal(err)
	}
	bucket, err := js.KeyValue(t.Context(), "RIONE_TOKENS")
	if err != nil {
		t.Fatal(err)
	}
	for key, value := range map[string]string{"a": "{", "b": `{"id":"b","role":"administrator","hash":""}`, "c": `{"id":"c","role":"administrator","hash":"zz"}`, "d": `{"id":"d","hash":"00"}`} {
		if _, err := bucket.PutString(t.Context(), key, value); err != nil {
			t.Fatal(err)
		}
	}
	if _, again := open(t, js); len(again.List()) != 1 {
		t.Errorf("tokens are %+v", again.List())
	}
}

// The audit log only grows, whoever asks.
func TestAuditLog(t *testing.T) {
	js := natstest.JetStream(t)
	s, _ := open(t, js)
	if list, err := s.Read(t.Context(), 1, 10); err != nil || len(list) != 0 {
		t.Errorf("a new log has %v, %v", list, err)
	}
	at := time.Date(2025, 11, 22, 8, 0, 0, 0, time.UTC)
	for _, who := range []string{"anna", "bea", "carla"} {
		if err := s.Append(t.Context(), access.Entry{Time: at, Who: who, Action: "devices.change", Subject: "air-1", Revision: 7}); err != nil {
			t.Fatal(err)
		}
	}
	list, err := s.Read(t.Context(), 2, 1)
	if err != nil || len(list) != 1 || list[0] != (access.Entry{Seq: 2, Time: at, Who: "bea", Action: "devices.change", Subject: "air-1", Revision: 7}) {
		t.Errorf("read %+v, %v", list, err)
	}
	if last, err := s.Last(t.Context()); err != nil || last != 3 {
		t.Errorf("the last entry is %d, %v", last, err)
	}
	if list, err = s.Read(t.Context(), 0, 100); err != nil || len(list) != 3 {
		t.Errorf("read %d entries, %v", len(list), err)
	}
	stream, err := js.Stream(t.Context(), "RIONE_AUDIT")
	if err != nil {
		t.Fatal(err)
	}
	if stream.DeleteMsg(t.Context(), 1) == nil || stream.Purge(t.Context()) == nil {
		t.Error("an entry could be removed")
	}
	if c := stream.CachedInfo().Config; c.MaxAge != 0 || c.MaxMsgs > 0 || c.MaxBytes > 0 {
		t.Errorf("the log forgets: %+v", c)
	}
	if _, err := js.Publish(t.Context(), "rione.audit", []byte("{")); err != nil {
		t.Fatal(err)
	}
	if list, err = s.Read(t.Context(), 4, 1); err != nil || len(list) != 1 || list[0].Action != "damaged" {
		t.Errorf("damaged entry: %+v, %v", list, err)
	}
}

func TestOpenWithoutTime(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := keep.Open(ctx, natstest.JetStream(t), keep.Options{}); err == nil {
		t.Error("opened")
	}
}

// Claim codes are kept, followed by other processes, and changed by one at a
// time.
func TestClaimsAreKeptAndFollowed(t *testing.T) {
	js := natstest.JetStream(t)
	one, _ := open(t, js)
	two, _ := open(t, js)
	var mu sync.Mutex
	seen := map[string]access.Claim{}
	follow := func(s *keep.Store, name string) {
		t.Helper()
		if err := s.FollowClaims(t.Context(), func(c access.Claim) { mu.Lock(); defer mu.Unlock(); seen[name] = c }); err != nil {
			t.Fatal(err)
		}
	}
	follow(one, "one")
	follow(two, "two")
	is := func(name string, used int) func() bool {
		return func() bool {
			mu.Lock()
			defer mu.Unlock()
			c := seen[name]
			return c.ID == "c1" && c.Used == used && c.Hash[0] == 9
		}
	}
	claim := access.Claim{ID: "c1", Name: "lotto", Comune: "058091", Uses: 3, Hash: access.Hash{9}}
	if err := one.PutClaim(t.Context(), claim); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the claim in the other process", is("two", 0))
	claim.Used = 1
	if err := two.PutClaim(t.Context(), claim); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the use in the first process", is("one", 1))
	three, _ := open(t, js)
	if err := three.PutClaim(t.Context(), claim); !errors.Is(err, access.ErrClaimChanged) {
		t.Errorf("a process that had not read it changed it: %v", err)
	}
	follow(three, "three")
	if !is("three", 1)() {
		t.Errorf("after a restart: %+v", seen["three"])
	}
}
