package packet

import "encoding/binary"

// Ack is a PUBACK, PUBREC, PUBREL or PUBCOMP.
type Ack struct {
	ID   uint16
	Code Reason
}

// ParseAck reads the body of an acknowledgement of the given type.
func ParseAck(v Version, t Type, body []byte) (a Ack, err error) {
	r := cursor{b: body}
	a.ID = r.uint16()
	if v == V5 && len(r.b) > 0 {
		a.Code = Reason(r.byte())
		if len(r.b) > 0 {
			p := r.properties(t)
			if err := p.skip(); err != nil {
				return a, err
			}
		}
	}
	switch {
	case r.bad || len(r.b) > 0:
		return a, malformed("length of an acknowledgement does not fit")
	case a.ID == 0:
		return a, protocol("acknowledgement has packet identifier 0")
	}
	return a, nil
}

// AppendAck appends a PUBACK, PUBREC, PUBREL or PUBCOMP. The code and what it
// says are of MQTT 5.
func AppendAck(dst []byte, v Version, t Type, id uint16, code Reason, say string) []byte {
	var flags byte
	if t == TypePubrel {
		flags = 2
	}
	if v != V5 || code == Success {
		return binary.BigEndian.AppendUint16(append(dst, byte(t)<<4|flags, 2), id)
	}
	dst = appendHeader(dst, t, flags, 3+reasonLen(say))
	dst = binary.BigEndian.AppendUint16(dst, id)
	return appendReason(append(dst, byte(code)), say)
}

// reasonLen is the length of the properties that appendReason writes, their
// own length included.
func reasonLen(say string) int {
	if say == "" {
		return 0
	}
	return varintLen(uint32(3+len(say))) + 3 + len(say)
}

func appendReason(dst []byte, say string) []byte {
	if say == "" {
		return dst
	}
	dst = appendVarint(dst, uint32(3+len(say)))
	return appendText(append(dst, propReasonString), say)
}
