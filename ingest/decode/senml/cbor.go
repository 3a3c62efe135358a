package senml

import (
	"errors"
	"math"
	"strconv"
	"time"

	"github.com/fxamacker/cbor/v2"

	"rione/ingest"
	"rione/ingest/decode/wire"
)

// labels of CBOR records (RFC 8428, table 4).
const (
	labelVersion   = -1
	labelBaseName  = -2
	labelBaseTime  = -3
	labelBaseUnit  = -4
	labelBaseValue = -5
	labelBaseSum   = -6
	labelName      = 0
	labelUnit      = 1
	labelValue     = 2
	labelText      = 3
	labelBool      = 4
	labelSum       = 5
	labelTime      = 6
	labelData      = 8
)

// DecodeCBOR decodes a pack in CBOR. The library checks the whole payload
// against the limits before anything is given memory, so a length that lies
// costs nothing.
func (d *Decoder) DecodeCBOR(m *ingest.Message, topic wire.Topic, out *ingest.Readings) error {
	var pack []map[any]any
	if err := d.cbor.Unmarshal(m.Payload, &pack); err != nil {
		return refuseCBOR(err)
	}
	d.records = d.records[:0]
	for _, fields := range pack {
		r, err := recordOf(fields)
		if err != nil {
			return err
		}
		d.records = append(d.records, r)
	}
	return d.pack(m, topic, out)
}

// newCBOR returns the reader of CBOR within limits. Its options are constant
// and within the library's bounds, so it cannot fail.
func newCBOR() cbor.DecMode {
	mode, err := cbor.DecOptions{
		DupMapKey:        cbor.DupMapKeyEnforcedAPF,
		MaxArrayElements: wire.MaxElements,
		MaxMapPairs:      64,
		MaxNestedLevels:  16,
		IntDec:           cbor.IntDecConvertSigned, //nolint:staticcheck // labels of SenML are small, signed and unsigned; no other option gives one type for both
	}.DecMode()
	if err != nil {
		panic(err)
	}
	return mode
}

func refuseCBOR(err error) error {
	var elements *cbor.MaxArrayElementsError
	var pairs *cbor.MaxMapPairsError
	var levels *cbor.MaxNestedLevelError
	if errors.As(err, &elements) || errors.As(err, &pairs) || errors.As(err, &levels) {
		return ingest.Refuse(ingest.TooLarge, err.Error())
	}
	return ingest.Refuse(ingest.Unparsable, "not a SenML pack in CBOR: "+err.Error())
}

func recordOf(fields map[any]any) (record, error) {
	r := reader{}
	for label, v := range fields {
		switch label := label.(type) {
		case int64:
			r.labelled(label, v)
		case string: // labels without a number are text, as in JSON
			r.unknown(label)
		}
	}
	return r.record, r.err
}

func (r *reader) labelled(label int64, v any) {
	switch label {
	case labelVersion:
		r.cborNumber(v, &r.version, hasVersion)
	case labelBaseName:
		r.cborText(v, &r.baseName, hasBaseName)
	case labelBaseTime:
		r.cborInstant(v, &r.baseTime, hasBaseTime)
	case labelBaseUnit:
		r.cborText(v, &r.baseUnit, hasBaseUnit)
	case labelBaseValue:
		r.cborNumber(v, &r.baseValue, hasBaseValue)
	case labelBaseSum:
		r.cborNumber(v, &r.baseSum, hasBaseSum)
	case labelName:
		r.cborText(v, &r.name, 0)
	case labelUnit:
		r.cborText(v, &r.unit, hasUnit)
	case labelValue:
		r.cborNumber(v, &r.value, hasValue)
	case labelText:
		r.cborText(v, &r.text, hasText)
	case labelBool:
		flag, ok := v.(bool)
		if !ok {
			r.wrong(hasBool)
			return
		}
		r.flag = flag
		r.has |= hasBool
	case labelSum:
		r.cborNumber(v, &r.sum, hasSum)
	case labelTime:
		r.cborInstant(v, &r.time, hasTime)
	case labelData:
		r.has |= hasData
	}
}

func (r *reader) cborNumber(v any, to *float64, p present) {
	f, ok := cborFloat(v)
	if !ok {
		r.wrong(p)
		return
	}
	*to = f
	r.has |= p
}

func (r *reader) cborText(v any, to *string, p present) {
	s, ok := v.(string)
	if !ok {
		r.wrong(p)
		return
	}
	*to = s
	r.has |= p
}

// cborInstant reads a time through its shortest decimal form, so that the
// double nearest to 1276020076.001 is that time to the millisecond.
func (r *reader) cborInstant(v any, to *instant, p present) {
	f, ok := cborFloat(v)
	if !ok {
		r.wrong(p)
		return
	}
	at, res, ok := wire.Seconds(strconv.FormatFloat(f, 'f', -1, 64))
	if !ok {
		r.wrong(p)
		return
	}
	*to = instant{at, max(res, time.Nanosecond)}
	r.has |= p
}

// cborFloat returns the finite number that v is. Decimal fractions (tag 4) are
// numbers too: RFC 8428, section 6, allows them.
func cborFloat(v any) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case uint64:
		return float64(v), true
	case float64:
		return v, !math.IsNaN(v) && !math.IsInf(v, 0)
	case cbor.Tag:
		return decimalFraction(v)
	}
	return 0, false
}

func decimalFraction(t cbor.Tag) (float64, bool) {
	parts, ok := t.Content.([]any)
	if t.Number != 4 || !ok || len(parts) != 2 {
		return 0, false
	}
	exponent, ok1 := parts[0].(int64)
	mantissa, ok2 := parts[1].(int64)
	if !ok1 || !ok2 || exponent < -400 || exponent > 400 {
		return 0, false
	}
	return wire.Float([]byte(strconv.FormatInt(mantissa, 10) + "e" + strconv.FormatInt(exponent, 10)))
}
