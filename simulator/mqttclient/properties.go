package mqttclient

import "encoding/binary"

// Properties of MQTT 5 (2.2.2.2) that this client writes or heeds.
const (
	propSessionExpiry = 0x11
	propReceiveMax    = 0x21
)

// Lengths of property values that are no plain numbers of bytes.
const (
	prefixed    = -1 // two bytes of length, then that many
	twoPrefixed = -2 // a pair of these
	variable    = -3 // a variable byte integer
)

// propertyLength returns how long a property's value is, 0 for one that is not known.
func propertyLength(id byte) int {
	switch id {
	case 0x01, 0x17, 0x19, 0x24, 0x25, 0x28, 0x29, 0x2a:
		return 1
	case 0x13, 0x21, 0x22, 0x23:
		return 2
	case 0x02, 0x11, 0x18, 0x27:
		return 4
	case 0x0b:
		return variable
	case 0x03, 0x08, 0x09, 0x12, 0x15, 0x16, 0x1a, 0x1c, 0x1f:
		return prefixed
	case 0x26:
		return twoPrefixed
	}
	return 0
}

// eachProperty calls see for each property of a packet. data begins with their
// length.
func eachProperty(data []byte, see func(id byte, value []byte)) error {
	length, n := readLength(data)
	if n == 0 || length > len(data)-n {
		return errMalformed
	}
	for data = data[n : n+length]; len(data) > 0; {
		id := data[0]
		size := valueSize(id, data[1:])
		if size <= 0 || size > len(data)-1 {
			return errMalformed
		}
		see(id, data[1:1+size])
		data = data[1+size:]
	}
	return nil
}

// valueSize returns how many bytes of data the value of a property takes, 0
// when it is not whole or not known.
func valueSize(id byte, data []byte) int {
	switch kind := propertyLength(id); kind {
	case prefixed:
		return textSize(data)
	case twoPrefixed:
		first := textSize(data)
		if first == 0 || first > len(data) {
			return 0
		}
		second := textSize(data[first:])
		if second == 0 {
			return 0
		}
		return first + second
	case variable:
		_, n := readLength(data)
		return n
	default:
		return kind
	}
}

func textSize(data []byte) int {
	if len(data) < 2 {
		return 0
	}
	return 2 + int(binary.BigEndian.Uint16(data))
}

// readLength reads a variable byte integer; n is 0 when there is no whole one.
func readLength(data []byte) (value, n int) {
	for i := 0; i < len(data) && i < 4; i++ {
		value |= int(data[i]&0x7f) << (7 * i)
		if data[i]&0x80 == 0 {
			return value, i + 1
		}
	}
	return 0, 0
}
