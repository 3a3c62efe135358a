package packet

import (
	"bytes"
	"math"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	v5 "github.com/eclipse/paho.golang/packets"
	v4 "github.com/eclipse/paho.mqtt.golang/packets"
)

// read4 and read5 read one packet that fills b with a reference library.
func read4[T any](t testing.TB, b []byte) T {
	t.Helper()
	r := bytes.NewReader(b)
	p, err := v4.ReadPacket(r)
	if err != nil || r.Len() > 0 {
		t.Fatalf("the reference reads %x: %v, %d bytes left", b, err, r.Len())
	}
	return p.(T)
}

func read5[T any](t testing.TB, b []byte) T {
	t.Helper()
	r := bytes.NewReader(b)
	p, err := v5.ReadPacket(r)
	if err != nil || r.Len() > 0 {
		t.Fatalf("the reference reads %x: %v, %d bytes left", b, err, r.Len())
	}
	return p.Content.(T)
}

// FuzzAppendPublish writes deliveries of all shapes; both reference libraries
// must read what was meant.
func FuzzAppendPublish(f *testing.F) {
	f.Add("a/b", []byte("{}"), uint16(1), byte(1), true, uint32(60), uint32(3), "k")
	f.Add("t", []byte{}, uint16(0), byte(0), false, uint32(0), uint32(268435455), "")
	f.Fuzz(func(t *testing.T, name string, payload []byte, id uint16, qos byte, retain bool, expiry, subID uint32, key string) {
		d := Delivery{Topic: name, Payload: payload, QoS: qos % 2, Retain: retain, Dup: retain && qos%2 == 1, Expiry: expiry, HasExpiry: expiry > 0}
		if len(name) > 1000 || len(key) > 1000 || !utf8.ValidString(name+key) || strings.Contains(name+key, "\x00") || name == "" {
			return
		}
		if d.QoS > 0 {
			d.ID = max(id, 1)
		}
		if subID = subID % 268435456; subID > 0 {
			d.SubIDs = []uint32{subID}
		}
		d.Forwarded = appendText(appendText([]byte{propUser}, key), name)

		b := AppendPublish([]byte("before"), V4, &d)[len("before"):]
		if len(b) != d.Len(V4) {
			t.Errorf("Len is %d, the packet has %d", d.Len(V4), len(b))
		}
		p4 := read4[*v4.PublishPacket](t, b)
		if p4.TopicName != name || !bytes.Equal(p4.Payload, payload) || p4.Qos != d.QoS || p4.Retain != retain || p4.Dup != d.Dup || p4.MessageID != d.ID {
			t.Errorf("3.1.1: wrote %+v, read %v", d, p4)
		}
		b = AppendPublish(nil, V5, &d)
		if len(b) != d.Len(V5) {
			t.Errorf("Len is %d, the packet has %d", d.Len(V5), len(b))
		}
		p5 := read5[*v5.Publish](t, b)
		if p5.Topic != name || !bytes.Equal(p5.Payload, payload) || p5.QoS != d.QoS || p5.Retain != retain || p5.Duplicate != d.Dup || p5.PacketID != d.ID {
			t.Errorf("5: wrote %+v, read %v", d, p5)
		}
		if value(p5.Properties.MessageExpiry) != expiry || len(p5.Properties.User) != 1 || p5.Properties.User[0] != (v5.User{Key: key, Value: name}) {
			t.Errorf("5: wrote %+v, read properties %v", d, p5.Properties)
		}
		if got := p5.Properties.SubscriptionIdentifier; (got != nil) != (subID > 0) || got != nil && *got != int(subID) {
			t.Errorf("5: subscription identifier %d became %v", subID, got)
		}
	})
}

func TestForwardedProperties(t *testing.T) {
	message := v5Packets()[3].(*v5.Publish)
	var b bytes.Buffer
	if _, err := message.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	h, n, err := ParseHeader(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	var p Publish
	if err := ParsePublish(V5, h.Flags, b.Bytes()[n:], &p); err != nil {
		t.Fatal(err)
	}
	out := Delivery{Topic: "x", Forwarded: p.Props.AppendForwarded(nil)}
	got := read5[*v5.Publish](t, AppendPublish(nil, V5, &out)).Properties
	want := *message.Properties
	want.TopicAlias, want.MessageExpiry = nil, nil
	if !reflect.DeepEqual(*got, want) {
		t.Errorf("forwarded\n%v\nwant\n%v", got, &want)
	}
}

func TestConnack(t *testing.T) {
	c := Connack{
		SessionPresent: true, SessionExpiry: 60, HasSessionExpiry: true, ReceiveMaximum: 20, MaximumPacket: 1 << 20,
		AliasMaximum: 16, AssignedID: "auto-1", KeepAlive: 30, HasKeepAlive: true, ReasonString: "welcome",
	}
	if p := read4[*v4.ConnackPacket](t, AppendConnack(nil, V4, &c)); !p.SessionPresent || p.ReturnCode != 0 {
		t.Errorf("3.1.1: %v", p)
	}
	p := read5[*v5.Connack](t, AppendConnack(nil, V5, &c))
	want := v5.Properties{
		SessionExpiryInterval: ptr(uint32(60)), ReceiveMaximum: ptr(uint16(20)), MaximumPacketSize: ptr(uint32(1 << 20)),
		TopicAliasMaximum: ptr(uint16(16)), AssignedClientID: "auto-1", ServerKeepAlive: ptr(uint16(30)),
		ReasonString: "welcome", SharedSubAvailable: ptr(byte(0)),
	}
	if !p.SessionPresent || p.ReasonCode != 0 || !reflect.DeepEqual(*p.Properties, want) {
		t.Errorf("5: %v", p)
	}
	refused := Connack{Code: BadCredentials, ReasonString: "no"}
	if p := read4[*v4.ConnackPacket](t, AppendConnack(nil, V4, &refused)); p.ReturnCode != 4 {
		t.Errorf("3.1.1: %v", p)
	}
	p = read5[*v5.Connack](t, AppendConnack(nil, V5, &refused))
	if p.ReasonCode != 0x86 || !reflect.DeepEqual(*p.Properties, v5.Properties{ReasonString: "no"}) {
		t.Errorf("5: %v", p)
	}
}

func TestAcks(t *testing.T) {
	for _, id := range []uint16{1, 255, 256, math.MaxUint16} {
		if p := read4[*v4.PubackPacket](t, AppendAck(nil, V4, TypePuback, id, QuotaExceeded, "no")); p.MessageID != id {
			t.Errorf("3.1.1 PUBACK %d: %v", id, p)
		}
		if p := read4[*v4.PubrelPacket](t, AppendAck(nil, V4, TypePubrel, id, Success, "")); p.MessageID != id || p.Qos != 1 {
			t.Errorf("3.1.1 PUBREL %d: %v", id, p)
		}
		f := func(b []byte, code Reason, say string) {
			t.Helper()
			p := read5[*v5.Puback](t, b)
			if p.PacketID != id || p.ReasonCode != byte(code) || p.Properties.ReasonString != say {
				t.Errorf("5 PUBACK: wrote %d %d %q, read %v", id, code, say, p)
			}
		}
		f(AppendAck(nil, V5, TypePuback, id, Success, ""), Success, "")
		f(AppendAck(nil, V5, TypePuback, id, QuotaExceeded, ""), QuotaExceeded, "")
		f(AppendAck(nil, V5, TypePuback, id, QuotaExceeded, strings.Repeat("x", 200)), QuotaExceeded, strings.Repeat("x", 200))
	}
	if p := read5[*v5.Pubrec](t, AppendAck(nil, V5, TypePubrec, 7, PacketTooLarge, "big")); p.PacketID != 7 || p.ReasonCode != 0x95 {
		t.Errorf("PUBREC: %v", p)
	}
	if p := read5[*v5.Pubcomp](t, AppendAck(nil, V5, TypePubcomp, 8, PacketIDNotFound, "")); p.PacketID != 8 || p.ReasonCode != 0x92 {
		t.Errorf("PUBCOMP: %v", p)
	}
}

func TestSubscriptionAcks(t *testing.T) {
	codes := []Reason{0, 1, SharedNotSupported}
	if p := read4[*v4.SubackPacket](t, AppendSuback(nil, V4, 5, []Reason{0, 1, 0x80})); p.MessageID != 5 || !bytes.Equal(p.ReturnCodes, []byte{0, 1, 0x80}) {
		t.Errorf("3.1.1: %v", p)
	}
	if p := read5[*v5.Suback](t, AppendSuback(nil, V5, 5, codes)); p.PacketID != 5 || !bytes.Equal(p.Reasons, []byte{0, 1, 0x9e}) {
		t.Errorf("5: %v", p)
	}
	if p := read4[*v4.UnsubackPacket](t, AppendUnsuback(nil, V4, 6, codes)); p.MessageID != 6 {
		t.Errorf("3.1.1: %v", p)
	}
	if p := read5[*v5.Unsuback](t, AppendUnsuback(nil, V5, 6, codes)); p.PacketID != 6 || len(p.Reasons) != 3 {
		t.Errorf("5: %v", p)
	}
}

func TestDisconnectAndPing(t *testing.T) {
	p := read5[*v5.Disconnect](t, AppendDisconnect(nil, SessionTakenOver, "another"))
	if p.ReasonCode != 0x8e || p.Properties.ReasonString != "another" {
		t.Errorf("%v", p)
	}
	if p := read5[*v5.Disconnect](t, AppendDisconnect(nil, ServerShuttingDown, "")); p.ReasonCode != 0x8b {
		t.Errorf("%v", p)
	}
	read4[*v4.PingrespPacket](t, AppendPingresp(nil))
}
