package access_test

import (
	"errors"
	"testing"

	"rione/devices/access"
)

// newDoor is a policy without devices, and its tokens.
func newDoor(t *testing.T, l access.Limits) (*access.Policy, *access.Tokens) {
	t.Helper()
	c := newClock()
	tokens, _, _ := newTokens(t, c)
	return newPolicy(t, access.Options{Registry: newRegistry(t), Tokens: tokens, Gazetteer: gazetteer{}, Now: c.now, Limits: l}), tokens
}

func TestEventTopic(t *testing.T) {
	f := func(want, comune, kind string) {
		t.Helper()
		if got := access.EventTopic(comune, kind, "id-1"); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	f("$rione/v1/058091/event/silent/id-1", "058091", "silent")
	f("$rione/v1/-/event/own_fault/id-1", "", "own_fault")
	f("$rione/v1/058091/event/a_b__/id-1", "058091", "a/b+#")
}

func TestObserver(t *testing.T) {
	p, tokens := newDoor(t, access.Limits{})
	made := func(role access.Role, comuni ...string) string {
		t.Helper()
		text, _, err := tokens.Create(t.Context(), "anna", access.Token{Name: string(role) + " " + "x", Role: role, Comuni: comuni})
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	login := func(text string) access.Login {
		return access.Login{ClientID: "sala", Username: access.ObserverName, Password: text}
	}
	for _, bad := range []string{"", "rione_nonsense", made(access.Publisher), made(access.Enroller, "058091")} {
		if _, err := p.Observe(login(bad)); !errors.Is(err, access.ErrBadCredentials) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	city := made(access.Reader)
	all, err := p.Observe(login(city))
	if err != nil {
		t.Fatal(err)
	}
	one, err := p.Observe(login(made(access.Operator, "058091")))
	if err != nil {
		t.Fatal(err)
	}
	if all.Identity() == one.Identity() || all.Identity() == "sala" {
		t.Errorf("identities %q and %q", all.Identity(), one.Identity())
	}
	f := func(filter string, mayAll, mayOne bool) {
		t.Helper()
		if a, o := all.MaySubscribe(filter), one.MaySubscribe(filter); a != mayAll || o != mayOne {
			t.Errorf("%s: %v and %v", filter, a, o)
		}
		if all.MayPublish(filter) {
			t.Errorf("%s: an observer publishes", filter)
		}
	}
	f("$rione/v1/+/event/#", true, false)
	f("$rione/v1/058091/event/#", true, true)
	f("$rione/v1/058091/event/silent/+", true, true)
	f("$rione/v1/082053/event/#", true, false)
	f("$rione/v1/-/event/#", true, false)
	f("$rione/v1/#", false, false)
	f("$rione/#", false, false)
	f("#", false, false)
	f("sc/v1/+/+/+/up", false, false)
	f("sc/v1/058091/air/air-1/cmd/#", false, false)

	if _, err := tokens.Revoke(t.Context(), "anna", "reader x"); err != nil {
		t.Fatal(err)
	}
	if all.InForce() || all.MaySubscribe("$rione/v1/+/event/#") || !one.InForce() {
		t.Error("a revoked token still observes")
	}
}

func TestObserversAreThrottled(t *testing.T) {
	p, _ := newDoor(t, access.Limits{WrongPerAddress: access.Rate{PerMinute: 1, Burst: 3}})
	var err error
	for range 5 {
		_, err = p.Observe(access.Login{Username: access.ObserverName, Password: "rione_guess"})
	}
	if !errors.Is(err, access.ErrThrottled) {
		t.Errorf("the fifth guess: %v", err)
	}
}
