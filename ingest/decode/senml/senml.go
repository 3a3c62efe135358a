// Package senml decodes Sensor Measurement Lists (RFC 8428) in JSON and CBOR,
// with the secondary units of RFC 8798. It resolves base fields, times relative
// to now and sums, refuses what the RFC says must be refused, and gathers the
// records of one device, measurement, tags and time into one reading.
//
// How names become devices, measurements, tags and fields is said at the type
// name, in name.go. A sum of power_w, in watt seconds, is energy_kwh; other
// sums have no field.
package senml

import (
	"strings"
	"time"

	"github.com/fxamacker/cbor/v2"

	"rione/geo"
	"rione/ingest"
	"rione/ingest/decode/alias"
	"rione/ingest/decode/wire"
	"rione/ingest/quantity"
	"rione/ingest/schema"
)

// Decoder decodes SenML packs.
type Decoder struct {
	json    wire.Parser
	cbor    cbor.DecMode
	records []record
	base    base
	groups  map[group]int // place of the reading among those of out
	last    group         // the newest of them, and its place
	place   int

	m       *ingest.Message
	out     *ingest.Readings
	topic   wire.Topic
	measure *schema.Measurement
}

// group is what the values of one reading have in common.
type group struct {
	device, measurement, tags string
	time                      time.Duration
}

var _ ingest.Decoder = (*Decoder)(nil)

// New returns a decoder of both encodings.
func New() *Decoder { return &Decoder{groups: map[group]int{}, cbor: newCBOR()} }

// Decode implements ingest.Decoder. It tells CBOR from JSON by the first byte:
// CBOR arrays are of major type 4.
func (d *Decoder) Decode(m *ingest.Message, out *ingest.Readings) error {
	topic, err := wire.ParseTopic(m.Topic)
	if err != nil {
		return err
	}
	if len(m.Payload) > 0 && m.Payload[0]>>5 == 4 {
		return d.DecodeCBOR(m, topic, out)
	}
	v, err := d.json.Parse(m.Payload)
	if err != nil {
		return err
	}
	list, err := v.Array()
	if err != nil {
		return ingest.Refuse(ingest.Unparsable, "a SenML pack is an array of records")
	}
	return d.DecodeArray(m, topic, list, &d.json, out)
}

// pack resolves the records that were read and adds their readings to out.
func (d *Decoder) pack(m *ingest.Message, topic wire.Topic, out *ingest.Readings) error {
	clear(d.groups)
	d.base.reset()
	d.m, d.out, d.topic, d.measure = m, out, topic, topic.Measurement()
	for i := range d.records {
		r, err := d.base.resolve(&d.records[i])
		if err != nil {
			return err
		}
		if r.has&(hasValue|hasText|hasBool|hasData|hasSum) == 0 {
			continue // base fields alone
		}
		if err := d.add(&r); err != nil {
			return err
		}
	}
	return wire.Outcome(out)
}

// add puts one resolved record where it belongs.
func (d *Decoder) add(r *resolved) error {
	n := split(r.name, r.base, d.topic.Device)
	if d.topic.Device != "" {
		if n.device != "" && n.device != d.topic.Device {
			return ingest.Refuse(ingest.NotPermitted, "a record speaks for another device than the topic's")
		}
		n.device = d.topic.Device
	}
	if r.has&hasSum != 0 {
		d.addSum(r, n)
		if r.has&(hasValue|hasText|hasBool|hasData) == 0 {
			return nil
		}
	}
	var unit quantity.Unit
	if r.unit != "" {
		var ok bool
		if unit, ok = quantity.Parse(r.unit); !ok {
			wire.RefuseUnit(d.out, r.name, r.unit)
			return nil
		}
	}
	if n.field == "" {
		n.field = fieldOfUnit(r.unit)
	}
	if isPosition(n.field) && r.has&hasValue != 0 {
		d.position(r, n)
		return nil
	}
	f, m := d.find(&n, &unit)
	if f == nil {
		wire.Unknown(d.out, r.name)
		return nil
	}
	if !tagged(m, n.tags) {
		wire.Refuse(d.out, ingest.BadTag, r.name, "the measurement has no such tag")
		return nil
	}
	d.value(r, n, m, f, unit)
	return nil
}

// find returns the field that a name means and the measurement it goes to; a
// nil measurement is the default of a kind that is not known.
func (d *Decoder) find(n *name, unit *quantity.Unit) (*schema.Field, *schema.Measurement) {
	m := d.measure
	if n.measurement != "" {
		m = schema.Lookup(n.measurement)
	}
	target, ok := alias.Lookup(n.field)
	if !ok || target.NeedsUnit && *unit == 0 {
		return nil, nil
	}
	if *unit == 0 {
		*unit = target.Unit
	}
	switch {
	case target.OfDevice && n.measurement == "":
		return target.Field, schema.Lookup(wire.DeviceMeasurement)
	case m == nil:
		return target.Field, nil
	}
	return m.Field(target.Field.Name), m
}

// tagged tells whether a measurement has all the tags of a name.
func tagged(m *schema.Measurement, tags string) bool {
	for part := range strings.SplitSeq(tags, ",") {
		name, _, ok := strings.Cut(part, "=")
		if part != "" && (!ok || wire.Tag(m, name) == nil) {
			return false
		}
	}
	return true
}

func (d *Decoder) value(r *resolved, n name, m *schema.Measurement, f *schema.Field, unit quantity.Unit) {
	v := ingest.Value{Field: f.Name, Unit: unit}
	switch {
	case r.has&hasValue != 0:
		v.Num = r.value
	case r.has&hasBool != 0 && f.Role == schema.State:
		v.Kind = ingest.Bool
		if r.flag {
			v.Num = 1
		}
	case r.has&hasText != 0 && (f.Type == schema.Text || !wire.NotANumber(r.text)):
		v.Kind, v.Text = ingest.Text, strings.Clone(r.text)
	default:
		wire.Refuse(d.out, ingest.WrongType, r.name, "the value is not of the field's type")
		return
	}
	reading := d.reading(r, n, m)
	reading.Values = append(reading.Values, v)
}

// addSum keeps the one sum that a field exists for. A sum is in the record's
// unit times seconds.
func (d *Decoder) addSum(r *resolved, n name) {
	if n.field != "power_w" || (r.unit != "" && r.unit != "W") {
		wire.Unknown(d.out, r.name+" (sum)")
		return
	}
	n.field = "energy_kwh"
	unit := quantity.Joule
	f, m := d.find(&n, &unit)
	if f == nil {
		wire.Unknown(d.out, r.name+" (sum)")
		return
	}
	reading := d.reading(r, n, m)
	reading.Number(f.Name, r.sum, quantity.Joule)
}

func (d *Decoder) position(r *resolved, n name) {
	reading := d.reading(r, n, d.measure)
	if reading.Position == nil {
		reading.Position = new(geo.Point)
	}
	if n.field == "lat" {
		reading.Position.Lat = r.value
	} else {
		reading.Position.Lon = r.value
	}
}

// reading returns the reading that a record belongs to, a new one if it is the
// first of its group.
func (d *Decoder) reading(r *resolved, n name, m *schema.Measurement) *ingest.Reading {
	g := group{device: n.device, tags: n.tags, time: r.time.at}
	if m != nil {
		g.measurement = m.Name
	}
	if g == d.last && len(d.groups) > 0 {
		return &d.out.All()[d.place]
	}
	if i, ok := d.groups[g]; ok {
		return &d.out.All()[i]
	}
	g.device, g.tags = d.keep(n.device), strings.Clone(n.tags)
	d.place = len(d.out.All())
	d.groups[g], d.last = d.place, g
	out := d.out.Next()
	out.Device, out.Measurement = g.device, g.measurement
	d.setTime(out, r)
	for part := range strings.SplitSeq(g.tags, ",") {
		if tag, value, ok := strings.Cut(part, "="); ok {
			out.Tags = append(out.Tags, ingest.Tag{Name: tag, Value: value})
		}
	}
	return out
}

// keep returns a device that outlives the parser's memory.
func (d *Decoder) keep(device string) string {
	if device == d.topic.Device {
		return d.topic.Device
	}
	return strings.Clone(device)
}

// setTime resolves times relative to now, which is when the message was
// received. A record whose time is now itself has no time of its own.
func (d *Decoder) setTime(out *ingest.Reading, r *resolved) {
	switch at := r.time.at; {
	case at == 0:
	case at >= relative:
		out.Time, out.Resolution = time.Unix(0, int64(at)).UTC(), r.time.resolution
	case !d.m.Received.IsZero():
		out.Time, out.Resolution = d.m.Received.Add(at), r.time.resolution
	}
}

// fieldOfUnit names the field of a record that has only a device for a name,
// where its unit leaves no doubt.
func fieldOfUnit(unit string) string {
	switch unit {
	case "Cel", "K":
		return "temp_c"
	case "%RH":
		return "rh_pct"
	case "%EL":
		return "battery_pct"
	case "lat", "lon":
		return unit
	}
	return ""
}
