package encode

import (
	"strconv"

	"rione/simulator/signal"
)

// native is rione's own flat JSON: the fields of the kind's default measurement
// at the top, others as arrays of objects with their extra tags.
type native struct{}

var _ Format = native{}

func (native) Name() string          { return "native" }
func (native) Speaks(string) bool    { return true }
func (native) Carried() bool         { return false }
func (native) Trim(*signal.Readings) {}

// Topic implements Format.
func (native) Topic(d *Device) string { return Topic(d, "up") }

// Topic returns a native topic of d: up, state, meta or event.
func Topic(d *Device, leaf string) string {
	return "sc/v1/" + d.Comune + "/" + d.Kind + "/" + d.ID + "/" + leaf
}

// Append implements Format.
func (native) Append(dst []byte, m *Message) []byte {
	dst = strconv.AppendInt(append(dst, `{"ts":`...), m.Time.UnixMilli(), 10)
	dst = strconv.AppendUint(append(dst, `,"seq":`...), m.Seq, 10)
	for i := 0; i < len(m.Readings); {
		n := run(m.Readings[i:])
		if n == 1 && m.Readings[i].Measurement == defaults[m.Device.Kind] {
			dst = appendReading(dst, &m.Readings[i])
		} else {
			dst = appendArray(dst, m.Readings[i:i+n])
		}
		i += n
	}
	return append(dst, '}')
}

// run returns how many of the first readings are of one measurement.
func run(rs []signal.Reading) int {
	n := 1
	for n < len(rs) && rs[n].Measurement == rs[0].Measurement {
		n++
	}
	return n
}

func appendArray(dst []byte, rs []signal.Reading) []byte {
	dst = append(appendKey(dst, rs[0].Measurement), '[')
	for i := range rs {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendReading(append(dst, '{'), &rs[i]), '}')
	}
	return append(dst, ']')
}

// appendReading appends the members of an object: tags, then fields.
func appendReading(dst []byte, r *signal.Reading) []byte {
	for _, t := range r.Tags {
		dst = appendString(appendKey(dst, t.Name), t.Value)
	}
	for _, v := range r.Values {
		dst = appendNumber(appendKey(dst, v.Field), v.Num)
	}
	return dst
}

// Online and Offline are the bodies of a device's state: retained after it
// connects, and its last will.
const (
	Online  = `{"online":true}`
	Offline = `{"online":false}`
)
