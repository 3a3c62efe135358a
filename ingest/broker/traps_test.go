package broker

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	v5 "github.com/eclipse/paho.golang/packets"
	v4 "github.com/eclipse/paho.mqtt.golang/packets"
)

// The traps that other brokers were found in, and this one must not be.

func TestSubscribeWithoutOptionsByteHarmsNobody(t *testing.T) {
	s := start(t, newIntake(), nil)
	other := connect5(t, s, "other", nil)
	bad := connect5(t, s, "bad", nil)
	bad.bytes(0x82, 5, 0, 1, 0, 0, 0)
	bad.dropped5(0x81)
	other.alive()
}

// failingListener fails to accept as a process without free descriptors does.
type failingListener struct {
	net.Listener
	failures atomic.Int32
}

func (l *failingListener) Accept() (net.Conn, error) {
	if l.failures.Add(-1) >= 0 {
		return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
	}
	return l.Listener.Accept()
}

func TestListenerSurvivesAcceptErrors(t *testing.T) {
	s := start(t, newIntake(), func(o *Options) { o.Listen = "" })
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &failingListener{Listener: inner}
	l.failures.Store(3)
	s.tcp = l
	s.wg.Go(func() { s.accept(l, nil) })
	connect4(t, s, "dev", nil).alive()
}

func TestSilentSocketIsClosed(t *testing.T) {
	s := start(t, newIntake(), func(o *Options) { o.Limits.ConnectTimeout = 50 * time.Millisecond })
	dial(t, s).closed()
	half := dial(t, s)
	half.bytes(0x10, 20, 0, 4, 'M')
	half.closed()
}

func TestUnknownClientCannotClaimMemory(t *testing.T) {
	s := start(t, newIntake(), nil)
	p := dial(t, s)
	p.bytes(0x10, 0xff, 0xff, 0xff, 0x7f) // a CONNECT of 256 MiB
	p.closed()
	before := memory()
	for range 20 {
		p := dial(t, s)
		p.bytes(0x10, 0x80, 0x80, 0x04) // one of 64 KiB, which is allowed, and never comes
	}
	eventually(t, "the sockets are there", func() bool { return len(s.all()) == 20 })
	if used := memory() - before; used > 20*64<<10 {
		t.Errorf("20 sockets that sent nothing hold %.0f bytes", used)
	}
}

func TestPacketOverTheLimit(t *testing.T) {
	intake := newIntake()
	s := start(t, intake, nil)
	big := strings.Repeat("x", 1<<20)
	p4, p5 := connect4(t, s, "four", nil), connect5(t, s, "five", nil)
	if _, err := p4.Write([]byte{0x32, 0x80, 0x80, 0x40}); err != nil { // a PUBLISH of 1 MiB
		t.Fatal(err)
	}
	p4.closed()
	if _, err := publish5("t", big, 1, 1).WriteTo(p5); err == nil { // else it was closed meanwhile
		p5.dropped5(0x95)
	}
	other := connect4(t, s, "other", nil)
	other.send4(publish4("t", big[:500<<10], 1, 1))
	read4[*v4.PubackPacket](other)
	if got := intake.awaitStored(t, 1); len(got) != 1 || got[0].client != "other" {
		t.Errorf("stored %d messages", len(got))
	}
}

// TestSubscriberThatNeverReadsDisturbsNobody publishes more than a socket can
// hold to a subscriber that reads nothing.
func TestSubscriberThatNeverReadsDisturbsNobody(t *testing.T) {
	intake := newIntake()
	s := start(t, intake, func(o *Options) { o.Limits.WriteTimeout = 200 * time.Millisecond })
	deaf := connect4(t, s, "deaf", nil)
	sub := v4.NewControlPacket(v4.Subscribe).(*v4.SubscribePacket)
	sub.MessageID, sub.Topics, sub.Qoss = 1, []string{"#"}, []byte{0}
	deaf.send4(sub)
	read4[*v4.SubackPacket](deaf)
	pub := connect4(t, s, "pub", nil)
	payload := strings.Repeat("x", 100<<10)
	for i := range 200 {
		pub.send4(publish4("t", payload, 1, uint16(i+1)))
		read4[*v4.PubackPacket](pub)
	}
	eventually(t, "the deaf subscriber is closed", func() bool { return len(s.Clients()) == 1 })
	if n := s.waiting.Load(); n != 0 {
		t.Errorf("%d bytes still count as waiting", n)
	}
}

func TestWillTakesTheSameWay(t *testing.T) {
	intake := newIntake()
	s := start(t, intake, nil)
	will := func(topic string) func(*v4.ConnectPacket) {
		return func(c *v4.ConnectPacket) { c.WillFlag, c.WillTopic, c.WillMessage = true, topic, []byte("gone") }
	}
	if ack := dial(t, s).connect4("thief", will("secret/state")); ack.ReturnCode != 5 {
		t.Errorf("a will on somebody else's topic: CONNACK with %d", ack.ReturnCode)
	}
	if ack := dial(t, s).connect5("thief", func(c *v5.Connect) {
		c.WillFlag, c.WillTopic, c.WillProperties = true, "secret/state", &v5.Properties{}
	}); ack.ReasonCode != 0x87 {
		t.Errorf("a will on somebody else's topic: CONNACK with 0x%02x", ack.ReasonCode)
	}
	connect4(t, s, "dev", will("dev/state")).Close()
	want := stored{client: "dev", topic: "dev/state", payload: "gone"}
	if got := intake.awaitStored(t, 1); got[0] != want {
		t.Errorf("stored %+v, want %+v", got[0], want)
	}
}

func TestNothingIsAckedThatWasNotStored(t *testing.T) {
	intake := newIntake()
	intake.refuse = errors.New("disk is full")
	s := start(t, intake, nil)
	p4 := connect4(t, s, "four", nil)
	p4.send4(publish4("t", "x", 1, 1))
	p4.closed()
	p4 = connect4(t, s, "four", nil)
	p4.send4(publish4("t", "x", 2, 1))
	p4.closed()
	p5 := connect5(t, s, "five", nil)
	p5.send5(publish5("t", "x", 1, 7))
	if ack := read5[*v5.Puback](p5); ack.PacketID != 7 || ack.ReasonCode != 0x80 {
		t.Errorf("PUBACK of %d with 0x%02x", ack.PacketID, ack.ReasonCode)
	}
	p5.send5(publish5("t", "x", 2, 8))
	if ack := read5[*v5.Pubrec](p5); ack.PacketID != 8 || ack.ReasonCode != 0x80 {
		t.Errorf("PUBREC of %d with 0x%02x", ack.PacketID, ack.ReasonCode)
	}
	p5.alive()
}

func TestReceiveMaximumHoldsWhileAcksAreLate(t *testing.T) {
	intake := newIntake()
	intake.hold = true
	s := start(t, intake, func(o *Options) { o.Limits.ReceiveMaximum = 3 })
	p5 := dial(t, s)
	if ack := p5.connect5("five", nil); *ack.Properties.ReceiveMaximum != 3 {
		t.Errorf("CONNACK announces a receive maximum of %d", *ack.Properties.ReceiveMaximum)
	}
	for id := range uint16(3) {
		p5.send5(publish5("t", "x", 1, id+1))
	}
	intake.awaitHeld(t, 3)
	p5.send5(publish5("t", "x", 1, 4))
	p5.dropped5(0x93)
	intake.set(func(f *fakeIntake) { f.held = nil })

	p4 := connect4(t, s, "four", nil) // 3.1.1 has no such rule: it is read more slowly
	for id := range uint16(10) {
		p4.send4(publish4("t", "x", 1, id+1))
	}
	for n := 0; n < 10; {
		intake.await(t, "publishes come", func(f *fakeIntake) bool { return len(f.held) > 0 })
		intake.commit()
		n = len(intake.awaitStored(t, 1))
	}
	for id := range uint16(10) {
		if ack := read4[*v4.PubackPacket](p4); ack.MessageID != id+1 {
			t.Fatalf("PUBACK of %d, want %d", ack.MessageID, id+1)
		}
	}
	if intake.most > 3 {
		t.Errorf("%d were in flight at once", intake.most)
	}
}

// countingConn counts writes to a socket.
type countingConn struct {
	net.Conn
	writes atomic.Int64
}

func (c *countingConn) Write(b []byte) (int, error) {
	c.writes.Add(1)
	return c.Conn.Write(b)
}

func TestAcksOfARecordLeaveInOneWrite(t *testing.T) {
	intake := newIntake()
	intake.hold = true
	s := start(t, intake, func(o *Options) { o.Listen = "" })
	ours, theirs := net.Pipe()
	socket := &countingConn{Conn: ours}
	c := s.enter(link{Conn: socket, hangUp: ours.Close})
	go c.serve()
	p := newPeer(t, theirs)
	p.connect4("dev", nil)
	before := socket.writes.Load()
	const n = 50
	for id := range uint16(n) {
		p.send4(publish4("t", "x", 1, id+1))
	}
	intake.awaitHeld(t, n)
	intake.commit()
	for id := range uint16(n) {
		if ack := read4[*v4.PubackPacket](p); ack.MessageID != id+1 {
			t.Fatalf("PUBACK of %d, want %d", ack.MessageID, id+1)
		}
	}
	if writes := socket.writes.Load() - before; writes != 1 {
		t.Errorf("%d acks took %d writes", n, writes)
	}
}

func TestPanicEndsOneConnectionOnly(t *testing.T) {
	s := start(t, newIntake(), func(o *Options) {
		o.Access = fakeAccess{decide: func(_ context.Context, c Credentials) (Grant, error) {
			if c.ClientID == "bad" {
				panic("a bug in the access check")
			}
			return panickyGrant{grant{c.ClientID}}, nil
		}}
	})
	other := connect4(t, s, "other", nil)
	bad := dial(t, s)
	c := v4.NewControlPacket(v4.Connect).(*v4.ConnectPacket)
	c.ProtocolName, c.ProtocolVersion, c.CleanSession, c.ClientIdentifier = "MQTT", 4, true, "bad"
	bad.send4(c)
	bad.closed()
	worse := connect5(t, s, "worse", nil)
	worse.send5(publish5("panic", "", 0, 0))
	worse.dropped5(0x80)
	other.alive()
}

type panickyGrant struct{ grant }

func (g panickyGrant) MayPublish(topic string) bool {
	if topic == "panic" {
		panic("a bug in the grant")
	}
	return true
}

func TestSlowAccessCheckDelaysNobodyElse(t *testing.T) {
	release := make(chan struct{})
	s := start(t, newIntake(), func(o *Options) {
		o.Access = fakeAccess{decide: func(ctx context.Context, c Credentials) (Grant, error) {
			if c.ClientID == "slow" {
				select {
				case <-release:
				case <-ctx.Done():
				}
			}
			return grant{c.ClientID}, ctx.Err()
		}}
	})
	slow := dial(t, s)
	answer := make(chan byte)
	go func() { answer <- slow.connect4("slow", nil).ReturnCode }()
	connect4(t, s, "quick", nil).alive()
	close(release)
	if code := <-answer; code != 0 {
		t.Errorf("the slow one got %d", code)
	}
}

func TestAddrPort(t *testing.T) {
	mapped := &net.TCPAddr{IP: net.ParseIP("::ffff:192.0.2.1"), Port: 7}
	if got, want := addrPort(mapped), netip.MustParseAddrPort("192.0.2.1:7"); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}
