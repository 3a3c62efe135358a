package codec

import "rione/ingest/quantity"

// group is a sensor of a Decentlab device: so many words, and what they mean.
type group struct {
	words  int
	values []linear
}

// linear is a figure made of one word: (word − zero) · num / den + offset.
type linear struct {
	word            int
	zero            float64
	num, den, after float64
	field           string
	unit            quantity.Unit
	name            string
}

func word(i int, zero, den float64, field string, unit quantity.Unit) linear {
	return linear{i, zero, 1, den, 0, field, unit, field}
}

var battery = group{1, []linear{word(0, 0, 1, "battery_v", quantity.Millivolt)}}

// decentlab reads the payloads of Decentlab's devices: version 2, the serial
// number, a word of flags that says which sensors follow, and their words, big
// endian. The payload does not name the model.
//
// Source: Decentlab, datasheets and decoders of each model.
func decentlab(groups []group) func([]byte, uint64, *sink) error {
	return func(data []byte, _ uint64, s *sink) error {
		if len(data) < 5 || data[0] != 2 {
			return refuse("a payload of Decentlab begins with version 2, a serial number and flags")
		}
		flags, rest := uint16(be(data[3:5], false)), data[5:]
		if flags>>len(groups) != 0 {
			return refuse("the flags name sensors that the model does not have")
		}
		for i, g := range groups {
			if flags>>i&1 == 0 {
				continue
			}
			if len(rest) < 2*g.words {
				return refuse("the payload is shorter than its flags say")
			}
			for _, v := range g.values {
				raw := be(rest[2*v.word:2*v.word+2], false)
				s.number(v.field, v.name, (raw-v.zero)*v.num/v.den+v.after, v.unit)
			}
			rest = rest[2*g.words:]
		}
		if len(rest) > 0 {
			return refuse("the payload is longer than its flags say")
		}
		return nil
	}
}

func (l linear) called(name string) linear {
	l.name = name
	return l
}
