// Package codec reads the bytes of devices whose network delivers them as they
// came. Families are tables where a table is enough: what a value is called on
// the wire, how long it is, how it becomes the figure of a field.
//
// A codec is found by the model that the network server names, or by the
// maker's prefix of the devEUI where one table serves all that the maker sells.
// It is never guessed from the bytes: what happens to fit a table is not what a
// device said.
package codec

import (
	"strings"
	"time"

	"rione/ingest"
	"rione/ingest/decode/cayennelpp"
	"rione/ingest/decode/wire"
	"rione/ingest/quantity"
)

// Codec reads the payloads of one family or model.
type Codec struct {
	Name string
	read func(data []byte, port uint64, s *sink) error
}

// sink takes what a codec reads.
type sink struct {
	r    *ingest.Reading // that values go to
	main *ingest.Reading
	past []ingest.Reading
	out  *ingest.Readings
}

// at begins a reading of an earlier time, to which values go until now.
func (s *sink) at(t time.Time) {
	s.past = append(s.past, ingest.Reading{Time: t, Resolution: time.Second})
	s.r = &s.past[len(s.past)-1]
}

func (s *sink) now() { s.r = s.main }

// Read adds what data, received on port, says to r: values of any measurement,
// in the source's units. Values of earlier times, which devices send again when
// they were not heard, are returned as readings of their own, with time and
// values. What has no field is listed in out as unknown. It returns a
// *ingest.Refusal, and leaves r as it was, for bytes that are not the codec's.
func (c *Codec) Read(data []byte, port uint64, r *ingest.Reading, out *ingest.Readings) (past []ingest.Reading, err error) {
	values, unknown, absent, position := len(r.Values), len(out.Unknown), len(out.Absent), r.Position
	s := sink{r: r, main: r, out: out}
	if err := c.read(data, port, &s); err != nil {
		r.Values, out.Unknown, out.Absent, r.Position = r.Values[:values], out.Unknown[:unknown], out.Absent[:absent], position
		return nil, err
	}
	return s.past, nil
}

// Find returns the codec of a device by its devEUI, in lower case, and by what
// its model is called: profile, brand, model, and last the name that somebody
// gave to the device. A codec's word counts where a word of a name begins.
func Find(eui string, names ...string) (*Codec, bool) {
	for _, name := range names {
		for i := range codecs {
			for word := range strings.FieldsSeq(codecs[i].words) {
				if begins(name, word) {
					return &codecs[i].Codec, true
				}
			}
		}
	}
	for i := range codecs {
		if prefix := codecs[i].prefix; prefix != "" && strings.HasPrefix(eui, prefix) {
			return &codecs[i].Codec, true
		}
	}
	return nil, false
}

// begins tells whether a word of name begins with word, whatever separates
// words within it: "LoRa EM300-TH" begins with em300th at its second word.
func begins(name, word string) bool {
	before := byte(' ')
	for i := range len(name) {
		if !isWord(before) && startsWith(name[i:], word) {
			return true
		}
		before = name[i]
	}
	return false
}

// startsWith compares without regard to case and to what separates words.
func startsWith(name, word string) bool {
	n := 0
	for i := 0; i < len(name) && n < len(word); i++ {
		switch c := name[i]; {
		case !isWord(c):
		case c|0x20 != word[n]: // digits have that bit already
			return false
		default:
			n++
		}
	}
	return n == len(word)
}

func isWord(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func lpp(data []byte, _ uint64, s *sink) error { return cayennelpp.Append(data, s.r, s.out) }

// number adds a value, the first one of its field; name is what it is called in
// the list of what is unknown.
func (s *sink) number(field, name string, v float64, unit quantity.Unit) {
	if field == "" {
		wire.Unknown(s.out, name)
		return
	}
	for i := range s.r.Values {
		if s.r.Values[i].Field == field {
			return
		}
	}
	s.r.Number(field, v, unit)
}

func refuse(detail string) error {
	return &ingest.Refusal{Reason: ingest.Unparsable, Field: "data", Detail: detail}
}

// le and be read whole numbers of one to four bytes.
func le(b []byte, signed bool) float64 {
	var n int64
	for i := len(b) - 1; i >= 0; i-- {
		n = n<<8 | int64(b[i])
	}
	return extend(n, len(b), signed)
}

func be(b []byte, signed bool) float64 {
	var n int64
	for _, c := range b {
		n = n<<8 | int64(c)
	}
	return extend(n, len(b), signed)
}

func extend(n int64, size int, signed bool) float64 {
	if bits := 8 * size; signed && n >= 1<<(bits-1) {
		n -= 1 << bits
	}
	return float64(n)
}
