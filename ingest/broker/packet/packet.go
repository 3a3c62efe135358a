// Package packet reads and writes MQTT control packets as a server does: it
// parses what clients send and appends what a server sends, for MQTT 3.1.1
// (OASIS 2014) and MQTT 5 (OASIS 2019). What a parser returns points into the
// bytes it was given; nothing is copied and the hot path allocates nothing.
package packet

// Version is the protocol level of a CONNECT.
type Version byte

// The versions spoken.
const (
	V4 Version = 4 // MQTT 3.1.1
	V5 Version = 5 // MQTT 5
)

// Type is the type of a control packet.
type Type byte

// The types of control packets.
const (
	TypeConnect Type = iota + 1
	TypeConnack
	TypePublish
	TypePuback
	TypePubrec
	TypePubrel
	TypePubcomp
	TypeSubscribe
	TypeSuback
	TypeUnsubscribe
	TypeUnsuback
	TypePingreq
	TypePingresp
	TypeDisconnect
	TypeAuth

	typeWill Type = 0 // stands for the properties of a will
)

// Header is the fixed header of a packet.
type Header struct {
	Type  Type
	Flags byte // the low four bits
	Size  int  // bytes that follow the header
}

// MaxHeader is the length of the longest fixed header.
const MaxHeader = 5

// ParseHeader reads the fixed header that b starts with and returns its length,
// 0 when b does not hold all of it yet.
func ParseHeader(b []byte) (h Header, n int, err error) {
	if len(b) < 2 {
		return h, 0, nil
	}
	h.Type, h.Flags = Type(b[0]>>4), b[0]&0x0f
	if !h.flagsFit() {
		return h, 0, malformed("type or flags of the fixed header are not valid")
	}
	size, n := varint(b[1:])
	switch {
	case n < 0:
		return h, 0, malformed("length of the packet has more than four bytes")
	case n == 0:
		return h, 0, nil
	}
	h.Size = int(size)
	return h, 1 + n, nil
}

// flagsFit checks the flags that the specification fixes for each type.
func (h Header) flagsFit() bool {
	switch h.Type {
	case 0:
		return false
	case TypePublish:
		return true // ParsePublish checks them
	case TypePubrel, TypeSubscribe, TypeUnsubscribe:
		return h.Flags == 2
	}
	return h.Flags == 0
}

// appendHeader appends a fixed header.
func appendHeader(dst []byte, t Type, flags byte, size int) []byte {
	return appendVarint(append(dst, byte(t)<<4|flags), uint32(size))
}

// AppendPingresp appends a PINGRESP.
func AppendPingresp(dst []byte) []byte { return append(dst, byte(TypePingresp)<<4, 0) }
