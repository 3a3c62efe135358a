package mapping

import (
	"math"
	"strings"

	"github.com/valyala/fastjson"

	"rione/geo"
	"rione/ingest"
	"rione/ingest/decode/alias"
	"rione/ingest/decode/wire"
)

type decoder struct {
	mapping *Mapping
	json    wire.Parser
}

// Decode implements ingest.Decoder.
func (d *decoder) Decode(m *ingest.Message, out *ingest.Readings) error {
	root, err := d.json.Parse(m.Payload)
	if err != nil {
		return err
	}
	for i := range d.mapping.readings {
		r := &d.mapping.readings[i]
		if !r.each.set {
			d.one(r, root, root, out)
			continue
		}
		for _, element := range r.each.of(root).GetArray() {
			d.one(r, root, element, out)
		}
	}
	return wire.Outcome(out)
}

// one adds the reading that r finds in v, a message or an element of it.
func (d *decoder) one(r *reading, root, v *fastjson.Value, out *ingest.Readings) {
	next := out.Next()
	if !d.locate(next, r, root, v, out) {
		out.Drop()
		return
	}
	if r.measurement != nil {
		next.Measurement = r.measurement.Name
	}
	for i := range r.tags {
		d.tag(next, &r.tags[i], v)
	}
	for i := range r.fields {
		d.field(next, &r.fields[i], v, out)
	}
	if len(next.Values) == 0 && next.Position == nil {
		out.Drop()
	}
}

// locate sets device, time, sequence and position. It is false for a time that
// is not understood: the reading must not get the time of its receipt.
func (d *decoder) locate(r *ingest.Reading, by *reading, root, v *fastjson.Value, out *ingest.Readings) bool {
	find := func(own, common *path) *fastjson.Value {
		if found := own.of(v); found != nil {
			return found
		}
		return common.of(root)
	}
	common := &d.mapping.where
	if id := find(&by.device, &common.device); id != nil {
		r.Device = d.text(id)
	}
	if at := find(&by.time, &common.time); at != nil && !wire.SetTime(r, d.json.Raw(at)) {
		wire.Refuse(out, ingest.WrongType, "time", "Unix time or a date is expected; the reading is left out")
		return false
	}
	if n, ok := d.json.Uint(find(&by.seq, &common.seq)); ok {
		r.Seq, r.HasSeq = n, true
	}
	lat, ok1 := d.json.Loose(by.lat.of(v))
	lon, ok2 := d.json.Loose(by.lon.of(v))
	if ok1 && ok2 {
		r.Position = &geo.Point{Lat: lat, Lon: lon}
	}
	return true
}

// text returns a copy of a text or a literal, "" for what is neither.
func (d *decoder) text(v *fastjson.Value) string {
	if v.Type() == fastjson.TypeObject || v.Type() == fastjson.TypeArray {
		return ""
	}
	return strings.Clone(d.json.Raw(v))
}

func (d *decoder) tag(r *ingest.Reading, t *tag, v *fastjson.Value) {
	value := t.constant
	if found := t.path.of(v); found != nil {
		value = d.text(found)
	}
	if value != "" {
		r.Tags = append(r.Tags, ingest.Tag{Name: t.name, Value: value})
	}
}

func (d *decoder) field(r *ingest.Reading, f *field, v *fastjson.Value, out *ingest.Readings) {
	found := f.path.of(v)
	if found == nil {
		return
	}
	value := ingest.Value{Field: f.Name}
	var ok bool
	if f.values != nil {
		value.Num, ok = f.values[d.text(found)]
	} else {
		value, ok = alias.Value(&d.json, f.Field, found)
	}
	value.Num, value.Unit = value.Num*f.scale+f.offset, f.unit
	if !ok || math.IsInf(value.Num, 0) {
		wire.Refuse(out, ingest.WrongType, f.path.text, "the value is not of the field's type, or none of those that the mapping lists")
		return
	}
	r.Values = append(r.Values, value)
}
