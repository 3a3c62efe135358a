package simulator

import "strings"

// Reason is why something is in quarantine, as the API names it.
type Reason string

// The reasons that the simulator's garbage has.
const (
	unparsable Reason = "unparsable"
	empty      Reason = "empty"
	hurtful    Reason = "unparsable|too_large" // which limit meets it first is the reader's affair
)

// spoil returns a payload that means nothing in the device's format, and the
// reason that it is to be refused for: cut short, empty, or another language. A
// push without a body does not get as far as the quarantine, so there is none.
func spoil(d *Device, payload []byte, k uint32) ([]byte, Reason) {
	switch {
	case d.Format == "sparkplug-b": // half of such a message may be one
		return []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, unparsable
	case k%3 == 0:
		return append([]byte(nil), payload[:len(payload)/2]...), unparsable
	case k%3 == 1 && !d.Pushed:
		return nil, empty
	}
	return []byte("E042 sensor not ready"), unparsable
}

// Sizes of what is made to hurt.
const (
	poisonDepth  = 20_000
	poisonLength = 60_000
)

// poisonOf returns a payload that has brought parsers down: brackets without
// end, a number without end, bytes that are no text, a compressed body.
func poisonOf(k uint32) []byte {
	switch k % 4 {
	case 0:
		return []byte(strings.Repeat(`{"a":`, poisonDepth))
	case 1:
		return []byte(`{"ts":` + strings.Repeat("9", poisonLength))
	case 2:
		return []byte("{\"\xff\xfe\x00\x80")
	}
	return []byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03")
}
