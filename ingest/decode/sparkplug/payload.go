package sparkplug

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"

	"rione/ingest"
	"rione/ingest/decode/wire"
	"rione/ingest/schema"
)

// Field numbers of sparkplug_b.proto.
const (
	payloadTimestamp = 1
	payloadMetrics   = 2
	payloadSeq       = 3

	metricName       = 1
	metricAlias      = 2
	metricTimestamp  = 3
	metricDatatype   = 4
	metricHistorical = 5
	metricIsNull     = 7
	metricProperties = 9
	metricInt        = 10
	metricLong       = 11
	metricFloat      = 12
	metricDouble     = 13
	metricBoolean    = 14
	metricString     = 15

	propertyKeys   = 1
	propertyValues = 2
	propertyInt    = 3
	propertyLong   = 4
	propertyString = 8
)

// Data types of metrics that decide how a number is to be read.
const (
	typeInt8    = 1
	typeInt16   = 2
	typeInt32   = 3
	typeInt64   = 4
	typeBoolean = 11
)

// valueKind tells which member of a metric holds its value.
type valueKind uint8

const (
	none valueKind = iota
	number
	boolean
	str
)

// payload is one message. Its strings refer to the message.
type payload struct {
	time, seq uint64
	hasSeq    bool
	metrics   []metric
}

// metric is one metric of a message.
type metric struct {
	name, text, unit string
	alias, time      uint64
	datatype         uint64
	hasAlias         bool
	historical       bool // it was kept while the node was not connected
	doubtful         bool // its quality is not good: there is a figure, and it means nothing
	kind             valueKind
	bits             uint64 // of an integer, until the type is known
	integer          bool
	num              float64
}

// parse reads a message. Lengths are checked against what is there before
// anything is given memory.
func (p *payload) parse(b []byte) error {
	*p = payload{metrics: p.metrics[:0]}
	if len(b) == 0 {
		return ingest.Refuse(ingest.Empty, "the payload is empty")
	}
	ok := fields(b, func(num protowire.Number, v uint64, data []byte) bool {
		switch num {
		case payloadTimestamp:
			p.time = v
		case payloadSeq:
			p.seq, p.hasSeq = v, true
		case payloadMetrics:
			if len(p.metrics) == wire.MaxElements {
				return false
			}
			var m metric
			if !m.parse(data) {
				return false
			}
			p.metrics = append(p.metrics, m)
		}
		return true
	})
	switch {
	case len(p.metrics) == wire.MaxElements:
		return ingest.Refuse(ingest.TooLarge, "more metrics than the limit")
	case !ok:
		return ingest.Refuse(ingest.Unparsable, "not a payload of Sparkplug B")
	}
	return nil
}

// session returns the bdSeq of a node's birth or death.
func (p *payload) session() (uint64, bool) {
	for i := range p.metrics {
		if m := &p.metrics[i]; m.name == "bdSeq" && m.integer {
			return m.bits, true
		}
	}
	return 0, false
}

func (m *metric) parse(b []byte) bool {
	null := false
	ok := fields(b, func(num protowire.Number, v uint64, data []byte) bool {
		switch num {
		case metricName:
			m.name = string(data)
		case metricAlias:
			m.alias, m.hasAlias = v, true
		case metricTimestamp:
			m.time = v
		case metricDatatype:
			m.datatype = v
		case metricHistorical:
			m.historical = v != 0
		case metricIsNull:
			null = v != 0
		case metricProperties:
			m.properties(data)
		case metricInt, metricLong:
			m.kind, m.bits, m.integer = number, v, true
		case metricFloat:
			m.kind, m.num = number, wire.Float32(math.Float32frombits(uint32(v)))
		case metricDouble:
			m.kind, m.num = number, math.Float64frombits(v)
		case metricBoolean:
			m.kind, m.bits = boolean, v
		case metricString:
			m.kind, m.text = str, string(data)
		}
		return true
	})
	if m.integer {
		m.num = signed(m.bits, m.datatype)
	}
	if null {
		m.kind = none
	}
	return ok
}

// signed reads an integer by its data type: negative numbers of up to 32 bits
// stand in a field of unsigned 32.
func signed(bits, datatype uint64) float64 {
	switch datatype {
	case typeInt8:
		return float64(int8(bits))
	case typeInt16:
		return float64(int16(bits))
	case typeInt32:
		return float64(int32(bits))
	case typeInt64:
		return float64(int64(bits))
	}
	return float64(bits)
}

// goodQuality is the code of a value that is what it seems; the others of
// Sparkplug 3.0.0, 6.4.13, are 0 (bad) and 500 (stale).
const goodQuality = 192

// properties takes the unit and the quality from a metric's property set.
func (m *metric) properties(b []byte) {
	var keys []string
	values := 0
	fields(b, func(num protowire.Number, _ uint64, data []byte) bool {
		switch {
		case num == propertyKeys && len(keys) < maxProperties:
			keys = append(keys, wire.Text(data))
		case num == propertyValues && values < len(keys):
			m.property(keys[values], data)
			values++
		}
		return true
	})
}

const maxProperties = 64 // of one metric

func (m *metric) property(key string, b []byte) {
	fields(b, func(num protowire.Number, v uint64, data []byte) bool {
		switch {
		case key == "engUnit" && num == propertyString:
			m.unit = string(data)
		case key == "Quality" && (num == propertyInt || num == propertyLong):
			m.doubtful = v != goodQuality
		}
		return true
	})
}

// fields calls f for every field of a message with its number and its value, a
// number or bytes. It is false for what is no message, or when f is.
func fields(b []byte, f func(num protowire.Number, v uint64, data []byte) bool) bool {
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return false
		}
		b = b[n:]
		var v uint64
		var data []byte
		switch typ {
		case protowire.VarintType:
			v, n = protowire.ConsumeVarint(b)
		case protowire.Fixed64Type:
			v, n = protowire.ConsumeFixed64(b)
		case protowire.Fixed32Type:
			var v32 uint32
			v32, n = protowire.ConsumeFixed32(b)
			v = uint64(v32)
		case protowire.BytesType:
			data, n = protowire.ConsumeBytes(b)
		default:
			return false // groups were never part of the schema
		}
		if n < 0 || !f(num, v, data) {
			return false
		}
		b = b[n:]
	}
	return true
}

// value returns the metric's value as one of a field.
func (m *metric) value(f *schema.Field) (ingest.Value, bool) {
	out := ingest.Value{Field: f.Name, Num: m.num}
	switch m.kind {
	case number:
		return out, !math.IsNaN(m.num) && !math.IsInf(m.num, 0)
	case boolean:
		out.Kind = ingest.Bool
		if m.bits != 0 {
			out.Num = 1
		}
		return out, f.Role == schema.State
	case str:
		out.Kind, out.Text = ingest.Text, m.text
		return out, m.text != "" && !wire.NotANumber(m.text)
	}
	return out, false
}
