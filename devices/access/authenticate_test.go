package access_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"rione/devices"
	"rione/devices/access"
)

const secret = "a secret of its own"

func TestAuthenticate(t *testing.T) {
	gone := withSecret(t, device("air-9", devices.Air, "058091"), secret)
	gone.Retired = true
	waits := withSecret(t, device("air-8", devices.Air, "058091"), secret)
	waits.Pending = true
	silent := device("air-7", devices.Air, "058091")
	silent.Pending = true
	r := newRegistry(t, withSecret(t, device("air-1", devices.Air, "058091"), secret), device("air-2", devices.Air, "058091"), gone, waits, silent)
	strict, open := newPolicy(t, access.Options{Registry: r}), newPolicy(t, access.Options{Registry: r, Anonymous: true})
	f := func(p *access.Policy, l access.Login, want error) {
		t.Helper()
		who, err := p.Authenticate(t.Context(), l)
		if !errors.Is(err, want) || (err == nil) != (want == nil) {
			t.Errorf("%+v: %v, want %v", l, err, want)
		}
		if err == nil && who.Identity() != l.ClientID {
			t.Errorf("%+v became %s", l, who.Identity())
		}
	}
	f(strict, access.Login{ClientID: "air-1", Password: secret}, nil)
	f(strict, access.Login{ClientID: "air-1", Username: "air-1", Password: secret}, nil)
	f(strict, access.Login{ClientID: "air-8", Password: secret}, nil) // pending; it may little
	f(strict, access.Login{ClientID: "air-1", Username: "air-2", Password: secret}, access.ErrBadCredentials)
	f(strict, access.Login{ClientID: "air-1", Password: "another secret"}, access.ErrBadCredentials)
	f(strict, access.Login{ClientID: "air-1"}, access.ErrBadCredentials)
	f(strict, access.Login{ClientID: "AIR-1", Password: secret}, access.ErrUnknown)
	f(strict, access.Login{ClientID: "air-9", Password: secret}, access.ErrUnknown)
	f(strict, access.Login{ClientID: "stranger", Password: secret}, access.ErrUnknown)
	f(strict, access.Login{Password: secret}, access.ErrUnknown)
	f(strict, access.Login{ClientID: "air-2", Loopback: true}, access.ErrBadCredentials)
	f(open, access.Login{ClientID: "air-2", Loopback: true}, nil)
	f(open, access.Login{ClientID: "air-2"}, access.ErrBadCredentials) // from elsewhere
	f(open, access.Login{ClientID: "air-1", Loopback: true}, access.ErrBadCredentials)
	f(open, access.Login{ClientID: "air-7", Loopback: true}, access.ErrBadCredentials)
	f(strict, access.Login{ClientID: "air-1", Username: "enrol:058091:air", Password: secret}, access.ErrBadCredentials)
}

// Wrong secrets slow down who tries them, by identity and by address, and keep
// out nobody whose secret was right before.
func TestWrongSecretsAreThrottled(t *testing.T) {
	c := newClock()
	var fleet []devices.Device
	for i := range 9 {
		fleet = append(fleet, withSecret(t, device(fmt.Sprintf("air-%d", i), devices.Air, "058091"), secret))
	}
	p := newPolicy(t, access.Options{Registry: newRegistry(t, fleet...), Now: c.now, Limits: access.Limits{
		WrongPerIdentity: access.Rate{Burst: 3, PerMinute: 1}, WrongPerAddress: access.Rate{Burst: 5, PerMinute: 1},
	}})
	f := func(id, secret string, from netip.Addr, want error) {
		t.Helper()
		if _, err := p.Authenticate(t.Context(), access.Login{ClientID: id, Password: secret, Address: from}); !errors.Is(err, want) {
			t.Errorf("%s from %s: %v, want %v", id, from, err, want)
		}
	}
	other := func(i int) netip.Addr { return netip.AddrFrom4([4]byte{198, 51, 100, byte(i)}) }
	f("air-0", secret, here(), nil)
	for i := range 3 {
		f("air-0", "wrong wrong", other(i), access.ErrBadCredentials)
	}
	f("air-0", "wrong wrong", other(9), access.ErrThrottled) // whatever the address
	f("air-0", secret, other(9), nil)                        // it was right before
	c.at = c.at.Add(time.Minute)
	f("air-0", "wrong wrong", other(8), access.ErrBadCredentials)
	f("air-0", "wrong wrong", other(8), access.ErrThrottled)

	for i := range 5 {
		f(fmt.Sprintf("air-%d", i+1), "wrong wrong", here(), access.ErrBadCredentials)
	}
	f("air-6", secret, here(), access.ErrThrottled) // whatever the device
	f("air-6", secret, other(1), nil)
	f("air-6", secret, here(), nil) // it is known by now

	subscriber := func(host string) netip.Addr { return netip.MustParseAddr("2001:db8:1:2::" + host) }
	for i := range 5 {
		f(fmt.Sprintf("air-%d", i+1), "wrong wrong", subscriber(fmt.Sprint(i)), access.ErrBadCredentials)
	}
	f("air-7", secret, subscriber("ff"), access.ErrThrottled) // of the same /64
	f("air-7", secret, netip.MustParseAddr("2001:db8:1:3::1"), nil)
}

// A rotation lets the device in by both secrets until the overlap ends; a
// revocation by none.
func TestRotatedDevice(t *testing.T) {
	c := newClock()
	d := withSecret(t, device("air-1", devices.Air, "058091"), secret)
	r := newRegistry(t, d)
	p := newPolicy(t, access.Options{Registry: r, Now: c.now})
	f := func(secret string, want error) {
		t.Helper()
		if _, err := p.Authenticate(t.Context(), access.Login{ClientID: "air-1", Password: secret}); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
	f(secret, nil)
	next, err := d.Rotate(c.now(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	r.put(t, d)
	f(secret, nil)
	f(next, nil)
	c.at = c.at.Add(time.Hour)
	f(secret, access.ErrBadCredentials)
	f(next, nil)
	if err := d.Revoke(c.now()); err != nil {
		t.Fatal(err)
	}
	r.put(t, d)
	f(next, access.ErrBadCredentials)
}

func TestBusyIsSaid(t *testing.T) {
	r := newRegistry(t, withSecret(t, device("air-1", devices.Air, "058091"), secret))
	p := newPolicy(t, access.Options{Registry: r, Verifier: devices.NewVerifier(devices.VerifierOptions{Concurrency: 1})})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	busy := 0
	for range 200 { // a free processor and an ended context are both ready: one of them is taken
		_, err := p.Authenticate(ctx, access.Login{ClientID: "air-1", Password: "wrong wrong"})
		if errors.Is(err, access.ErrBusy) && errors.Is(err, context.Canceled) {
			busy++
		}
	}
	if busy == 0 {
		t.Error("who gave up waiting was never told so")
	}
}

func TestOptionsAreChecked(t *testing.T) {
	tokens, _, _ := newTokens(t, newClock())
	r := newRegistry(t)
	for _, o := range []access.Options{
		{},
		{Registry: r, Tokens: tokens},
		{Registry: r, Limits: access.Limits{WrongPerAddress: access.Rate{Burst: -1}}},
		{Registry: r, Limits: access.Limits{PendingPerComune: -1}},
	} {
		if _, err := access.New(o); err == nil {
			t.Errorf("%+v: made", o)
		}
	}
}

func TestLoginsAreCounted(t *testing.T) {
	metrics := prometheus.NewPedanticRegistry()
	p := newPolicy(t, access.Options{Registry: newRegistry(t), Metrics: metrics})
	if _, err := p.Authenticate(t.Context(), access.Login{ClientID: "air-1"}); err == nil {
		t.Fatal("a stranger came in")
	}
	families, err := metrics.Gather()
	if err != nil || len(families) != 1 || families[0].GetMetric()[0].GetLabel()[0].GetValue() != "unknown" {
		t.Errorf("metrics are %v, %v", families, err)
	}
}

// BenchmarkReconnect is a fleet of 10,000 that comes back at once: to a process
// that has just started, and to one that knew them.
func BenchmarkReconnect(b *testing.B) {
	const devicesBack = 10_000
	for _, kind := range []struct{ name, secret string }{{"long", devices.NewSecret()}, {"short", "pass-word"}} {
		b.Run(kind.name, func(b *testing.B) {
			d := withSecret(b, device("air-0", devices.Air, "058091"), kind.secret)
			fleet := make([]devices.Device, devicesBack)
			for i := range fleet {
				fleet[i] = d
				fleet[i].ID = fmt.Sprintf("air-%05d", i)
				fleet[i].SecretHash = withSecret(b, d, kind.secret).SecretHash
			}
			r := newRegistry(b, fleet...)
			b.Run("started", func(b *testing.B) {
				for b.Loop() {
					reconnect(b, newPolicy(b, access.Options{Registry: r}), fleet, kind.secret)
				}
			})
			b.Run("running", func(b *testing.B) {
				p := newPolicy(b, access.Options{Registry: r})
				reconnect(b, p, fleet, kind.secret)
				for b.Loop() {
					reconnect(b, p, fleet, kind.secret)
				}
			})
		})
	}
}

// reconnect lets a fleet in, 64 devices at a time.
func reconnect(b *testing.B, p *access.Policy, fleet []devices.Device, secret string) {
	b.Helper()
	var next atomic.Int64
	var doors sync.WaitGroup
	for range 64 {
		doors.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(fleet); i = int(next.Add(1)) - 1 {
				if _, err := p.Authenticate(b.Context(), access.Login{ClientID: fleet[i].ID, Password: secret, Address: here()}); err != nil {
					b.Error(err)
				}
			}
		})
	}
	doors.Wait()
}
