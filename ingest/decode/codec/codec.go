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
	r   *ingest.Reading
	out *ingest.Readings
}

// Read adds what data, received on port, says to r: values of any measurement,
// in the source's units. What has no field is listed in out as unknown. It
// returns a *ingest.Refusal, and leaves r as it was, for bytes that are not the
// codec's.
func (c *Codec) Read(data []byte, port uint64, r *ingest.Reading, out *ingest.Readings) error {
	values, unknown := len(r.Values), len(out.Unknown)
	err := c.read(data, port, &sink{r, out})
	if err != nil {
		r.Values, out.Unknown = r.Values[:values], out.Unknown[:unknown]
	}
	return err
}

// Find returns the codec of a device by its devEUI, in lower case, and by what
// the network server calls its model: profile, brand, model.
func Find(eui string, names ...string) (*Codec, bool) {
	for i := range codecs {
		for _, word := range strings.Fields(codecs[i].words) {
			for _, name := range names {
				if strings.Contains(squeeze(name), word) {
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

func squeeze(name string) string {
	return strings.ToLower(strings.NewReplacer("-", "", "_", "", " ", "").Replace(name))
}

// codecs in the order in which they are looked for: models before families.
var codecs = []struct {
	Codec
	words  string // any of these in a name means the codec, squeezed
	prefix string // of the devEUI, where the table serves all of the maker's devices
}{
	{Codec{"milesight-em400", milesight(em400)}, "em400 em310udl", ""},
	{Codec{"milesight-em410", milesight(em410)}, "em410 em411", ""},
	{Codec{"milesight-em500-smt", milesight(smt)}, "em500smt", ""},
	{Codec{"milesight-em500-co2", milesight(co2)}, "em500co2", ""},
	{Codec{"milesight-em500-pt100", milesight(pt100)}, "em500pt100", ""},
	{Codec{"milesight-em300", milesight(em300)}, "em300sld em300zld em300mld", ""},
	{Codec{"milesight-em300-di", milesight(em30d)}, "em300di", ""},
	{Codec{"milesight-vs", milesight(vs)}, "vs132 vs133", ""},
	{Codec{"milesight-ws52", milesight(ws52)}, "ws52x ws523 ws525", ""},
	{Codec{"milesight-am", milesight(am)}, "milesightam am103 am104 am107 am307 am308 am319", ""},
	{Codec{"milesight", milesight(nil)}, "milesight em300 em310 em320 em500 ws201 ws302", "24e124"},
	{Codec{"decentlab-pm", decentlab(dlPM)}, "dlpm", ""},
	{Codec{"decentlab-mbx", decentlab(dlMBX)}, "dlmbx", ""},
	{Codec{"decentlab-sht35", decentlab(dlSHT35)}, "dlsht35", ""},
	{Codec{"decentlab-pr26", decentlab(dlPR26)}, "dlpr26", ""},
	{Codec{"decentlab-atm41", decentlab(dlATM41)}, "dlatm41", ""},
	{Codec{"elsys", elsys}, "elsys ersco2 ers2 erssound erslite elt2", "a81758"},
	{Codec{"bosch-parking", boschParking}, "boschparking tps110 parkinglotsensor", ""},
	{Codec{"nwave-parking", nwaveParking}, "nwave nps310 nps405", ""},
	{Codec{"cayennelpp", lpp}, "cayenne", ""},
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
