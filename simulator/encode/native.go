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
	top := defaults[m.Device.Kind]
	for i := 0; i < len(m.Readings); {
		r := &m.Readings[i]
		if r.Measurement == top && len(r.Tags) == 0 {
			dst = appendFields(dst, r)
			i++
			continue
		}
		dst = append(appendKey(dst, r.Measurement), '[')
		for first := r; i < len(m.Readings) && m.Readings[i].Measurement == first.Measurement; i++ {
			if dst[len(dst)-1] != '[' {
				dst = append(dst, ',')
			}
			dst = append(dst, '{')
			for _, t := range m.Readings[i].Tags {
				dst = appendString(appendKey(dst, t.Name), t.Value)
			}
			dst = append(appendFields(dst, &m.Readings[i]), '}')
		}
		dst = append(dst, ']')
	}
	return append(dst, '}')
}

func appendFields(dst []byte, r *signal.Reading) []byte {
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
