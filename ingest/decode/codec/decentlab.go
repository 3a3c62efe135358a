package codec

import "rione/ingest/quantity"

// group is a sensor of a Decentlab device: so many words, and what they mean.
type group struct {
	words  int
	values []linear
}

// linear is a figure made of one word: (word − zero) · num / den + offset; or, where
// that is no line, by a function of it and another word.
type linear struct {
	word            int
	zero            float64
	num, den, after float64
	field           string
	unit            quantity.Unit
	name            string

	other int
	of    func(figure, other float64) float64
}

func word(i int, zero, den float64, field string, unit quantity.Unit) linear {
	return linear{i, zero, 1, den, 0, field, unit, field, 0, nil}
}

// with is the figure that f makes of it and of another word.
func (l linear) with(other int, f func(figure, other float64) float64) linear {
	l.other, l.of = other, f
	return l
}

// nameless is a group whose figures have no field; the names are for the list of
// what is unknown.
func nameless(words int, names ...string) group {
	g := group{words: words}
	for _, name := range names {
		g.values = append(g.values, word(0, 0, 1, "", 0).called(name))
	}
	return g
}

var battery = group{1, []linear{word(0, 0, 1, "battery_v", quantity.Millivolt)}}

// decentlab reads the payloads of Decentlab's devices: version 2, the serial
// number, a word of flags that says which sensors follow, and their words, big
// endian. The payload does not name the model.
//
// Source: Decentlab, datasheets and published decoders of each model.
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
				s.number(v.field, v.name, v.figure(rest), v.unit)
			}
			rest = rest[2*g.words:]
		}
		if len(rest) > 0 {
			return refuse("the payload is longer than its flags say")
		}
		return nil
	}
}

// figure is what the words of a group say.
func (l linear) figure(words []byte) float64 {
	raw := be(words[2*l.word:2*l.word+2], false)
	figure := (raw-l.zero)*l.num/l.den + l.after
	if l.of == nil {
		return figure
	}
	return l.of(figure, be(words[2*l.other:2*l.other+2], false))
}

func (l linear) called(name string) linear {
	l.name = name
	return l
}
