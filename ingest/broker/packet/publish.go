package packet

import "encoding/binary"

// Publish is a PUBLISH.
type Publish struct {
	Topic   []byte
	Payload []byte
	ID      uint16 // 0 for QoS 0
	QoS     byte
	Retain  bool
	Dup     bool
	Alias   uint16 // 0 is none
	Props   Props
}

// Props are the properties of a message, as it came from its publisher.
type Props struct {
	Expiry    uint32 // seconds
	HasExpiry bool
	IsText    bool // the publisher says that the payload is UTF-8
	raw       []byte
}

func (m *Props) take(p *properties) {
	switch p.id {
	case propMessageExpiry:
		m.Expiry, m.HasExpiry = p.num, true
	case propPayloadFormat:
		m.IsText = p.num == 1
	}
}

// AppendForwarded appends those properties that go with the message to its
// subscribers unchanged: all but the expiry, which runs down, and those that
// concern the publisher's connection alone.
func (m *Props) AppendForwarded(dst []byte) []byte {
	p := properties{rest: cursor{b: m.raw}}
	for len(p.rest.b) > 0 {
		start := p.rest.b
		p.id = p.rest.byte()
		form, _ := propertyShape(p.id)
		if !p.value(form) {
			break // cannot be: they were walked once
		}
		switch p.id {
		case propMessageExpiry, propAlias, propWillDelay:
		default:
			dst = append(dst, start[:len(start)-len(p.rest.b)]...)
		}
	}
	return dst
}

// ParsePublish reads the body of a PUBLISH. The topic is empty only when an
// alias stands for it.
func ParsePublish(v Version, flags byte, body []byte, m *Publish) error {
	*m = Publish{QoS: flags >> 1 & 3, Retain: flags&1 != 0, Dup: flags&8 != 0}
	if m.QoS == 3 || m.Dup && m.QoS == 0 {
		return malformed("flags of PUBLISH are not valid")
	}
	r := cursor{b: body}
	m.Topic = r.text()
	if m.QoS > 0 {
		m.ID = r.uint16()
	}
	if v == V5 {
		p := r.properties(TypePublish)
		for p.next() {
			if p.id == propAlias {
				m.Alias = uint16(p.num)
			} else {
				m.Props.take(&p)
			}
		}
		if p.err != nil {
			return p.err
		}
		m.Props.raw = p.raw
	}
	switch {
	case r.bad:
		return malformed("PUBLISH is cut short, or its topic is not valid UTF-8")
	case m.QoS > 0 && m.ID == 0:
		return protocol("PUBLISH has packet identifier 0")
	case len(m.Topic) == 0 && m.Alias == 0:
		return protocol("PUBLISH has no topic")
	}
	m.Payload = r.b
	return nil
}

// Delivery is a PUBLISH to a subscriber.
type Delivery struct {
	Topic     string
	Payload   []byte
	ID        uint16 // 0 for QoS 0
	QoS       byte
	Retain    bool
	Dup       bool
	Forwarded []byte   // properties from AppendForwarded
	Expiry    uint32   // seconds left
	HasExpiry bool     // Expiry is sent
	SubIDs    []uint32 // subscription identifiers
}

// AppendPublish appends d.
func AppendPublish(dst []byte, v Version, d *Delivery) []byte {
	flags := d.QoS << 1
	if d.Retain {
		flags |= 1
	}
	if d.Dup {
		flags |= 8
	}
	size, props := d.size(v)
	dst = appendHeader(dst, TypePublish, flags, size)
	dst = appendText(dst, d.Topic)
	if d.QoS > 0 {
		dst = binary.BigEndian.AppendUint16(dst, d.ID)
	}
	if v == V5 {
		dst = appendVarint(dst, uint32(props))
		dst = append(dst, d.Forwarded...)
		if d.HasExpiry {
			dst = binary.BigEndian.AppendUint32(append(dst, propMessageExpiry), d.Expiry)
		}
		for _, id := range d.SubIDs {
			dst = appendVarint(append(dst, propSubscriptionID), id)
		}
	}
	return append(dst, d.Payload...)
}

// Len is the length of d on the wire.
func (d *Delivery) Len(v Version) int {
	size, _ := d.size(v)
	return 1 + varintLen(uint32(size)) + size
}

// size is the length of the packet without its fixed header, and of its
// properties without theirs.
func (d *Delivery) size(v Version) (size, props int) {
	size = 2 + len(d.Topic) + len(d.Payload)
	if d.QoS > 0 {
		size += 2
	}
	if v != V5 {
		return size, 0
	}
	props = len(d.Forwarded)
	if d.HasExpiry {
		props += 5
	}
	for _, id := range d.SubIDs {
		props += 1 + varintLen(id)
	}
	return size + varintLen(uint32(props)) + props, props
}
