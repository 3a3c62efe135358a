package senml

import (
	"strings"
	"time"

	"github.com/valyala/fastjson"

	"rione/ingest"
	"rione/ingest/decode/wire"
)

// DecodeArray decodes a pack whose JSON was already read by p.
func (d *Decoder) DecodeArray(m *ingest.Message, topic wire.Topic, list []*fastjson.Value, p *wire.Parser, out *ingest.Readings) error {
	d.records = d.records[:0]
	for _, v := range list {
		r, err := readRecord(v, p)
		if err != nil {
			return err
		}
		d.records = append(d.records, r)
	}
	return d.pack(m, topic, out)
}

func readRecord(v *fastjson.Value, p *wire.Parser) (record, error) {
	o, err := v.Object()
	if err != nil {
		return record{}, ingest.Refuse(ingest.Unparsable, "a SenML record is an object")
	}
	r := reader{p: p}
	o.Visit(func(key []byte, v *fastjson.Value) { r.member(wire.Text(key), v) })
	return r.record, r.err
}

// Looks tells whether an object is a SenML record rather than flat JSON: it has
// a name or a value by the RFC's labels.
func Looks(v *fastjson.Value) bool {
	o, err := v.Object()
	if err != nil {
		return false
	}
	for _, label := range [...]string{"n", "bn", "v", "vs", "vb", "vd", "bt"} {
		if o.Get(label) != nil {
			return true
		}
	}
	return false
}

// reader collects the members of one record.
type reader struct {
	record
	p   *wire.Parser
	err error
}

func (r *reader) member(key string, v *fastjson.Value) {
	switch key {
	case "bn":
		r.string(v, &r.baseName, hasBaseName)
	case "bt":
		r.instant(v, &r.baseTime, hasBaseTime)
	case "bu":
		r.string(v, &r.baseUnit, hasBaseUnit)
	case "bv":
		r.number(v, &r.baseValue, hasBaseValue)
	case "bs":
		r.number(v, &r.baseSum, hasBaseSum)
	case "bver":
		r.number(v, &r.version, hasVersion)
	case "n":
		r.string(v, &r.name, 0)
	case "u":
		r.string(v, &r.unit, hasUnit)
	case "t":
		r.instant(v, &r.time, hasTime)
	case "v":
		r.number(v, &r.value, hasValue)
	case "s":
		r.number(v, &r.sum, hasSum)
	case "vs":
		r.string(v, &r.text, hasText)
	case "vb":
		r.boolean(v)
	case "vd":
		r.has |= hasData
	default:
		r.unknown(key)
	}
}

// unknown refuses the fields that the RFC says must be understood; others are
// ignored (section 4.4).
func (r *reader) unknown(key string) {
	if strings.HasSuffix(key, "_") {
		r.err = &ingest.Refusal{
			Reason: ingest.Unparsable, Field: strings.Clone(key),
			Detail: `a label that ends in "_" must be understood and is not`,
		}
	}
}

func (r *reader) number(v *fastjson.Value, to *float64, p present) {
	f, ok := r.p.Float(v)
	if !ok {
		r.wrong(p)
		return
	}
	*to = f
	r.has |= p
}

func (r *reader) string(v *fastjson.Value, to *string, p present) {
	if v.Type() != fastjson.TypeString {
		r.wrong(p)
		return
	}
	*to = wire.Text(v.GetStringBytes())
	r.has |= p
}

func (r *reader) boolean(v *fastjson.Value) {
	if t := v.Type(); t != fastjson.TypeTrue && t != fastjson.TypeFalse {
		r.wrong(hasBool)
		return
	}
	r.flag = v.Type() == fastjson.TypeTrue
	r.has |= hasBool
}

func (r *reader) instant(v *fastjson.Value, to *instant, p present) {
	if v.Type() != fastjson.TypeNumber {
		r.wrong(p)
		return
	}
	at, res, ok := wire.Seconds(r.p.Raw(v))
	if !ok {
		r.wrong(p)
		return
	}
	*to = instant{at, max(res, time.Nanosecond)}
	r.has |= p
}

func (r *reader) wrong(p present) {
	if p == hasValue || p == hasSum || p == hasText || p == hasBool {
		r.has |= hasData // a value that no field can take: the field alone is refused
		return
	}
	r.err = ingest.Refuse(ingest.Unparsable, "a SenML label has a value of the wrong type")
}
