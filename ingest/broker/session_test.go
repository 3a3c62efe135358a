package broker

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	v5 "github.com/eclipse/paho.golang/packets"
	v4 "github.com/eclipse/paho.mqtt.golang/packets"

	"rione/ingest"
)

func TestConnectRefusals(t *testing.T) {
	s := start(t, newIntake(), func(o *Options) {
		o.Access = fakeAccess{decide: func(_ context.Context, c Credentials) (Grant, error) {
			switch c.Username {
			case "wrong":
				return nil, ErrBadCredentials
			case "barred":
				return nil, fmt.Errorf("an inner secret: %w", ErrNotAuthorized)
			case "busy":
				return nil, ErrServerBusy
			case "id":
				return nil, ErrBadClientID
			case "broken":
				return nil, context.Canceled
			}
			return grant{c.Username + string(c.Password)}, nil
		}}
	})
	f := func(user string, code4, code5 byte) {
		t.Helper()
		p := dial(t, s)
		ack := p.connect4("dev", func(c *v4.ConnectPacket) { c.UsernameFlag, c.Username = true, user })
		if ack.ReturnCode != code4 || ack.SessionPresent {
			t.Errorf("%s: 3.1.1 got %d, want %d", user, ack.ReturnCode, code4)
		}
		p.closed()
		p = dial(t, s)
		ack5 := p.connect5("dev", func(c *v5.Connect) { c.UsernameFlag, c.Username = true, user })
		if say := ack5.Properties.ReasonString; ack5.ReasonCode != code5 || say == "" || strings.Contains(say, "secret") {
			t.Errorf("%s: 5 got 0x%02x %q, want 0x%02x", user, ack5.ReasonCode, ack5.Properties.ReasonString, code5)
		}
		p.closed()
	}
	f("wrong", 4, 0x86)
	f("barred", 5, 0x87)
	f("busy", 3, 0x89)
	f("id", 2, 0x85)
	f("broken", 3, 0x88)

	if ack := dial(t, s).connect4("", func(c *v4.ConnectPacket) { c.CleanSession = false }); ack.ReturnCode != 2 {
		t.Errorf("a session to keep without a client id: %d", ack.ReturnCode)
	}
	if ack := dial(t, s).connect4("x", func(c *v4.ConnectPacket) { c.ProtocolName, c.ProtocolVersion = "MQIsdp", 3 }); ack.ReturnCode != 1 {
		t.Errorf("MQTT 3.1: %d", ack.ReturnCode)
	}
	if ack := dial(t, s).connect5("x", func(c *v5.Connect) { c.ProtocolVersion = 6 }); ack.ReasonCode != 0x84 {
		t.Errorf("version 6: 0x%02x", ack.ReasonCode)
	}
	if ack := dial(t, s).connect5("x", func(c *v5.Connect) { c.Properties.AuthMethod = "SCRAM" }); ack.ReasonCode != 0x8c {
		t.Errorf("enhanced authentication: 0x%02x", ack.ReasonCode)
	}
	if ack := dial(t, s).connect5("", nil); ack.ReasonCode != 0 || ack.Properties.AssignedClientID == "" {
		t.Errorf("no client id: 0x%02x, assigned %q", ack.ReasonCode, ack.Properties.AssignedClientID)
	}
	quiet := dial(t, s).connect5("dev", func(c *v5.Connect) {
		c.UsernameFlag, c.Username, c.Properties.RequestProblemInfo = true, "wrong", ptr(byte(0))
	})
	if quiet.Properties.ReasonString != "" {
		t.Errorf("a reason string that was not wanted: %q", quiet.Properties.ReasonString)
	}
}

func TestFirstPacketMustBeConnectAndOnlyTheFirst(t *testing.T) {
	s := start(t, newIntake(), nil)
	p := dial(t, s)
	p.send4(publish4("t", "x", 0, 0))
	p.closed()
	p5 := connect5(t, s, "dev", nil)
	p5.send5(&v5.Connect{ProtocolName: "MQTT", ProtocolVersion: 5, ClientID: "dev", Properties: &v5.Properties{}})
	p5.dropped5(0x82)
}

func TestNewerConnectionTakesOver(t *testing.T) {
	s := start(t, newIntake(), nil)
	first := connect5(t, s, "dev", nil)
	second := connect5(t, s, "dev", nil)
	first.dropped5(0x8e)
	third := connect4(t, s, "dev", nil)
	second.dropped5(0x8e)
	third.alive()
	if c := s.Clients(); len(c) != 1 || c[0].ID != "dev" || c[0].Version != 4 || c[0].Identity != "dev" {
		t.Errorf("clients: %+v", c)
	}
}

// TestWaitingConnectionsDoNotPileUp lets a client come again while its first
// connection waits for the intake.
func TestWaitingConnectionsDoNotPileUp(t *testing.T) {
	intake := newIntake()
	intake.full = true
	s := start(t, intake, func(o *Options) { o.Limits.ConnectTimeout = 300 * time.Millisecond })
	first := connect4(t, s, "dev", nil)
	first.send4(publish4("t", "x", 1, 1))
	intake.await(t, "it waits", func(f *fakeIntake) bool { return f.waiting == 1 })
	for range 3 {
		if ack := dial(t, s).connect4("dev", nil); ack.ReturnCode != 3 {
			t.Errorf("CONNACK with %d, want 3: the server is busy", ack.ReturnCode)
		}
	}
	eventually(t, "only the first is left", func() bool { return len(s.all()) == 1 })
	intake.set(func(f *fakeIntake) { f.full = false })
	eventually(t, "the first is gone", func() bool { return len(s.all()) == 0 })
	connect4(t, s, "dev", nil).alive()
}

func TestAnotherIdentityCannotTakeOver(t *testing.T) {
	s := start(t, newIntake(), func(o *Options) {
		o.Access = fakeAccess{decide: func(_ context.Context, c Credentials) (Grant, error) { return grant{c.Username}, nil }}
	})
	as := func(user string) func(*v4.ConnectPacket) {
		return func(c *v4.ConnectPacket) { c.UsernameFlag, c.Username, c.CleanSession = true, user, false }
	}
	owner := connect4(t, s, "dev", as("owner"))
	thief := dial(t, s)
	if ack := thief.connect4("dev", as("thief")); ack.SessionPresent {
		t.Error("another identity opened the session")
	}
	owner.alive()
}

func TestSessionIsKeptAsLongAsAgreed(t *testing.T) {
	s := start(t, newIntake(), func(o *Options) { o.Limits.SessionExpiry = time.Minute })
	f := func(why string, asked *uint32, bye *uint32, announced *uint32, present bool) {
		t.Helper()
		connect := func(c *v5.Connect) { c.CleanStart, c.Properties.SessionExpiryInterval = false, asked }
		p := dial(t, s)
		ack := p.connect5("dev", connect)
		if got := ack.Properties.SessionExpiryInterval; (got == nil) != (announced == nil) || got != nil && *got != *announced {
			t.Errorf("%s: announced %v", why, got)
		}
		p.send5(&v5.Disconnect{Properties: &v5.Properties{SessionExpiryInterval: bye}})
		p.closed()
		eventually(t, "the client is gone", func() bool { return len(s.Clients()) == 0 })
		p = dial(t, s)
		if ack := p.connect5("dev", func(c *v5.Connect) { c.CleanStart = false }); ack.SessionPresent != present {
			t.Errorf("%s: session present: %v", why, ack.SessionPresent)
		}
		p.send5(&v5.Disconnect{Properties: &v5.Properties{}})
		p.closed()
		eventually(t, "the client is gone", func() bool { return len(s.Clients()) == 0 })
	}
	f("none asked", nil, nil, nil, false)
	f("ten seconds", ptr(uint32(10)), nil, nil, true)
	f("for ever", ptr(uint32(0xffffffff)), nil, ptr(uint32(60)), true)
	f("ended by DISCONNECT", ptr(uint32(10)), ptr(uint32(0)), nil, false)

	p := connect5(t, s, "dev", nil)
	p.send5(&v5.Disconnect{Properties: &v5.Properties{SessionExpiryInterval: ptr(uint32(5))}})
	p.dropped5(0x82)
}

func TestSweepForgetsSessionsInTime(t *testing.T) {
	s, err := New(Options{Intake: newIntake(), Access: fakeAccess{}})
	if err != nil {
		t.Fatal(err)
	}
	c := newConn(s, link{Conn: &loopConn{}})
	c.identity = "dev"
	if _, err := s.sessions.attach(c, "dev", false, time.Minute); err != nil {
		t.Fatal(err)
	}
	c.session.subscribe(&s.subs, "a/#", subscription{}, 1)
	now := time.Unix(0, 0)
	s.sessions.detach(c, nil, nil, now)
	s.sessions.sweep(now.Add(59 * time.Second))
	if len(s.sessions.byKey) != 1 || !s.subs.any("a/b") {
		t.Error("forgotten too early")
	}
	s.sessions.sweep(now.Add(60 * time.Second))
	if len(s.sessions.byKey) != 0 || len(s.sessions.absent) != 0 || s.subs.any("a/b") {
		t.Error("not forgotten")
	}
}

// TestKeepAlive lets a client be silent, in false time.
func TestKeepAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, newIntake(), func(o *Options) { o.Listen = "" })
		p := pipePeer(t, s)
		p.connect5("dev", func(c *v5.Connect) { c.KeepAlive = 10 })
		begin := time.Now()
		for range 10 {
			time.Sleep(14 * time.Second) // false time: 1.5 × 10 s are allowed
			p.alive()
		}
		last := time.Now()
		p.dropped5(0x8d)
		if d := time.Since(last); d < 15*time.Second || d > 18*time.Second {
			t.Errorf("closed %v after the last word, begun %v ago", d, time.Since(begin))
		}
	})
}

// TestKeepAliveDoesNotRunWhileWeDoNotRead keeps the intake full for longer than
// the client's keep-alive.
func TestKeepAliveDoesNotRunWhileWeDoNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		intake := newIntake()
		intake.full = true
		s := start(t, intake, func(o *Options) { o.Listen = "" })
		p := pipePeer(t, s)
		p.connect4("dev", func(c *v4.ConnectPacket) { c.Keepalive = 2 })
		p.send4(publish4("t", "x", 1, 1), publish4("t", "x", 1, 2))
		time.Sleep(time.Hour) // false time
		intake.set(func(f *fakeIntake) { f.full = false })
		read4[*v4.PubackPacket](p)
		read4[*v4.PubackPacket](p)
		p.alive()
	})
}

func TestPacketMustBeCompleteInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, newIntake(), func(o *Options) { o.Listen, o.Limits.PacketTimeout = "", 5*time.Second })
		p := pipePeer(t, s)
		p.connect4("dev", nil) // no keep-alive at all
		time.Sleep(time.Hour)  // false time
		p.alive()
		for range 4 { // a packet that comes byte by byte
			p.bytes(0x30)
			time.Sleep(time.Second) // false time
		}
		p.closed()
	})
}

func TestServerKeepAlive(t *testing.T) {
	s := start(t, newIntake(), func(o *Options) { o.Limits.KeepAliveMax = time.Minute })
	f := func(asked uint16, want *uint16) {
		t.Helper()
		got := dial(t, s).connect5("dev", func(c *v5.Connect) { c.KeepAlive = asked }).Properties.ServerKeepAlive
		if (got == nil) != (want == nil) || got != nil && *got != *want {
			t.Errorf("asked for %d s, was told %v", asked, got)
		}
	}
	f(60, nil)
	f(61, ptr(uint16(60)))
	f(0, ptr(uint16(60)))
}

func TestCloseLetsAcksOut(t *testing.T) {
	intake := newIntake()
	intake.hold = true
	s := start(t, intake, nil)
	p := connect5(t, s, "dev", func(c *v5.Connect) {
		c.WillFlag, c.WillTopic, c.WillProperties = true, "dev/state", &v5.Properties{}
	})
	p.send5(publish5("t", "x", 1, 1))
	intake.awaitHeld(t, 1)
	closed := make(chan error)
	go func() { closed <- s.Close() }()
	eventually(t, "the server closes", func() bool { return s.closing.Load() })
	intake.commit()
	read5[*v5.Puback](p)
	p.dropped5(0x8b)
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("closed again: %v", err)
	}
	if got := intake.awaitStored(t, 1); len(got) != 1 {
		t.Errorf("stored %+v: a will that nobody should hear", got)
	}
}

func TestCloseIsBounded(t *testing.T) {
	intake := newIntake()
	intake.full = true
	opts := Options{Intake: intake, Access: fakeAccess{}, Listen: "127.0.0.1:0", Limits: Limits{DrainTimeout: 50 * time.Millisecond}}
	s, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := connect4(t, s, "dev", nil)
	p.send4(publish4("t", "x", 1, 1))
	intake.await(t, "the connection waits", func(f *fakeIntake) bool { return f.waiting == 1 })
	if err := s.Close(); err == nil {
		t.Error("nothing is said about the connection that still waits")
	}
	intake.set(func(f *fakeIntake) { f.closed = true })
	s.wg.Wait()
}

func TestDisconnectForgetsAnIdentity(t *testing.T) {
	s := start(t, newIntake(), nil)
	p := connect5(t, s, "dev", func(c *v5.Connect) { c.Properties.SessionExpiryInterval = ptr(uint32(60)) })
	other := connect5(t, s, "other", nil)
	if n := s.Disconnect("dev"); n != 1 {
		t.Errorf("%d connections closed", n)
	}
	p.dropped5(0x98)
	other.alive()
	if ack := dial(t, s).connect5("dev", func(c *v5.Connect) { c.CleanStart = false }); ack.SessionPresent {
		t.Error("the session is still there")
	}
}

func TestOptionsAreChecked(t *testing.T) {
	f := func(why string, o Options) {
		t.Helper()
		if _, err := New(o); err == nil {
			t.Errorf("%s: accepted", why)
		}
	}
	var intake ingest.Intake = newIntake()
	f("no intake", Options{Access: fakeAccess{}})
	f("no access check", Options{Intake: intake})
	f("TLS without a configuration", Options{Intake: intake, Access: fakeAccess{}, TLSListen: "127.0.0.1:0"})
	f("packets of a byte", Options{Intake: intake, Access: fakeAccess{}, Limits: Limits{PacketBytes: 1}})
	f("a receive maximum that the protocol cannot say", Options{Intake: intake, Access: fakeAccess{}, Limits: Limits{ReceiveMaximum: 70_000}})
	f("a negative count", Options{Intake: intake, Access: fakeAccess{}, Limits: Limits{Sessions: -1}})
	f("a negative time", Options{Intake: intake, Access: fakeAccess{}, Limits: Limits{WriteTimeout: -1}})
}

func TestPortTaken(t *testing.T) {
	s := start(t, newIntake(), nil)
	second, err := New(Options{Intake: newIntake(), Access: fakeAccess{}, Listen: s.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Start(t.Context()); err == nil {
		t.Error("two servers on one port")
	}
	if err := second.Close(); err != nil {
		t.Error(err)
	}
}
