package packet

import (
	"bytes"
	"io"
	"strings"
	"testing"

	v5 "github.com/eclipse/paho.golang/packets"
	v4 "github.com/eclipse/paho.mqtt.golang/packets"
)

// clientPackets are packets of every type that clients send, as the reference
// libraries write them.
func clientPackets(t testing.TB) (list []sample) {
	t.Helper()
	for _, p := range v4Packets() {
		var b bytes.Buffer
		if err := p.Write(&b); err != nil {
			t.Fatal(err)
		}
		list = append(list, sample{p.String(), V4, b.Bytes()})
	}
	for _, p := range v5Packets() {
		var b bytes.Buffer
		if _, err := p.WriteTo(&b); err != nil {
			t.Fatal(err)
		}
		name := v5.ControlPacket{FixedHeader: v5.FixedHeader{Type: b.Bytes()[0] >> 4}}
		list = append(list, sample{name.PacketType(), V5, b.Bytes()})
	}
	return list
}

func v4Packets() []v4.ControlPacket {
	connect := v4.NewControlPacket(v4.Connect).(*v4.ConnectPacket)
	connect.ProtocolName, connect.ProtocolVersion, connect.Keepalive = "MQTT", 4, 60
	connect.ClientIdentifier, connect.CleanSession = "dev-1", true
	full := *connect
	full.CleanSession, full.UsernameFlag, full.PasswordFlag = false, true, true
	full.Username, full.Password = "città", []byte{0, 1, 255}
	full.WillFlag, full.WillQos, full.WillRetain, full.WillTopic, full.WillMessage = true, 2, true, "s/state", []byte("off")
	publish := func(qos byte, dup, retain bool, name string, payload string) *v4.PublishPacket {
		p := v4.NewControlPacket(v4.Publish).(*v4.PublishPacket)
		p.Qos, p.Dup, p.Retain, p.TopicName, p.Payload = qos, dup, retain, name, []byte(payload)
		if qos > 0 {
			p.MessageID = 0xfffe
		}
		return p
	}
	ack := func(t byte) v4.ControlPacket {
		p := v4.NewControlPacket(t)
		switch p := p.(type) {
		case *v4.PubackPacket:
			p.MessageID = 1
		case *v4.PubrecPacket:
			p.MessageID = 2
		case *v4.PubrelPacket:
			p.MessageID = 300
		case *v4.PubcompPacket:
			p.MessageID = 65535
		}
		return p
	}
	subscribe := v4.NewControlPacket(v4.Subscribe).(*v4.SubscribePacket)
	subscribe.MessageID, subscribe.Topics, subscribe.Qoss = 7, []string{"a/+/b", "#"}, []byte{1, 2}
	unsubscribe := v4.NewControlPacket(v4.Unsubscribe).(*v4.UnsubscribePacket)
	unsubscribe.MessageID, unsubscribe.Topics = 8, []string{"a/+/b", "#"}
	return []v4.ControlPacket{
		connect, &full, subscribe, unsubscribe,
		publish(0, false, false, "a", ""), publish(1, true, false, "città/ü", "{}"),
		publish(2, false, true, "a/b", strings.Repeat("x", 300)),
		ack(v4.Puback), ack(v4.Pubrec), ack(v4.Pubrel), ack(v4.Pubcomp),
		v4.NewControlPacket(v4.Pingreq), v4.NewControlPacket(v4.Disconnect),
	}
}

func v5Packets() []io.WriterTo {
	user := []v5.User{{Key: "k", Value: "v"}, {Key: "k", Value: ""}}
	connect := &v5.Connect{
		ProtocolName: "MQTT", ProtocolVersion: 5, ClientID: "dev-1", CleanStart: true, KeepAlive: 10,
		Properties: &v5.Properties{},
	}
	full := &v5.Connect{
		ProtocolName: "MQTT", ProtocolVersion: 5, ClientID: "", KeepAlive: 65535,
		UsernameFlag: true, Username: "u", PasswordFlag: true, Password: []byte{0},
		Properties: &v5.Properties{
			SessionExpiryInterval: ptr(uint32(3600)), ReceiveMaximum: ptr(uint16(20)), MaximumPacketSize: ptr(uint32(1 << 20)),
			TopicAliasMaximum: ptr(uint16(3)), RequestProblemInfo: ptr(byte(0)), RequestResponseInfo: ptr(byte(1)),
			AuthMethod: "SCRAM", AuthData: []byte{1}, User: user,
		},
		WillFlag: true, WillQOS: 1, WillRetain: true, WillTopic: "s", WillMessage: []byte("gone"),
		WillProperties: &v5.Properties{
			WillDelayInterval: ptr(uint32(5)), MessageExpiry: ptr(uint32(60)), PayloadFormat: ptr(byte(1)),
			ContentType: "text/plain", ResponseTopic: "r", CorrelationData: []byte{9}, User: user,
		},
	}
	message := &v5.Properties{
		TopicAlias: ptr(uint16(2)), MessageExpiry: ptr(uint32(60)), PayloadFormat: ptr(byte(1)),
		ContentType: "application/json", ResponseTopic: "r/s", CorrelationData: []byte{1, 2}, User: user,
	}
	said := &v5.Properties{ReasonString: "why", User: user}
	none := &v5.Properties{}
	list := []io.WriterTo{
		connect, full,
		&v5.Publish{Topic: "a/b", Payload: []byte("{}"), Properties: none},
		&v5.Publish{Topic: "a/b", Payload: []byte("{}"), QoS: 2, PacketID: 9, Duplicate: true, Retain: true, Properties: message},
		&v5.Publish{Topic: "", QoS: 1, PacketID: 9, Properties: message},
		&v5.Subscribe{PacketID: 3, Properties: &v5.Properties{SubscriptionIdentifier: ptr(300), User: user}, Subscriptions: []v5.SubOptions{
			{Topic: "a/#", QoS: 2, NoLocal: true, RetainAsPublished: true, RetainHandling: 2}, {Topic: "+"},
		}},
		&v5.Unsubscribe{PacketID: 4, Properties: none, Topics: []string{"a/#", "+"}},
		&v5.Pingreq{},
		&v5.Disconnect{ReasonCode: 4, Properties: &v5.Properties{SessionExpiryInterval: ptr(uint32(1)), ReasonString: "bye"}},
		&v5.Disconnect{Properties: none},
	}
	for _, props := range []*v5.Properties{none, said} {
		list = append(list,
			&v5.Puback{PacketID: 1, Properties: props}, &v5.Pubrec{PacketID: 2, ReasonCode: 0x97, Properties: props},
			&v5.Pubrel{PacketID: 3, ReasonCode: 0x92, Properties: props}, &v5.Pubcomp{PacketID: 4, Properties: props})
	}
	return list
}

func ptr[T any](v T) *T { return &v }
