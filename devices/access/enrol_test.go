package access_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"rione/devices"
	"rione/devices/access"
)

func TestEnrolment(t *testing.T) {
	c := newClock()
	tokens, _, _ := newTokens(t, c)
	text, _, err := tokens.Create(t.Context(), "anna", access.Token{Name: "lotto 1", Role: access.Enroller, Comuni: []string{"058091"}, Expires: c.at.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	reader, _, err := tokens.Create(t.Context(), "anna", access.Token{Name: "console", Role: access.Reader})
	if err != nil {
		t.Fatal(err)
	}
	taken, gone := device("air-1", devices.Air, "058091"), device("air-2", devices.Air, "058091")
	taken.ExternalID, gone.Retired = "serial-1", true
	r := newRegistry(t, taken, gone)
	p := newPolicy(t, access.Options{Registry: r, Tokens: tokens, Gazetteer: gazetteer{}, Now: c.now})
	f := func(id, user, password string, want error) {
		t.Helper()
		_, err := p.Authenticate(t.Context(), access.Login{ClientID: id, Username: user, Password: password, Address: here()})
		if !errors.Is(err, want) || (err == nil) != (want == nil) {
			t.Errorf("%s as %s: %v, want %v", id, user, err, want)
		}
	}
	const user = "enrol:058091:bin:B1"
	own := text + "." + secret
	f("bin-1", user, own, nil)
	if d := r.Snapshot().Device("bin-1"); d == nil || d.State() != devices.Pending || d.Kind != devices.Bin || d.Model != "B1" || d.SecretHash == "" {
		t.Fatalf("enrolled as %+v", d)
	}
	f("bin-1", user, own, nil)                                      // again
	f("bin-1", user, text, access.ErrBadCredentials)                // without its secret
	f("bin-1", user, text+".another one", access.ErrBadCredentials) // somebody else with the same token
	f("bin-1", "", secret, nil)                                     // by its secret alone
	f("bin-2", "enrol:058091:bin", text, nil)                       // has no secret
	f("bin-2", "enrol:058091:bin", text, nil)

	f("bin-3", "enrol:058091", text, access.ErrBadCredentials)
	f("bin-3", "enrol:015146:bin", text, access.ErrBadCredentials) // another comune
	f("bin-3", user, reader, access.ErrBadCredentials)             // another role
	f("bin-3", user, "rione_guess", access.ErrBadCredentials)
	f("bin-3", user, text+".short", access.ErrBadCredentials)
	f("bin-3", "enrol:058091:toaster", text, access.ErrUnknown)
	f("serial-1", user, own, access.ErrUnknown) // what the network calls another device
	f("B", user, own, access.ErrUnknown)
	f("air-1", "enrol:058091:air", own, access.ErrBadCredentials) // registered, by nobody's token
	f("air-2", "enrol:058091:air", own, access.ErrUnknown)        // retired

	set, err := devices.Approve(r.Snapshot(), devices.Rule{Prefix: "bin-"})
	if err != nil {
		t.Fatal(err)
	}
	r.put(t, set.Put...)
	f("bin-1", user, own, nil) // nothing changes for a device that brought a secret
	f("bin-2", "enrol:058091:bin", text, access.ErrBadCredentials)
	c.at = c.at.Add(time.Hour)
	f("bin-4", user, own, access.ErrBadCredentials) // the token expired
	if n := r.Snapshot().Len(); n != 4 {
		t.Errorf("%d devices", n)
	}
}

func TestEnrolmentIsLimited(t *testing.T) {
	c := newClock()
	tokens, _, _ := newTokens(t, c)
	text, _, err := tokens.Create(t.Context(), "anna", access.Token{Name: "all", Role: access.Enroller, Comuni: []string{"058091", "015146"}})
	if err != nil {
		t.Fatal(err)
	}
	r := newRegistry(t)
	p := newPolicy(t, access.Options{Registry: r, Tokens: tokens, Gazetteer: gazetteer{}, Now: c.now, Limits: access.Limits{
		EnrolmentsPerComune: access.Rate{Burst: 3, PerMinute: 1}, PendingPerComune: 4,
	}})
	n := 0
	f := func(comune string, want error, say string) {
		t.Helper()
		n++
		_, err := p.Authenticate(t.Context(), access.Login{ClientID: fmt.Sprintf("bin-%d", n), Username: "enrol:" + comune + ":bin", Password: text})
		if !errors.Is(err, want) || err != nil && !strings.Contains(err.Error(), say) {
			t.Errorf("enrolment %d: %v, want %v", n, err, want)
		}
	}
	for range 3 {
		f("058091", nil, "")
	}
	f("058091", access.ErrThrottled, "to enrol")
	f("015146", nil, "") // another comune's
	c.at = c.at.Add(10 * time.Minute)
	f("058091", nil, "")
	f("058091", access.ErrThrottled, "approve or retire")
	r.fail = errStore
	f("015146", access.ErrBusy, "store is away")
}
