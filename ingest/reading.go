package ingest

import (
	"time"

	"rione/geo"
	"rione/ingest/quantity"
)

// Reading is what a decoder understood: values of one device at one time, in
// the units of the source. Normalization turns it into a Point.
type Reading struct {
	Device      string        // device id, or the external identity in the source's own form; "" leaves it to the route
	Measurement string        // "" means the default of the device's kind
	Tags        []Tag         // extra tags, as the payload gives them
	Time        time.Time     // device time; zero when the payload has none
	Resolution  time.Duration // of Time, or else of ServerTime, as the payload wrote it (1s, 1ms, …)
	LocalTime   time.Time     // wall clock without an offset, written as if UTC; Time is zero then
	ServerTime  time.Time     // network-server time; zero when there is none
	Position    *geo.Point    // where the payload says the device is; nil when it does not say
	Seq         uint64        // the message's own sequence (seq, fCnt)
	HasSeq      bool
	Quality     Quality // what the decoder already knows
	Values      []Value
}

// Tag is an extra tag.
type Tag struct{ Name, Value string }

// ValueKind tells which member of a Value holds it.
type ValueKind uint8

// The kinds of values.
const (
	Number ValueKind = iota // Num
	Bool                    // Num is 0 or 1
	Text                    // Text; a number as text is a number to the normalizer
)

// Value is one value of a reading, before normalization.
type Value struct {
	Field string // canonical field name
	Kind  ValueKind
	Num   float64
	Text  string
	Unit  quantity.Unit // unit of the source; the zero Unit means the field's canonical one
}

// Quality is a set of quality bits of a point; 0 is good. Its values are part
// of the data contract.
type Quality uint16

// The quality bits of a point (q), and those that only suspect.bits carries.
const (
	TimeReplaced      Quality = 1
	OutOfRange        Quality = 2 // suspect only
	RateOfChange      Quality = 4 // suspect only
	Stuck             Quality = 8 // suspect only
	Late              Quality = 16
	PositionUncertain Quality = 32
	AssumedReference  Quality = 64
	DeviceFault       Quality = 128
	Invalidated       Quality = 256 // suspect only: an operator said so
)

// Readings collects what a decoder finds in one message. It is reused: a
// decoder of the hot path allocates nothing in steady state.
type Readings struct {
	list []Reading
	// Refused lists fields that could not be understood while others were.
	Refused []Refusal
	// Unknown lists fields that no measurement has; they are kept out and
	// counted per device.
	Unknown []string
	// Absent lists figures that stand for no measurement, such as 0xffff of a
	// sensor that is not connected; they are left out.
	Absent []Absent
}

// Absent is a figure that says that there is none.
type Absent struct {
	Field string  // it would be the value of
	Num   float64 // as the message gives it
}

// Next appends an empty reading and returns it. The pointer is valid until the
// following call of Next.
func (rs *Readings) Next() *Reading {
	n := len(rs.list)
	if n < cap(rs.list) {
		rs.list = rs.list[:n+1]
	} else {
		rs.list = append(rs.list, Reading{})
	}
	r := &rs.list[n]
	*r = Reading{Tags: r.Tags[:0], Values: r.Values[:0]}
	return r
}

// All returns the readings. They are valid until Reset.
func (rs *Readings) All() []Reading { return rs.list }

// Reset forgets everything and keeps the memory.
func (rs *Readings) Reset() {
	rs.list, rs.Refused, rs.Unknown, rs.Absent = rs.list[:0], rs.Refused[:0], rs.Unknown[:0], rs.Absent[:0]
}

// Drop removes the last reading, one that turned out to hold nothing.
func (rs *Readings) Drop() { rs.list = rs.list[:len(rs.list)-1] }

// Number appends a numeric value; the zero unit means the canonical one.
func (r *Reading) Number(field string, v float64, unit quantity.Unit) {
	r.Values = append(r.Values, Value{Field: field, Num: v, Unit: unit})
}

// Decoder understands one format. Decode appends to out what m says; what it
// appends may refer to m's payload and is valid as long as that is. It returns a *Refusal when the message
// means nothing, and lists single bad fields in out.Refused. A Decoder is used
// by one goroutine at a time.
type Decoder interface {
	Decode(m *Message, out *Readings) error
}
