// Package native decodes what rione's own devices publish on
// sc/v1/{comune}/{kind}/{device_id}/{up|state|meta|event}: flat JSON with
// canonical field names, backlogs of it, and SenML in JSON or CBOR, told apart
// by the first byte. The format is rione's contract of data; SenML is RFC 8428.
//
//	{"ts": 1763791200123, "seq": 17, "temp_c": 21.4,
//	 "wifi_radio": [{"band": "5g", "radio": "1", "clients": 12}]}
//
// Members: ts is Unix time in s, ms, µs or ns, or RFC 3339; seq counts the
// device's messages; device_id, where it stands, agrees with the topic; lat and
// lon are where a moving device is. A member with a measurement's name holds
// that measurement's values and tags, one object or an array of them. What is
// beside that a field or a tag of the kind's measurement, or a field that every
// device has (battery_pct), is a value; anything else is listed as unknown.
package native

import (
	"strings"

	"github.com/valyala/fastjson"

	"rione/ingest"
	"rione/ingest/decode/senml"
	"rione/ingest/decode/wire"
	"rione/ingest/schema"
)

// Decoder decodes native messages. It allocates nothing in steady state for
// flat JSON with numbers.
type Decoder struct {
	json  wire.Parser
	senml *senml.Decoder

	topic   wire.Topic
	measure *schema.Measurement // nil where the kind is not known
	out     *ingest.Readings
	reading *ingest.Reading // the reading that members go to
	own     []ingest.Value  // values of the measurement device, until their turn
	nested  []nested        // members that name a measurement, until their turn
	err     error           // refuses the object at hand
	seen    [16]memo        // fields by their place in the object
	place   int             // of the next member
	visit   func(key []byte, v *fastjson.Value)
}

// memo is the field that the last object had at a place. Devices send the same
// members in the same order, so that most look-ups are one comparison.
type memo struct {
	measure *schema.Measurement
	field   *schema.Field
}

type nested struct {
	measure *schema.Measurement
	value   *fastjson.Value
}

var _ ingest.Decoder = (*Decoder)(nil)

// New returns a decoder of native messages.
func New() *Decoder {
	d := &Decoder{senml: senml.New()}
	d.visit = func(key []byte, v *fastjson.Value) { d.member(wire.Text(key), v) }
	return d
}

// Decode implements ingest.Decoder.
func (d *Decoder) Decode(m *ingest.Message, out *ingest.Readings) error {
	topic, err := wire.ParseTopic(m.Topic)
	if err != nil {
		return err
	}
	if len(m.Payload) > 0 && m.Payload[0]>>5 == 4 {
		return d.senml.DecodeCBOR(m, topic, out)
	}
	v, err := d.json.Parse(m.Payload)
	if err != nil {
		return err
	}
	d.topic, d.measure, d.out = topic, measureOf(topic), out
	switch v.Type() {
	case fastjson.TypeObject:
		err = d.object(v.GetObject())
	case fastjson.TypeArray:
		return d.array(m, v.GetArray())
	default:
		return ingest.Refuse(ingest.Unparsable, "a JSON object or array is expected")
	}
	if err != nil {
		return err
	}
	return wire.Outcome(out)
}

// measureOf returns the measurement of flat objects. Of the kinds that have two,
// spaces and car parks, probes of reachability and of capacity, the fields say
// which it is, and the processor decides: it is nil then.
func measureOf(t wire.Topic) *schema.Measurement {
	if t.Leaf == "up" && (t.Kind == "parking" || t.Kind == "bb_probe") {
		return nil
	}
	return t.Measurement()
}

// array decodes a SenML pack, or a backlog of flat objects.
func (d *Decoder) array(m *ingest.Message, list []*fastjson.Value) error {
	if len(list) > 0 && senml.Looks(list[0]) {
		return d.senml.DecodeArray(m, d.topic, list, &d.json, d.out)
	}
	for _, v := range list {
		o, err := v.Object()
		if err != nil {
			wire.Refuse(d.out, ingest.WrongType, "", "an element of a backlog is no object")
			continue
		}
		if err := d.object(o); err != nil {
			return err
		}
	}
	return wire.Outcome(d.out)
}

// object decodes one flat object into a reading of the default measurement,
// one of the measurement device and one for each nested object.
func (d *Decoder) object(o *fastjson.Object) error {
	if d.topic.Leaf == "meta" {
		return d.birth(o)
	}
	d.own, d.nested, d.err, d.place = d.own[:0], d.nested[:0], nil, 0
	d.reading = d.out.Next()
	d.reading.Device = d.topic.Device
	if d.measure != nil {
		d.reading.Measurement = d.measure.Name
	}
	o.Visit(d.visit)
	if d.err != nil {
		d.out.Drop()
		return d.err
	}
	if d.topic.Leaf == "event" && len(d.reading.Tags) == 0 {
		d.reading.Tags = append(d.reading.Tags, ingest.Tag{Name: "type", Value: "alarm"})
	}
	first := *d.reading // of which the others are siblings
	if len(first.Values) == 0 && first.Position == nil {
		d.out.Drop()
	}
	if len(d.own) > 0 {
		r := d.sibling(&first, wire.DeviceMeasurement)
		r.Values = append(r.Values, d.own...)
	}
	for _, n := range d.nested {
		d.unnest(&first, n)
	}
	return nil
}

// sibling adds a reading of the same device and time.
func (d *Decoder) sibling(first *ingest.Reading, measurement string) *ingest.Reading {
	r := d.out.Next()
	r.Device, r.Measurement = first.Device, measurement
	r.Time, r.LocalTime, r.Resolution = first.Time, first.LocalTime, first.Resolution
	r.Seq, r.HasSeq, r.Position = first.Seq, first.HasSeq, first.Position
	return r
}

// member puts one member of a flat object where it belongs.
func (d *Decoder) member(key string, v *fastjson.Value) {
	if d.err != nil || v.Type() == fastjson.TypeNull {
		return
	}
	switch key {
	case "ts":
		d.time(v)
		return
	case "seq":
		d.sequence(v)
		return
	case "device_id":
		d.device(v)
		return
	case "lat", "lon":
		d.position(key, v)
		return
	}
	if f := d.field(key); f != nil {
		d.reading.Values = d.value(d.reading.Values, f, v)
	} else if t := wire.Tag(d.measure, key); t != nil {
		d.reading.Tags = d.tag(d.reading.Tags, t, v)
	} else if f := wire.DeviceField(key); f != nil {
		d.own = d.value(d.own, f, v)
	} else if m := schema.Lookup(key); m != nil && wire.OfDevices(m) {
		d.nested = append(d.nested, nested{m, v})
	} else {
		wire.Unknown(d.out, key)
	}
}

// field returns the field of that name in the measurement at hand.
func (d *Decoder) field(key string) *schema.Field {
	m := &d.seen[d.place%len(d.seen)]
	d.place++
	if m.field != nil && m.measure == d.measure && m.field.Name == key {
		return m.field
	}
	f := wire.Field(d.measure, key)
	if f != nil {
		*m = memo{d.measure, f}
	}
	return f
}

func (d *Decoder) time(v *fastjson.Value) {
	if !wire.SetTime(d.reading, d.json.Raw(v)) {
		d.err = &ingest.Refusal{
			Reason: ingest.WrongType, Field: "ts",
			Detail: "ts is Unix time in s, ms, µs or ns, or RFC 3339",
		}
	}
}

func (d *Decoder) sequence(v *fastjson.Value) {
	n, ok := d.json.Uint(v)
	if !ok {
		wire.Refuse(d.out, ingest.WrongType, "seq", "a whole number from 0 is expected")
		return
	}
	d.reading.Seq, d.reading.HasSeq = n, true
}

func (d *Decoder) device(v *fastjson.Value) {
	id := wire.Text(v.GetStringBytes())
	switch {
	case d.topic.Device == "":
		d.reading.Device = strings.Clone(id)
	case id != d.topic.Device:
		d.err = &ingest.Refusal{
			Reason: ingest.NotPermitted, Field: "device_id",
			Detail: "the payload speaks for another device than the topic's",
		}
	}
}
