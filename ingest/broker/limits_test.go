package broker

import (
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

func TestGate(t *testing.T) {
	limits := Limits{Connections: 4, Connecting: 2, ConnectionsPerAddress: 3, ConnectRate: 1}.withDefaults()
	g := newGate(&limits)
	a, b := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	f := func(from netip.Addr, want string) {
		t.Helper()
		if got := g.enter(from); got != want {
			t.Errorf("%v: %q, want %q", from, got, want)
		}
	}
	f(a, "")
	f(a, "")
	f(b, refusedSockets) // two are connecting
	g.connected()
	g.connected()
	f(a, "")
	g.connected()
	f(a, refusedSockets) // the fourth of its address
	f(b, "")
	g.connected()
	f(b, refusedSockets) // the fifth in all
	g.leave(a, false)
	f(b, "")
	g.leave(b, true)
	for range 3 {
		g.leave(a, false)
	}
	if g.open != 0 || g.connecting != 0 {
		t.Errorf("%d open, %d connecting are left", g.open, g.connecting)
	}
}

func TestGateLimitsTheRateOfAnAddress(t *testing.T) {
	limits := Limits{ConnectRate: 1}.withDefaults()
	g := newGate(&limits)
	a, b := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	for range 11 { // ten seconds' worth, and one
		if got := g.enter(a); got != "" {
			t.Fatalf("refused: %s", got)
		}
		g.leave(a, true)
	}
	if got := g.enter(a); got != refusedRate {
		t.Errorf("the twelfth: %q", got)
	}
	if got := g.enter(b); got != "" {
		t.Errorf("another address: %q", got)
	}
	g.sweep(time.Now().Add(time.Hour))
	if len(g.addresses) != 1 {
		t.Errorf("%d addresses are known, of which one has a socket", len(g.addresses))
	}
}

// TestAThousandConnects gives one address more sockets than it may open; a
// client that is connected does not notice.
func TestAThousandConnects(t *testing.T) {
	s := start(t, newIntake(), func(o *Options) { o.Limits.ConnectRate = 2 })
	other := connect4(t, s, "other", nil)
	for range 1000 {
		dial(t, s).Close()
	}
	other.alive()
	refused := dial(t, s)
	refused.closed()
	eventually(t, "the sockets are gone", func() bool { return len(s.all()) == 1 })
}

func TestMessageRateSlowsReadingDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		intake := newIntake()
		s := start(t, intake, func(o *Options) { o.Listen, o.Limits.MessageRate = "", 2 })
		p := pipePeer(t, s)
		p.connect4("dev", nil)
		begin := time.Now()
		for range 103 {
			p.send4(publish4("t", "x", 0, 0))
		}
		intake.awaitCount(103)
		if d := time.Since(begin).Round(time.Second); d != 50*time.Second { // 3 at once, then 2/s
			t.Errorf("103 messages took %v", d)
		}
	})
}

func TestTooManySessions(t *testing.T) {
	s := start(t, newIntake(), func(o *Options) { o.Limits.Sessions = 1 })
	connect4(t, s, "first", nil)
	if ack := dial(t, s).connect5("second", nil); ack.ReasonCode != 0x97 {
		t.Errorf("CONNACK with 0x%02x", ack.ReasonCode)
	}
}
