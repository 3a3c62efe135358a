package access_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"rione/devices"
	"rione/devices/access"
)

func TestTokens(t *testing.T) {
	c := newClock()
	tokens, s, trail := newTokens(t, c)
	text, made, err := tokens.Create(t.Context(), "anna", access.Token{
		Name: "ChirpStack Roma", Role: access.Publisher, Comuni: []string{"058091"}, Formats: []string{"chirpstack"}, Expires: c.at.Add(time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(text) != len("rione_")+26 || made.Author != "anna" || !made.Created.Equal(c.at) || made.ID == "" {
		t.Errorf("made %q, %+v", text, made)
	}
	if other, _, err := tokens.Create(t.Context(), "anna", access.Token{Name: "console", Role: access.Reader}); err != nil || other == text {
		t.Errorf("second token: %v", err)
	}
	again, err := access.OpenTokens(t.Context(), &store{kept: s.kept}, trail, c.now) // after a restart
	if err != nil {
		t.Fatal(err)
	}
	for _, tokens := range []*access.Tokens{tokens, again} {
		got, err := tokens.Check(text)
		if err != nil || got.Name != "ChirpStack Roma" || got.Role != access.Publisher {
			t.Errorf("check: %+v, %v", got, err)
		}
		for _, wrong := range []string{"", text[1:], text + "a", strings.ToUpper(text), "rione_"} {
			if _, err := tokens.Check(wrong); !errors.Is(err, access.ErrBadCredentials) {
				t.Errorf("%q: %v", wrong, err)
			}
		}
	}
	c.at = c.at.Add(time.Hour)
	if _, err := tokens.Check(text); !errors.Is(err, access.ErrBadCredentials) {
		t.Errorf("expired: %v", err)
	}
	for _, e := range trail.entries {
		if strings.Contains(e.Detail+e.Subject, text) || e.Who != "anna" || e.Action != "token.create" {
			t.Errorf("audit entry %+v", e)
		}
	}
	if list := tokens.List(); len(list) != 2 || list[0].Created.After(list[1].Created) {
		t.Errorf("list is %+v", list)
	}
}

func TestRevoke(t *testing.T) {
	tokens, s, trail := newTokens(t, newClock())
	create := func() string {
		t.Helper()
		text, _, err := tokens.Create(t.Context(), "anna", access.Token{Name: "console", Role: access.Reader})
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	first := create()
	if _, _, err := tokens.Create(t.Context(), "anna", access.Token{Name: "console", Role: access.Reader}); err == nil {
		t.Error("two tokens of one name are in force")
	}
	was := s.kept[0]
	if _, err := tokens.Revoke(t.Context(), "bea", "console"); err != nil {
		t.Fatal(err)
	}
	if _, err := tokens.Check(first); !errors.Is(err, access.ErrBadCredentials) {
		t.Errorf("revoked: %v", err)
	}
	s.take(was) // late news of another process do not bring it back
	if _, err := tokens.Check(first); !errors.Is(err, access.ErrBadCredentials) {
		t.Error("a revoked token came back")
	}
	if _, err := tokens.Revoke(t.Context(), "bea", "console"); !errors.Is(err, access.ErrNoToken) {
		t.Errorf("revoked twice: %v", err)
	}
	second := create()
	for _, token := range tokens.List() {
		if token.Revoked.IsZero() {
			if _, err := tokens.Revoke(t.Context(), "bea", token.ID); err != nil {
				t.Error(err)
			}
		}
	}
	if _, err := tokens.Check(second); err == nil {
		t.Error("revoked by id, it is still good")
	}
	if last := trail.entries[len(trail.entries)-1]; last.Action != "token.revoke" || last.Who != "bea" || last.Subject != "console" {
		t.Errorf("audit entry %+v", last)
	}
}

// What is in force is in the audit log: without the log nothing is done.
func TestNoTokenWithoutItsEntry(t *testing.T) {
	tokens, s, trail := newTokens(t, newClock())
	trail.fail = errStore
	wanted := access.Token{Name: "console", Role: access.Reader}
	if _, _, err := tokens.Create(t.Context(), "anna", wanted); !errors.Is(err, errStore) || len(s.kept) != 0 || len(tokens.List()) != 0 {
		t.Errorf("made without an entry: %v", err)
	}
	trail.fail, s.fail = nil, errStore
	if _, _, err := tokens.Create(t.Context(), "anna", wanted); !errors.Is(err, errStore) || len(tokens.List()) != 0 {
		t.Errorf("made without being kept: %v", err)
	}
	if _, err := access.OpenTokens(t.Context(), s, trail, nil); !errors.Is(err, errStore) {
		t.Errorf("opened: %v", err)
	}
}

func TestTokensThatAreRefused(t *testing.T) {
	c := newClock()
	tokens, _, _ := newTokens(t, c)
	f := func(want string, token access.Token) {
		t.Helper()
		if _, _, err := tokens.Create(t.Context(), "anna", token); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v", token, err)
		}
	}
	f("name", access.Token{Role: access.Reader})
	f("name", access.Token{Role: access.Reader, Name: "a\nb"})
	f("name", access.Token{Role: access.Reader, Name: strings.Repeat("a", 101)})
	for _, name := range []string{"admin", "Admin", "command line", "claim lotto 2"} { // the audit log would take it for somebody else
		f("rione's own", access.Token{Role: access.Reader, Name: name})
	}
	f("role", access.Token{Name: "x", Role: "king"})
	f("ISTAT", access.Token{Name: "x", Role: access.Reader, Comuni: []string{"Roma"}})
	f("which comuni", access.Token{Name: "x", Role: access.Enroller})
	f("formats", access.Token{Name: "x", Role: access.Reader, Formats: []string{"native"}})
	f("expired", access.Token{Name: "x", Role: access.Reader, Expires: c.at})
}

func TestScopes(t *testing.T) {
	f := func(token access.Token, format, comune string, want bool) {
		t.Helper()
		if got := token.MayPush(format, comune); got != want {
			t.Errorf("%+v pushes %s for %q: %v", token, format, comune, got)
		}
	}
	roma := access.Token{Role: access.Publisher, Comuni: []string{"058091"}, Formats: []string{"senml"}}
	f(roma, "senml", "058091", true)
	f(roma, "senml", "015146", false)
	f(roma, "senml", "", false)
	f(roma, "native", "058091", false)
	f(access.Token{Role: access.Publisher}, "native", "", true)
	f(access.Token{Role: access.Administrator}, "native", "058091", true)
	for _, role := range []access.Role{access.Reader, access.Operator, access.Installer, access.Enroller, ""} {
		f(access.Token{Role: role}, "native", "058091", false)
	}
}

func TestAuditedRegistry(t *testing.T) {
	r, log := newRegistry(t, device("air-1", devices.Air, "058091")), &trail{}
	a := &access.Audited{Registry: r, Trail: log}
	f := func(action, subject string, put ...devices.Device) {
		t.Helper()
		s, err := a.Apply(t.Context(), devices.ChangeSet{Author: "anna", Note: "why", Put: put})
		if err != nil {
			t.Fatal(err)
		}
		e := log.entries[len(log.entries)-1]
		if e.Action != action || e.Subject != subject || e.Who != "anna" || e.Detail != "why" || e.Revision != s.Revision || e.Time.IsZero() {
			t.Errorf("entry is %+v", e)
		}
	}
	d, waits := *r.Snapshot().Device("air-1"), device("new-1", devices.Bin, "058091")
	waits.Pending = true
	d.Name = "x"
	f("devices.change", "air-1", d)
	d.SecretHash = "hash"
	f("devices.rotate", "air-1", d)
	f("devices.enrol", "new-1", waits)
	waits.Pending = false
	f("devices.approve", "new-1", waits)
	d.Retired = true
	f("devices.retire", "air-1 new-1", d, waits)
	var lot []devices.Device
	for _, id := range strings.Fields("b-a b-b b-c b-d b-e b-f b-g b-h b-i b-j b-k b-l") {
		lot = append(lot, device(id, devices.Bin, "058091"))
	}
	f("devices.register", "b-a b-b b-c b-d b-e b-f b-g b-h b-i b-j and 2 more", lot...)

	n := len(log.entries)
	if _, err := a.Apply(t.Context(), devices.ChangeSet{Author: "anna"}); err != nil || len(log.entries) != n {
		t.Errorf("a change of nothing: %v", err)
	}
	r.fail = errStore
	if _, err := a.Apply(t.Context(), devices.ChangeSet{Author: "anna", Put: lot}); !errors.Is(err, errStore) || len(log.entries) != n {
		t.Errorf("a change that failed: %v", err)
	}
	r.fail, log.fail = nil, errStore
	if s, err := a.Apply(t.Context(), devices.ChangeSet{Author: "anna", Put: lot}); !errors.Is(err, errStore) || s == nil || !strings.Contains(err.Error(), "is stored as revision") {
		t.Errorf("a change without its entry: %v", err)
	}
}
