package mqttclient

import (
	"bytes"
	"strings"
	"testing"
	"time"

	paho5 "github.com/eclipse/paho.golang/packets"
	paho3 "github.com/eclipse/paho.mqtt.golang/packets"

	"rione/simulator/link"
)

var options = link.Options{ClientID: "sim-1", Username: "u", Password: "p", KeepAlive: time.Minute,
	StateTopic: "sc/v1/058091/air/sim-1/state", Online: "1", Offline: "0"}

func TestConnectAsPahoReadsIt(t *testing.T) {
	p3, err := paho3.ReadPacket(bytes.NewReader(appendConnect(nil, V311, &options)))
	if err != nil {
		t.Fatal(err)
	}
	c := p3.(*paho3.ConnectPacket)
	if c.Validate() != paho3.Accepted || c.ClientIdentifier != "sim-1" || c.Username != "u" || string(c.Password) != "p" || c.Keepalive != 60 ||
		c.CleanSession || !c.WillFlag || !c.WillRetain || c.WillQos != 1 || c.WillTopic != options.StateTopic || string(c.WillMessage) != "0" {
		t.Errorf("%+v", c)
	}
	p5, err := paho5.ReadPacket(bytes.NewReader(appendConnect(nil, V5, &options)))
	if err != nil {
		t.Fatal(err)
	}
	d := p5.Content.(*paho5.Connect)
	if d.ProtocolVersion != 5 || d.ClientID != "sim-1" || d.Username != "u" || string(d.Password) != "p" || d.KeepAlive != 60 || d.CleanStart ||
		!d.WillFlag || !d.WillRetain || d.WillQOS != 1 || d.WillTopic != options.StateTopic || string(d.WillMessage) != "0" || *d.Properties.SessionExpiryInterval != sessionExpiry {
		t.Errorf("%+v", d)
	}
}

func TestPublishAsPahoReadsIt(t *testing.T) {
	f := func(payload string, retain bool) {
		t.Helper()
		data, err := appendPublish(nil, V311, "a/b", payload, 513, retain)
		if err != nil {
			t.Fatal(err)
		}
		p3, err := paho3.ReadPacket(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if m := p3.(*paho3.PublishPacket); m.TopicName != "a/b" || string(m.Payload) != payload || m.MessageID != 513 || m.Qos != 1 || m.Retain != retain || m.Dup {
			t.Errorf("%+v", m)
		}
		if data, err = appendPublish(nil, V5, "a/b", payload, 513, retain); err != nil {
			t.Fatal(err)
		}
		p5, err := paho5.ReadPacket(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if m := p5.Content.(*paho5.Publish); m.Topic != "a/b" || string(m.Payload) != payload || m.PacketID != 513 || m.QoS != 1 || m.Retain != retain {
			t.Errorf("%+v", m)
		}
	}
	f("", false)
	f("x", true)
	f(strings.Repeat("x", 200), false)
	f(strings.Repeat("x", 70_000), false)
	if _, err := appendPublish(nil, V311, strings.Repeat("t", 65_536), "", 1, false); err == nil {
		t.Error("a topic of 65,536 bytes fits")
	}
}

func TestConnack(t *testing.T) {
	f := func(version byte, data string, want connack) {
		t.Helper()
		p, n, err := split([]byte(data))
		if err != nil || n != len(data) {
			t.Fatal(n, err)
		}
		if got, err := parseConnack(version, p); err != nil || got != want {
			t.Errorf("% x: %+v, %v, want %+v", data, got, err, want)
		}
	}
	f(V311, "\x20\x02\x00\x00", connack{})
	f(V311, "\x20\x02\x01\x05", connack{sessionPresent: true, code: 5})
	f(V5, "\x20\x03\x00\x87\x00", connack{code: 0x87})
	f(V5, "\x20\x12\x00\x00\x0f\x22\x00\x0a\x12\x00\x02ab\x21\x00\x14\x24\x01\x28\x01", connack{receiveMax: 20})
	paho := &paho5.Connack{SessionPresent: true, Properties: &paho5.Properties{ReceiveMaximum: ptr(uint16(7)), MaximumPacketSize: ptr(uint32(9)),
		ReasonString: "because", User: []paho5.User{{Key: "k", Value: "v"}}}}
	var out bytes.Buffer
	if _, err := paho.WriteTo(&out); err != nil {
		t.Fatal(err)
	}
	f(V5, out.String(), connack{sessionPresent: true, receiveMax: 7})
}

func ptr[T any](v T) *T { return &v }

func TestMalformedPackets(t *testing.T) {
	f := func(name string, err error) {
		t.Helper()
		if err == nil {
			t.Error(name + " was taken")
		}
	}
	_, _, err := split([]byte{0x40, 0xff, 0xff, 0xff, 0xff, 0x01})
	f("a remaining length of five bytes", err)
	_, _, err = split([]byte{0x40, 0xff, 0xff, 0x7f})
	f("a packet of 2 MB", err)
	_, err = parseConnack(V311, packet{head: pubackPacket, body: []byte{0, 0}})
	f("PUBACK as CONNACK", err)
	_, err = parseConnack(V5, packet{head: connackPacket, body: []byte{0, 0, 2, 0x7e, 0}})
	f("an unknown property", err)
	_, err = parseConnack(V5, packet{head: connackPacket, body: []byte{0, 0, 9, 0x21, 0}})
	f("cut properties", err)
	_, _, err = parsePuback(packet{body: []byte{1}})
	f("a PUBACK without an id", err)
}

func FuzzIncoming(f *testing.F) {
	f.Add([]byte("\x20\x02\x00\x00\x40\x02\x00\x01"))
	f.Add([]byte("\x20\x12\x00\x00\x0f\x22\x00\x0a\x12\x00\x02ab\x21\x00\x14\x24\x01\x28\x01"))
	f.Add([]byte("\xe0\x01\x8e"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for {
			p, n, err := split(data)
			if n == 0 || err != nil {
				return
			}
			_, _ = parseConnack(V5, p)
			_, _, _ = parsePuback(p)
			data = data[n:]
		}
	})
}
