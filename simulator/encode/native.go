package encode

import (
	"strconv"

	"rione/simulator/signal"
)

// native is rione's own flat JSON: the fields of the kind's default measurement
// at the top, others as arrays of objects with their extra tags.
type native struct{ direct }

var _ Format = native{}

func (native) Name() string       { return "native" }
func (native) Speaks(string) bool { return true }

// Topic implements Format.
func (f native) Topic(d *Device, _ uint64) string { return ownTopic(f, d) }

// ownTopic returns where the formats of native devices go.
func ownTopic(f Format, d *Device) string {
	if d.Pushed {
		return pushPath(f.Name(), d)
	}
	return Topic(d, "up")
}

// Topic returns a native topic of d: up, state, meta or event.
func Topic(d *Device, leaf string) string {
	return "sc/v1/" + d.Comune + "/" + d.Kind + "/" + d.ID + "/" + leaf
}

// Append implements Format.
func (native) Append(dst []byte, m *Message) []byte {
	dst = appendStamp(append(dst, `{"ts":`...), m)
	dst = strconv.AppendUint(append(dst, `,"seq":`...), m.Seq, 10)
	if m.Device.Pushed { // no topic says whose it is
		dst = appendString(appendKey(dst, "device_id"), m.Device.ID)
	}
	for i := range m.Readings {
		switch first, n := count(m.Readings, m.Readings[i].Measurement); {
		case first < i: // its array is written
		case n == 1 && m.Readings[i].Measurement == defaults[m.Device.Kind]:
			dst = appendReading(dst, &m.Readings[i])
		default:
			dst = appendArray(dst, m.Readings[i:], m.Readings[i].Measurement)
		}
	}
	return append(dst, '}')
}

// appendStamp appends the time: Unix ms, or as RFC 3339 writes it.
func appendStamp(dst []byte, m *Message) []byte {
	if !m.Local {
		return strconv.AppendInt(dst, m.Time.UnixMilli(), 10)
	}
	return append(signal.Local(m.Time).AppendFormat(append(dst, '"'), "2006-01-02T15:04:05.000Z07:00"), '"')
}

// count returns where the first reading of a measurement is, and how many there are.
func count(rs []signal.Reading, measurement string) (first, n int) {
	for i := len(rs) - 1; i >= 0; i-- {
		if rs[i].Measurement == measurement {
			first = i
			n++
		}
	}
	return first, n
}

// appendArray appends the readings of one measurement under one key: a JSON
// object that has a key twice means what the reader likes.
func appendArray(dst []byte, rs []signal.Reading, measurement string) []byte {
	dst = append(appendKey(dst, measurement), '[')
	for i := range rs {
		if rs[i].Measurement != measurement {
			continue
		}
		if dst[len(dst)-1] == '}' {
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
