package broker

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	v5 "github.com/eclipse/paho.golang/packets"
	v4 "github.com/eclipse/paho.mqtt.golang/packets"
)

// peer is a client that does exactly what a test says, right or wrong. Its
// packets are written and read by the reference libraries.
type peer struct {
	net.Conn
	t testing.TB
}

func dial(t testing.TB, s *Server) *peer {
	t.Helper()
	conn, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return newPeer(t, conn)
}

func newPeer(t testing.TB, conn net.Conn) *peer {
	t.Helper()
	if err := conn.SetDeadline(time.Now().Add(waitLong)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &peer{Conn: conn, t: t}
}

// bytes sends what need not be a packet.
func (p *peer) bytes(b ...byte) {
	p.t.Helper()
	if _, err := p.Write(b); err != nil {
		p.t.Fatal(err)
	}
}

// send4 and send5 send packets, all in one write.
func (p *peer) send4(packets ...v4.ControlPacket) {
	p.t.Helper()
	var b bytes.Buffer
	for _, c := range packets {
		if err := c.Write(&b); err != nil {
			p.t.Fatal(err)
		}
	}
	p.bytes(b.Bytes()...)
}

func (p *peer) send5(packets ...io.WriterTo) {
	p.t.Helper()
	var b bytes.Buffer
	for _, c := range packets {
		if _, err := c.WriteTo(&b); err != nil {
			p.t.Fatal(err)
		}
	}
	p.bytes(b.Bytes()...)
}

// read4 and read5 read the next packet, which must be of the wanted type.
func read4[T v4.ControlPacket](p *peer) T {
	p.t.Helper()
	got, err := v4.ReadPacket(p)
	if err != nil {
		p.t.Fatalf("no packet came: %v", err)
	}
	want, ok := got.(T)
	if !ok {
		p.t.Fatalf("got %v, want a %T", got, want)
	}
	return want
}

func read5[T v5.Packet](p *peer) T {
	p.t.Helper()
	got, err := v5.ReadPacket(p)
	if err != nil {
		p.t.Fatalf("no packet came: %v", err)
	}
	want, ok := got.Content.(T)
	if !ok {
		p.t.Fatalf("got %v, want a %T", got, want)
	}
	return want
}

// closed checks that the server closes the connection without another word.
func (p *peer) closed() {
	p.t.Helper()
	n, err := p.Read(make([]byte, 100))
	if n > 0 || err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		p.t.Fatalf("the connection is not closed: %d bytes, %v", n, err)
	}
}

// dropped5 checks that the server closes the connection with a reason code.
func (p *peer) dropped5(code byte) {
	p.t.Helper()
	if d := read5[*v5.Disconnect](p); d.ReasonCode != code {
		p.t.Fatalf("DISCONNECT with 0x%02x %q, want 0x%02x", d.ReasonCode, d.Properties.ReasonString, code)
	}
	p.closed()
}

// alive checks that the server still answers.
func (p *peer) alive() {
	p.t.Helper()
	p.bytes(0xc0, 0)
	var b [2]byte
	if _, err := io.ReadFull(p, b[:]); err != nil || b != [2]byte{0xd0, 0} {
		p.t.Fatalf("PINGREQ was answered with %x, %v", b, err)
	}
}

// connect4 connects a client of MQTT 3.1.1; change may be nil.
func connect4(t testing.TB, s *Server, id string, change func(*v4.ConnectPacket)) *peer {
	t.Helper()
	p := dial(t, s)
	if ack := p.connect4(id, change); ack.ReturnCode != 0 {
		t.Fatalf("CONNACK with %d", ack.ReturnCode)
	}
	return p
}

func (p *peer) connect4(id string, change func(*v4.ConnectPacket)) *v4.ConnackPacket {
	p.t.Helper()
	c := v4.NewControlPacket(v4.Connect).(*v4.ConnectPacket)
	c.ProtocolName, c.ProtocolVersion, c.CleanSession, c.ClientIdentifier = "MQTT", 4, true, id
	if change != nil {
		change(c)
	}
	p.send4(c)
	return read4[*v4.ConnackPacket](p)
}

// connect5 connects a client of MQTT 5; change may be nil.
func connect5(t testing.TB, s *Server, id string, change func(*v5.Connect)) *peer {
	t.Helper()
	p := dial(t, s)
	if ack := p.connect5(id, change); ack.ReasonCode != 0 {
		t.Fatalf("CONNACK with 0x%02x %s", ack.ReasonCode, ack.Properties.ReasonString)
	}
	return p
}

func (p *peer) connect5(id string, change func(*v5.Connect)) *v5.Connack {
	p.t.Helper()
	c := &v5.Connect{ProtocolName: "MQTT", ProtocolVersion: 5, CleanStart: true, ClientID: id, Properties: &v5.Properties{}}
	if change != nil {
		change(c)
	}
	p.send5(c)
	return read5[*v5.Connack](p)
}

// publish4 and publish5 make a PUBLISH.
func publish4(topic, payload string, qos byte, id uint16) *v4.PublishPacket {
	p := v4.NewControlPacket(v4.Publish).(*v4.PublishPacket)
	p.TopicName, p.Payload, p.Qos, p.MessageID = topic, []byte(payload), qos, id
	return p
}

func publish5(topic, payload string, qos byte, id uint16) *v5.Publish {
	return &v5.Publish{Topic: topic, Payload: []byte(payload), QoS: qos, PacketID: id, Properties: &v5.Properties{}}
}

// subscribe5 subscribes and returns the codes.
func (p *peer) subscribe5(props *v5.Properties, subs ...v5.SubOptions) []byte {
	p.t.Helper()
	if props == nil {
		props = &v5.Properties{}
	}
	p.send5(&v5.Subscribe{PacketID: 1, Properties: props, Subscriptions: subs})
	return read5[*v5.Suback](p).Reasons
}

func ptr[T any](v T) *T { return &v }
