package mqttclient_test

import (
	"errors"
	"net"
	"testing"
	"time"

	paho "github.com/eclipse/paho.golang/packets"

	"rione/simulator/link"
	"rione/simulator/mqttclient"
)

// broker stands in for one that misbehaves: it takes one connection at a time
// and does what the test says.
type broker struct {
	t        *testing.T
	listener net.Listener
}

func newBroker(t *testing.T) *broker {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return &broker{t: t, listener: l}
}

// accept takes a connection and answers its CONNECT.
func (b *broker) accept(connack string) *peer {
	b.t.Helper()
	conn, err := b.listener.Accept()
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { conn.Close() })
	p := &peer{t: b.t, conn: conn}
	p.read()
	p.write(connack)
	return p
}

// peer is the broker's end of a connection.
type peer struct {
	t    *testing.T
	conn net.Conn
}

func (p *peer) write(data string) {
	p.t.Helper()
	if _, err := p.conn.Write([]byte(data)); err != nil {
		p.t.Fatal(err)
	}
}

// read returns the next packet, nil when the connection ended.
func (p *peer) read() any {
	p.t.Helper()
	if err := p.conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		p.t.Fatal(err)
	}
	cp, err := paho.ReadPacket(p.conn)
	var timeout net.Error
	switch {
	case errors.As(err, &timeout) && timeout.Timeout():
		p.t.Fatal("the client says nothing")
	case err != nil:
		return nil
	}
	return cp.Content
}

// publish returns the next packet as a PUBLISH.
func (p *peer) publish() *paho.Publish {
	p.t.Helper()
	m, ok := p.read().(*paho.Publish)
	if !ok {
		p.t.Fatal("this is no PUBLISH")
	}
	return m
}

const (
	well    = "\x20\x03\x00\x00\x00" // CONNACK, no session
	resumed = "\x20\x03\x01\x00\x00"
)

// open dials the broker with an MQTT 5 client and returns the broker's end too.
func (b *broker) open(o link.Options, connack string) (link.Link, *peer) {
	b.t.Helper()
	peers := make(chan *peer, 1)
	go func() { peers <- b.accept(connack) }()
	l := dial(b.t, pool(b.t, mqttclient.V5), b.listener.Addr().String(), o)
	return l, <-peers
}

func TestAFullWindowIsBusy(t *testing.T) {
	b := newBroker(t)
	a := newAcks()
	l, p := b.open(link.Options{Window: 2, Acked: a.acked}, well)
	for k := range uint64(2) {
		if err := l.Publish("up", nil, k); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Publish("up", nil, 2); !errors.Is(err, link.ErrBusy) {
		t.Fatalf("third of two: %v", err)
	}
	p.publish()
	p.write("\x40\x02\x00\x01")
	a.wait(t, 1)
	if err := l.Publish("up", nil, 2); err != nil {
		t.Error(err)
	}
}

func TestMessagesAreSentAgainAfterABreak(t *testing.T) {
	f := func(connack string, wantDup bool) {
		t.Helper()
		b, a := newBroker(t), newAcks()
		l, p := b.open(link.Options{Acked: a.acked}, well)
		publish(t, l, 0, 2)
		p.publish()
		p.publish()
		p.write("\x40\x02\x00\x01")
		a.wait(t, 1)
		p.conn.Close()
		p = b.accept(connack)
		if m := p.publish(); string(m.Payload) != "1" || m.PacketID != 2 || m.Duplicate != wantDup {
			t.Errorf("again: %q, id %d, duplicate %v", m.Payload, m.PacketID, m.Duplicate)
		}
		p.write("\x40\x02\x00\x02")
		a.wait(t, 2)
	}
	f(resumed, true)
	f(well, false)
}

func TestNoMoreInFlightThanTheBrokerTakes(t *testing.T) {
	b, a := newBroker(t), newAcks()
	l, p := b.open(link.Options{Acked: a.acked}, "\x20\x06\x00\x00\x03\x21\x00\x02")
	publish(t, l, 0, 3)
	p.publish()
	p.publish()
	p.write("\x40\x02\x00\x01")
	if m := p.publish(); string(m.Payload) != "2" {
		t.Errorf("after room was made: %q", m.Payload)
	}
}

func TestARefusedMessage(t *testing.T) {
	b, refused := newBroker(t), make(chan byte, 1)
	l, p := b.open(link.Options{Acked: func(uint64) { t.Error("acked") }, Refused: func(_ uint64, reason byte) { refused <- reason }}, well)
	publish(t, l, 0, 1)
	p.publish()
	p.write("\x40\x03\x00\x01\x97")
	if reason := <-refused; reason != 0x97 {
		t.Errorf("reason %#x", reason)
	}
}

func TestAnIdleConnectionPingsAndASilentBrokerIsLeft(t *testing.T) {
	b, lost := newBroker(t), make(chan error, 10)
	_, p := b.open(link.Options{KeepAlive: time.Second, Lost: func(err error) { lost <- err }}, well)
	for range 2 {
		if _, ok := p.read().(*paho.Pingreq); !ok {
			t.Fatal("no PINGREQ")
		}
		p.write("\xd0\x00")
	}
	if _, ok := p.read().(*paho.Pingreq); !ok {
		t.Fatal("no PINGREQ")
	}
	if again := p.read(); again != nil { // it was not answered
		t.Fatalf("said %T to a dead broker", again)
	}
	if err := <-lost; err == nil {
		t.Error("lost without a reason")
	}
}

func TestGoodbyesAndNonsenseFromTheBroker(t *testing.T) {
	f := func(said, want string) {
		t.Helper()
		b, lost := newBroker(t), make(chan error, 10)
		_, p := b.open(link.Options{Lost: func(err error) { lost <- err }}, well)
		p.write(said)
		if err := <-lost; err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", said, err, want)
		}
	}
	f("\xe0\x01\x8e", "the broker says goodbye: another connection took over the session")
	f("\xe0\x00", "the broker says goodbye")
	f("\x40\x01\x00", "the broker sent a malformed packet")
	f("\x30\xff\xff\x7f", "the broker sent a packet that is too large")
	f("\x40\x02\x00\x09\x30\x05\x00\x01ahi\xe0\x00", "the broker says goodbye") // unknown ids and messages are let pass
}

func TestAPacketLongerThanTheBuffer(t *testing.T) {
	b, a := newBroker(t), newAcks()
	l, p := b.open(link.Options{Acked: a.acked}, well)
	publish(t, l, 0, 1)
	p.publish()
	long := make([]byte, 1000)
	p.write("\x30\xe8\x07" + string(long)) // PUBLISH of 1,000 bytes, and then the PUBACK
	p.write("\x40\x02\x00\x01")
	a.wait(t, 1)
}

func TestWrongOptions(t *testing.T) {
	if _, err := mqttclient.New(mqttclient.Options{Version: 3}); err == nil {
		t.Error("version 3 is spoken")
	}
	f := func(o link.Options) {
		t.Helper()
		if _, err := pool(t, mqttclient.V5).Dial(t.Context(), o); err == nil {
			t.Errorf("%+v", o)
		}
	}
	f(link.Options{Broker: "127.0.0.1:1883"})
	f(link.Options{Broker: "tcp://127.0.0.1:1", KeepAlive: time.Millisecond})
	f(link.Options{Broker: "tcp://127.0.0.1:1", Window: 70_000})
	f(link.Options{Broker: "tcp://127.0.0.1:1", Username: string(make([]byte, 70_000))})
}
