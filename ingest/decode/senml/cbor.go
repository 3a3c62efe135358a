package senml

import (
	"errors"
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
// costs nothing; the records are then read where they stand, since the library
// would make a map of each.
func (d *Decoder) DecodeCBOR(m *ingest.Message, topic wire.Topic, out *ingest.Readings) error {
	if err := d.cbor.Wellformed(m.Payload); err != nil {
		return refuseCBOR(err)
	}
	c := cursor{m.Payload}
	pack := c.head()
	d.records = d.records[:0]
	for n := uint64(0); c.more(pack, n); n++ {
		r, err := readMap(&c)
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
		MaxArrayElements: wire.MaxElements,
		MaxMapPairs:      64,
		MaxNestedLevels:  16,
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

// readMap reads one record.
func readMap(c *cursor) (record, error) {
	h := c.head()
	if h.major != mapping {
		return record{}, ingest.Refuse(ingest.Unparsable, "a SenML record in CBOR is a map")
	}
	r := reader{}
	seen := uint32(0)
	for n := uint64(0); c.more(h, n); n++ {
		if c.rest[0]>>5 == textString { // labels without a number are text, as in JSON
			label, _ := c.text()
			r.unknown(label)
			c.skip()
			continue
		}
		label, ok := c.whole()
		if !ok || label < labelBaseSum || label > labelData {
			c.skip()
			continue
		}
		bit := uint32(1) << (label - labelBaseSum)
		if seen&bit != 0 {
			return record{}, ingest.Refuse(ingest.Unparsable, "a SenML record has a label twice")
		}
		seen |= bit
		r.labelled(label, c)
	}
	return r.record, r.err
}

// labelled reads the value of one of the RFC's labels.
func (r *reader) labelled(label int64, c *cursor) {
	switch label {
	case labelVersion:
		r.cborNumber(c, &r.version, hasVersion)
	case labelBaseName:
		r.cborText(c, &r.baseName, hasBaseName)
	case labelBaseTime:
		r.cborInstant(c, &r.baseTime, hasBaseTime)
	case labelBaseUnit:
		r.cborText(c, &r.baseUnit, hasBaseUnit)
	case labelBaseValue:
		r.cborNumber(c, &r.baseValue, hasBaseValue)
	case labelBaseSum:
		r.cborNumber(c, &r.baseSum, hasBaseSum)
	case labelName:
		r.cborText(c, &r.name, 0)
	case labelUnit:
		r.cborText(c, &r.unit, hasUnit)
	case labelValue:
		r.cborNumber(c, &r.value, hasValue)
	case labelText:
		r.cborText(c, &r.text, hasText)
	case labelBool:
		flag, ok := c.truth()
		r.flag = flag
		r.accept(ok, hasBool)
	case labelSum:
		r.cborNumber(c, &r.sum, hasSum)
	case labelTime:
		r.cborInstant(c, &r.time, hasTime)
	case labelData:
		c.skip()
		r.has |= hasData
	default: // the update time says nothing of the value
		c.skip()
	}
}

// accept notes that a label is present, or that its value is of the wrong type.
func (r *reader) accept(ok bool, p present) {
	if !ok {
		r.wrong(p)
		return
	}
	r.has |= p
}

func (r *reader) cborNumber(c *cursor, to *float64, p present) {
	f, ok := c.number()
	if ok {
		*to = f
	}
	r.accept(ok, p)
}

func (r *reader) cborText(c *cursor, to *string, p present) {
	s, ok := c.text()
	if ok {
		*to = s
	}
	r.accept(ok, p)
}

// cborInstant reads a time through its shortest decimal form, so that the
// double nearest to 1276020076.001 is that time to the millisecond.
func (r *reader) cborInstant(c *cursor, to *instant, p present) {
	f, ok := c.number()
	if ok {
		var at, res time.Duration
		var buf [32]byte
		if at, res, ok = wire.Seconds(wire.Text(strconv.AppendFloat(buf[:0], f, 'f', -1, 64))); ok {
			*to = instant{at, max(res, time.Nanosecond)}
		}
	}
	r.accept(ok, p)
}
