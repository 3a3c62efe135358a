package packet

import "encoding/binary"

// Subscribe is a SUBSCRIBE.
type Subscribe struct {
	ID      uint16
	SubID   uint32 // subscription identifier, 0 is none
	Filters []Subscription
}

// Subscription is one topic filter of a SUBSCRIBE with its options.
type Subscription struct {
	Filter            []byte
	QoS               byte
	NoLocal           bool
	RetainAsPublished bool
	RetainHandling    byte // 0: send retained messages, 1: if it is new, 2: do not
}

// ParseSubscribe reads the body of a SUBSCRIBE.
func ParseSubscribe(v Version, body []byte) (s Subscribe, err error) {
	r := cursor{b: body}
	s.ID = r.uint16()
	if v == V5 {
		p := r.properties(TypeSubscribe)
		for p.next() {
			if p.id == propSubscriptionID {
				s.SubID = p.num
			}
		}
		if p.err != nil {
			return s, p.err
		}
	}
	for len(r.b) > 0 && !r.bad {
		sub := Subscription{Filter: r.filter()}
		if err := sub.options(v, r.byte()); err != nil {
			return s, err
		}
		s.Filters = append(s.Filters, sub)
	}
	return s, checkFilters(&r, s.ID, len(s.Filters))
}

func (s *Subscription) options(v Version, o byte) error {
	s.QoS = o & 3
	reserved := byte(0xfc)
	if v == V5 {
		s.NoLocal, s.RetainAsPublished, s.RetainHandling = o&4 != 0, o&8 != 0, o>>4&3
		reserved = 0xc0
	}
	if s.QoS == 3 || s.RetainHandling == 3 || o&reserved != 0 {
		return malformed("options of a subscription are not valid")
	}
	return nil
}

// Unsubscribe is an UNSUBSCRIBE.
type Unsubscribe struct {
	ID      uint16
	Filters [][]byte
}

// ParseUnsubscribe reads the body of an UNSUBSCRIBE.
func ParseUnsubscribe(v Version, body []byte) (u Unsubscribe, err error) {
	r := cursor{b: body}
	u.ID = r.uint16()
	if v == V5 {
		p := r.properties(TypeUnsubscribe)
		if err := p.skip(); err != nil {
			return u, err
		}
	}
	for len(r.b) > 0 && !r.bad {
		u.Filters = append(u.Filters, r.filter())
	}
	return u, checkFilters(&r, u.ID, len(u.Filters))
}

func checkFilters(r *cursor, id uint16, n int) error {
	switch {
	case r.bad:
		return malformed("list of topic filters is cut short, or one is empty or not valid UTF-8")
	case id == 0:
		return protocol("packet identifier is 0")
	case n == 0:
		return protocol("there is no topic filter")
	}
	return nil
}

// AppendSuback appends a SUBACK with a code for each filter.
func AppendSuback(dst []byte, v Version, id uint16, codes []Reason) []byte {
	return appendCodes(dst, v, TypeSuback, id, codes)
}

// AppendUnsuback appends an UNSUBACK; only MQTT 5 sends the codes.
func AppendUnsuback(dst []byte, v Version, id uint16, codes []Reason) []byte {
	if v != V5 {
		codes = nil
	}
	return appendCodes(dst, v, TypeUnsuback, id, codes)
}

func appendCodes(dst []byte, v Version, t Type, id uint16, codes []Reason) []byte {
	size := 2 + len(codes)
	if v == V5 {
		size++
	}
	dst = appendHeader(dst, t, 0, size)
	dst = binary.BigEndian.AppendUint16(dst, id)
	if v == V5 {
		dst = append(dst, 0) // no properties
	}
	for _, code := range codes {
		dst = append(dst, byte(code))
	}
	return dst
}
