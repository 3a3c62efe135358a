package packet

import (
	"bytes"
	"fmt"

	v5 "github.com/eclipse/paho.golang/packets"
	v4 "github.com/eclipse/paho.mqtt.golang/packets"
)

// facts is what a packet from a client says, whoever read it: this package or
// one of the reference libraries.
type facts struct {
	Type    Type
	ID      uint16
	Code    byte
	Topic   string
	Payload string
	QoS     byte
	Retain  bool
	Dup     bool
	Alias   uint16
	Expiry  string
	Filters []string

	ClientID, Username, Password string
	Clean                        bool
	KeepAlive                    uint16
	HasWill                      bool
	WillDelay                    uint32
	SessionExpiry                string
	ReceiveMaximum               uint16
	MaximumPacket                uint32
	AuthMethod                   string
	NoProblemInfo                bool
	SubID                        uint32
}

// ourFacts reads one packet that fills b.
func ourFacts(v Version, b []byte) (f facts, err error) {
	h, n, err := ParseHeader(b)
	if err != nil {
		return f, err
	}
	if n == 0 || len(b) != n+h.Size {
		return f, malformed("not one packet")
	}
	f.Type = h.Type
	body := b[n:]
	switch h.Type {
	case TypeConnect:
		err = f.connect(v, body)
	case TypePublish:
		err = f.publish(v, h.Flags, body)
	case TypePuback, TypePubrec, TypePubrel, TypePubcomp:
		var a Ack
		a, err = ParseAck(v, h.Type, body)
		f.ID, f.Code = a.ID, byte(a.Code)
	case TypeSubscribe:
		var s Subscribe
		s, err = ParseSubscribe(v, body)
		f.ID, f.SubID = s.ID, s.SubID
		for _, x := range s.Filters {
			f.Filters = append(f.Filters, filterFact(string(x.Filter), x.QoS, x.NoLocal, x.RetainAsPublished, x.RetainHandling))
		}
	case TypeUnsubscribe:
		var u Unsubscribe
		u, err = ParseUnsubscribe(v, body)
		f.ID = u.ID
		for _, x := range u.Filters {
			f.Filters = append(f.Filters, string(x))
		}
	case TypeDisconnect:
		var d Disconnect
		d, err = ParseDisconnect(v, body)
		f.Code = byte(d.Code)
		f.SessionExpiry = optional(d.HasSessionExpiry, d.SessionExpiry)
	case TypePingreq:
		if len(body) > 0 {
			err = malformed("PINGREQ has a body")
		}
	default:
		err = protocol("not from a client")
	}
	return f, err
}

func filterFact(filter string, qos byte, noLocal, asPublished bool, handling byte) string {
	return fmt.Sprintf("%q %d %v %v %d", filter, qos, noLocal, asPublished, handling)
}

func optional(has bool, v uint32) string {
	if !has {
		return ""
	}
	return fmt.Sprint(v)
}

func (f *facts) connect(v Version, body []byte) error {
	var c Connect
	if err := ParseConnect(body, &c); err != nil {
		return err
	}
	if c.Version != v {
		return protocol("of the other version")
	}
	f.ClientID, f.Username, f.Password = string(c.ClientID), string(c.Username), string(c.Password)
	f.Clean, f.KeepAlive, f.NoProblemInfo = c.CleanStart, c.KeepAlive, c.NoProblemInfo
	f.SessionExpiry = optional(c.SessionExpiry > 0, c.SessionExpiry)
	f.ReceiveMaximum, f.MaximumPacket, f.AuthMethod = c.ReceiveMaximum, c.MaximumPacket, string(c.AuthMethod)
	w := c.Will
	f.HasWill, f.Topic, f.Payload, f.QoS, f.Retain = c.HasWill, string(w.Topic), string(w.Payload), w.QoS, w.Retain
	f.WillDelay, f.Expiry = w.Delay, optional(w.Props.HasExpiry, w.Props.Expiry)
	return nil
}

func (f *facts) publish(v Version, flags byte, body []byte) error {
	var m Publish
	if err := ParsePublish(v, flags, body, &m); err != nil {
		return err
	}
	f.ID, f.Topic, f.Payload, f.QoS, f.Retain, f.Dup = m.ID, string(m.Topic), string(m.Payload), m.QoS, m.Retain, m.Dup
	f.Alias, f.Expiry = m.Alias, optional(m.Props.HasExpiry, m.Props.Expiry)
	return nil
}

// v4Facts reads b with the reference library of MQTT 3.1.1.
func v4Facts(b []byte) (f facts, err error) {
	p, err := v4.ReadPacket(bytes.NewReader(b))
	if err != nil {
		return f, err
	}
	f.Type = Type(b[0] >> 4)
	switch p := p.(type) {
	case *v4.ConnectPacket:
		f.ClientID, f.Username, f.Password = p.ClientIdentifier, p.Username, string(p.Password)
		f.Clean, f.KeepAlive, f.ReceiveMaximum = p.CleanSession, p.Keepalive, 0xffff
		f.HasWill, f.Topic, f.Payload, f.QoS, f.Retain = p.WillFlag, p.WillTopic, string(p.WillMessage), p.WillQos, p.WillRetain
	case *v4.PublishPacket:
		f.ID, f.Topic, f.Payload, f.QoS, f.Retain, f.Dup = p.MessageID, p.TopicName, string(p.Payload), p.Qos, p.Retain, p.Dup
	case *v4.SubscribePacket:
		f.ID = p.MessageID
		for i := range p.Topics {
			f.Filters = append(f.Filters, filterFact(p.Topics[i], p.Qoss[i], false, false, 0))
		}
	case *v4.UnsubscribePacket:
		f.ID, f.Filters = p.MessageID, p.Topics
	case *v4.PubackPacket:
		f.ID = p.MessageID
	case *v4.PubrecPacket:
		f.ID = p.MessageID
	case *v4.PubrelPacket:
		f.ID = p.MessageID
	case *v4.PubcompPacket:
		f.ID = p.MessageID
	}
	return f, nil
}

// v5Facts reads b with the reference library of MQTT 5.
func v5Facts(b []byte) (f facts, err error) {
	p, err := v5.ReadPacket(bytes.NewReader(b))
	if err != nil {
		return f, err
	}
	f.Type = Type(b[0] >> 4)
	switch p := p.Content.(type) {
	case *v5.Connect:
		f.v5Connect(p)
	case *v5.Publish:
		f.ID, f.Topic, f.Payload, f.QoS, f.Retain, f.Dup = p.PacketID, p.Topic, string(p.Payload), p.QoS, p.Retain, p.Duplicate
		f.Alias, f.Expiry = value(p.Properties.TopicAlias), pointer(p.Properties.MessageExpiry)
	case *v5.Subscribe:
		f.ID = p.PacketID
		if id := p.Properties.SubscriptionIdentifier; id != nil {
			f.SubID = uint32(*id)
		}
		for _, s := range p.Subscriptions {
			f.Filters = append(f.Filters, filterFact(s.Topic, s.QoS, s.NoLocal, s.RetainAsPublished, s.RetainHandling))
		}
	case *v5.Unsubscribe:
		f.ID, f.Filters = p.PacketID, p.Topics
	case *v5.Puback:
		f.ID, f.Code = p.PacketID, p.ReasonCode
	case *v5.Pubrec:
		f.ID, f.Code = p.PacketID, p.ReasonCode
	case *v5.Pubrel:
		f.ID, f.Code = p.PacketID, p.ReasonCode
	case *v5.Pubcomp:
		f.ID, f.Code = p.PacketID, p.ReasonCode
	case *v5.Disconnect:
		f.Code = p.ReasonCode
		f.SessionExpiry = pointer(p.Properties.SessionExpiryInterval)
	}
	return f, nil
}

func (f *facts) v5Connect(p *v5.Connect) {
	f.ClientID, f.Username, f.Password = p.ClientID, p.Username, string(p.Password)
	f.Clean, f.KeepAlive = p.CleanStart, p.KeepAlive
	f.NoProblemInfo = p.Properties.RequestProblemInfo != nil && *p.Properties.RequestProblemInfo == 0
	expiry := value(p.Properties.SessionExpiryInterval)
	f.SessionExpiry = optional(expiry > 0, expiry)
	f.ReceiveMaximum = 0xffff
	if p.Properties.ReceiveMaximum != nil {
		f.ReceiveMaximum = *p.Properties.ReceiveMaximum
	}
	f.MaximumPacket, f.AuthMethod = value(p.Properties.MaximumPacketSize), p.Properties.AuthMethod
	f.HasWill = p.WillFlag
	if p.WillFlag {
		f.Topic, f.Payload, f.QoS, f.Retain = p.WillTopic, string(p.WillMessage), p.WillQOS, p.WillRetain
		f.WillDelay, f.Expiry = value(p.WillProperties.WillDelayInterval), pointer(p.WillProperties.MessageExpiry)
	}
}

func value[T uint16 | uint32](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

func pointer(p *uint32) string { return optional(p != nil, value(p)) }
