package lorawan

import (
	"strings"
	"time"

	"rione/ingest"
	"rione/ingest/decode/wire"
)

// Stamp is a time of the network server, and how finely it was written. Below
// that stand the digits of the frame counter, as they do for device times: two
// uplinks of one instant stay two.
type Stamp struct {
	At         time.Time
	Resolution time.Duration
}

// StampOf returns the first of texts that is a time in RFC 3339, the zero Stamp
// when none is.
func StampOf(texts ...[]byte) Stamp {
	for _, text := range texts {
		if t, ok := wire.Date(wire.Text(text)); ok {
			return Stamp{t, resolution(wire.Text(text))}
		}
	}
	return Stamp{}
}

// resolution is a whole second, or a thousandth part for every three digits
// behind the point that were begun: servers leave out zeros at the end.
func resolution(text string) time.Duration {
	_, frac, _ := strings.Cut(text, ".")
	digits := len(frac) - len(strings.TrimLeft(frac, "0123456789"))
	switch {
	case digits == 0:
		return time.Second
	case digits <= 3:
		return time.Millisecond
	case digits <= 6:
		return time.Microsecond
	}
	return time.Nanosecond
}

func (s Stamp) mark(r *ingest.Reading) { r.ServerTime, r.Resolution = s.At, s.Resolution }

// Reading adds a reading of what a network server knows of a device itself.
func (s Stamp) Reading(out *ingest.Readings, device string) *ingest.Reading {
	r := out.Next()
	r.Device, r.Measurement = device, wire.DeviceMeasurement
	s.mark(r)
	return r
}
