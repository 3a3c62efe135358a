package mqttclient

import (
	"encoding/binary"
	"errors"
	"fmt"

	"rione/simulator/link"
)

// Control packet types (MQTT 3.1.1, 2.2.1; MQTT 5, 2.1.2), with the flags that
// the types require.
const (
	connectPacket    = 1 << 4
	connackPacket    = 2 << 4
	publishPacket    = 3 << 4
	pubackPacket     = 4 << 4
	pingreqPacket    = 12 << 4
	pingrespPacket   = 13 << 4
	disconnectPacket = 14 << 4
)

// Flags of PUBLISH.
const (
	flagRetain = 1
	flagQoS1   = 1 << 1
	flagDup    = 1 << 3
)

// Versions of MQTT.
const (
	V311 = 4
	V5   = 5
)

// sessionExpiry is how long the broker of an MQTT 5 session may forget it
// after the connection, s.
const sessionExpiry = 300

// maxRemaining is the greatest remaining length that four bytes can say.
const maxRemaining = 268_435_455

// appendLength appends a variable byte integer.
func appendLength(dst []byte, n int) []byte {
	for n > 127 {
		dst = append(dst, byte(n)|0x80)
		n >>= 7
	}
	return append(dst, byte(n))
}

func appendText(dst []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint16(dst, uint16(len(s))), s...)
}

// appendConnect appends a CONNECT that resumes the client's session and has the
// offline state as its will.
func appendConnect(dst []byte, version byte, o *link.Options) []byte {
	var flags byte // clean session, or clean start, is off
	body := appendText(make([]byte, 0, 128), "MQTT")
	if o.StateTopic != "" {
		flags |= 1<<2 | 1<<3 | 1<<5 // will, its QoS 1, retained
	}
	if o.Username != "" {
		flags |= 1 << 7
	}
	if o.Password != "" {
		flags |= 1 << 6
	}
	body = append(body, version, flags)
	body = binary.BigEndian.AppendUint16(body, uint16(o.KeepAlive.Seconds()))
	if version == V5 {
		body = binary.BigEndian.AppendUint32(append(body, 5, propSessionExpiry), sessionExpiry)
	}
	body = appendText(body, o.ClientID)
	if o.StateTopic != "" {
		if version == V5 {
			body = append(body, 0) // no will properties
		}
		body = appendText(appendText(body, o.StateTopic), o.Offline)
	}
	if o.Username != "" {
		body = appendText(body, o.Username)
	}
	if o.Password != "" {
		body = appendText(body, o.Password)
	}
	return append(appendLength(append(dst, connectPacket), len(body)), body...)
}

// errTooLarge is returned for a message that no MQTT packet can hold.
var errTooLarge = errors.New("topic or payload is larger than MQTT allows")

// appendPublish appends a QoS 1 PUBLISH.
func appendPublish[T string | []byte](dst []byte, version byte, topic string, payload T, id uint16, retain bool) ([]byte, error) {
	flags := byte(publishPacket | flagQoS1)
	if retain {
		flags |= flagRetain
	}
	n := 2 + len(topic) + 2 + len(payload)
	if version == V5 {
		n++
	}
	if len(topic) > 65_535 || n > maxRemaining {
		return dst, errTooLarge
	}
	dst = appendText(appendLength(append(dst, flags), n), topic)
	dst = binary.BigEndian.AppendUint16(dst, id)
	if version == V5 {
		dst = append(dst, 0) // no properties
	}
	return append(dst, payload...), nil
}

// packet is a control packet as it came: the first byte and the rest after the
// remaining length.
type packet struct {
	head byte
	body []byte
}

// maxIncoming bounds what a broker may send to a device that subscribes to nothing.
const maxIncoming = 64 << 10

var (
	errMalformed = errors.New("the broker sent a malformed packet")
	errTooMuch   = errors.New("the broker sent a packet that is too large")
)

// split takes the first packet off data. n is 0 when there is no whole one yet.
func split(data []byte) (p packet, n int, err error) {
	length, shift := 0, 0
	for i := 1; i < len(data); i++ {
		length |= int(data[i]&0x7f) << shift
		if data[i]&0x80 == 0 {
			switch n = i + 1 + length; {
			case length > maxIncoming:
				return p, 0, errTooMuch
			case n > len(data):
				return p, 0, nil
			}
			return packet{head: data[0], body: data[i+1 : n]}, n, nil
		}
		if shift += 7; shift > 21 {
			return p, 0, errMalformed
		}
	}
	return p, 0, nil
}

// connack is what a broker says to a CONNECT.
type connack struct {
	sessionPresent bool
	code           byte
	receiveMax     int // 0 = not said
}

// refusals names why a broker refused a connection, for both versions.
var refusals = map[byte]string{
	1: "protocol version not accepted", 2: "client id rejected", 3: "server unavailable", 4: "bad user name or password", 5: "not authorized",
	0x81: "malformed packet", 0x82: "protocol error", 0x84: "protocol version not accepted", 0x85: "client id not valid",
	0x86: "bad user name or password", 0x87: "not authorized", 0x88: "server unavailable", 0x89: "server busy", 0x8a: "banned",
	0x8d: "keep-alive timeout", 0x8e: "another connection took over the session", 0x95: "packet too large", 0x97: "quota exceeded", 0x9f: "connection rate exceeded",
}

// reason returns a reason code as text.
func reason(code byte) string {
	if text, ok := refusals[code]; ok {
		return text
	}
	return fmt.Sprintf("reason 0x%02x", code)
}

func parseConnack(version byte, p packet) (connack, error) {
	if p.head != connackPacket || len(p.body) < 2 {
		return connack{}, errMalformed
	}
	out := connack{sessionPresent: p.body[0]&1 != 0, code: p.body[1]}
	if version < V5 || len(p.body) == 2 {
		return out, nil
	}
	err := eachProperty(p.body[2:], func(id byte, value []byte) {
		if id == propReceiveMax {
			out.receiveMax = int(binary.BigEndian.Uint16(value))
		}
	})
	return out, err
}

// parsePuback returns the packet id and the reason code, 0 for well.
func parsePuback(p packet) (id uint16, code byte, err error) {
	if len(p.body) < 2 {
		return 0, 0, errMalformed
	}
	if len(p.body) > 2 {
		code = p.body[2]
	}
	return binary.BigEndian.Uint16(p.body), code, nil
}
