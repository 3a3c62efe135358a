// Package cayennelpp decodes the Cayenne Low Power Payload: channel, type and
// big-endian data, one after the other.
//
// Specification: "Cayenne Low Power Payload" (myDevices), with the types that
// ElectronicCats/CayenneLPP (src/CayenneLPP.h) adds.
//
// A payload names no device: the route does. Of several sensors of one type the
// one of the lowest place in the payload counts; a device that has two needs a
// mapping. Types whose meaning depends on what is wired up (analog input,
// percentage, concentration) are listed as unknown.
package cayennelpp

import (
	"strconv"
	"time"

	"rione/geo"
	"rione/ingest"
	"rione/ingest/decode/wire"
)

// Decoder decodes Cayenne LPP.
type Decoder struct{}

var _ ingest.Decoder = (*Decoder)(nil)

// New returns a decoder of Cayenne LPP.
func New() *Decoder { return &Decoder{} }

// Decode implements ingest.Decoder.
func (d *Decoder) Decode(m *ingest.Message, out *ingest.Readings) error {
	return Decode(m.Payload, out)
}

// Decode adds the reading that the bytes hold to out.
func Decode(payload []byte, out *ingest.Readings) error {
	if len(payload) == 0 {
		return ingest.Refuse(ingest.Empty, "the payload is empty")
	}
	r := out.Next()
	if err := Append(payload, r, out); err != nil {
		out.Drop()
		return err
	}
	if len(r.Values) == 0 && r.Position == nil {
		out.Drop()
	}
	return wire.Outcome(out)
}

// Append adds what the bytes hold to r, and to out what has no field.
func Append(payload []byte, r *ingest.Reading, out *ingest.Readings) error {
	for rest := payload; len(rest) > 0; {
		if len(rest) < 2 {
			return ingest.Refuse(ingest.Unparsable, "a channel without a type at the end")
		}
		t := typeOf(rest[1])
		if t == nil {
			return ingest.Refuse(ingest.Unparsable, "type "+strconv.Itoa(int(rest[1]))+" is not known, so neither is where the next value begins")
		}
		size := t.size
		if t.code == polyline && len(rest) > 2 {
			size = max(size, int(rest[2]))
		}
		if len(rest) < 2+size {
			return ingest.Refuse(ingest.Unparsable, t.name+" is cut short")
		}
		t.add(r, out, rest[0], rest[2:2+t.size])
		rest = rest[2+size:]
	}
	return nil
}

// add puts one value into r, or lists it as unknown.
func (t *kind) add(r *ingest.Reading, out *ingest.Readings, channel byte, data []byte) {
	switch t.code {
	case unixTime:
		r.Time, r.Resolution = time.Unix(int64(number(data, false)), 0).UTC(), time.Second
		return
	case gps:
		if r.Position == nil {
			r.Position = &geo.Point{Lat: number(data[:3], true) / 10_000, Lon: number(data[3:6], true) / 10_000}
			return
		}
	}
	if t.field == "" || has(r, t.field) {
		wire.Unknown(out, t.name+"_"+strconv.Itoa(int(channel)))
		return
	}
	r.Number(t.field, number(data, t.signed)/t.perUnit, 0)
}

func has(r *ingest.Reading, field string) bool {
	for i := range r.Values {
		if r.Values[i].Field == field {
			return true
		}
	}
	return false
}

// number reads a big-endian whole number of one to four bytes.
func number(b []byte, signed bool) float64 {
	n := int64(0)
	for _, c := range b {
		n = n<<8 | int64(c)
	}
	if bits := 8 * len(b); signed && n >= 1<<(bits-1) {
		n -= 1 << bits
	}
	return float64(n)
}
