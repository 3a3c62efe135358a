package encode

import (
	"rione/simulator/signal"
)

// senml is SenML JSON (RFC 8428) on the native topics: a record's name is the
// field, or measurement:tag=value,…:field. It has no place for a sequence.
type senml struct{ direct }

var _ Format = senml{}

func (senml) Name() string            { return "senml" }
func (senml) Speaks(kind string) bool { return kind != "gateway" }

// Topic implements Format.
func (f senml) Topic(d *Device, _ uint64) string { return ownTopic(f, d) }

// senmlUnits are the units that RFC 8428 and RFC 8798 register, by the unit
// that a field's name ends in. Other fields go without.
var senmlUnits = map[string]string{"temp_c": "Cel", "rh_pct": "%RH", "press_hpa": "hPa", "level_m": "m", "distance_m": "m", "lux": "lx"}

// Append implements Format.
func (senml) Append(dst []byte, m *Message) []byte {
	ms := m.Time.UnixMilli()
	dst = append(append(append(dst, `[{"bn":"`...), m.Device.ID...), `:","bt":`...)
	dst = appendNumber(dst, float64(ms)/1000)
	for i := range m.Readings {
		r := &m.Readings[i]
		for j, v := range r.Values {
			if i+j > 0 {
				dst = append(dst, `},{`...)
			}
			dst = appendName(appendKey(dst, "n"), m.Device.Kind, r, v.Field)
			if u := senmlUnits[v.Field]; u != "" {
				dst = appendString(appendKey(dst, "u"), u)
			}
			dst = appendNumber(appendKey(dst, "v"), v.Num)
		}
	}
	return append(dst, `}]`...)
}

func appendName(dst []byte, kind string, r *signal.Reading, field string) []byte {
	if r.Measurement == defaults[kind] && len(r.Tags) == 0 {
		return appendString(dst, field)
	}
	dst = append(append(dst, '"'), r.Measurement...)
	for i, t := range r.Tags {
		sep := byte(',')
		if i == 0 {
			sep = ':'
		}
		dst = append(append(append(append(dst, sep), t.Name...), '='), t.Value...)
	}
	return append(append(append(dst, ':'), field...), '"')
}
