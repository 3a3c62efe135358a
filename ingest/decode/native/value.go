package native

import (
	"strings"

	"github.com/valyala/fastjson"

	"rione/geo"
	"rione/ingest"
	"rione/ingest/decode/wire"
	"rione/ingest/schema"
)

// value appends the value of a field, or lists the field as refused.
func (d *Decoder) value(to []ingest.Value, f *schema.Field, v *fastjson.Value) []ingest.Value {
	switch v.Type() {
	case fastjson.TypeNumber:
		if f.Type == schema.Text {
			return append(to, ingest.Value{Field: f.Name, Kind: ingest.Text, Text: strings.Clone(d.json.Raw(v))})
		}
		if n, ok := d.json.Float(v); ok {
			return append(to, ingest.Value{Field: f.Name, Num: n})
		}
		return d.refuse(to, f.Name, "not a finite number")
	case fastjson.TypeString:
		text := wire.Text(v.GetStringBytes())
		if f.Type != schema.Text && (text == "" || wire.NotANumber(text)) {
			return d.refuse(to, f.Name, "not a finite number")
		}
		return append(to, ingest.Value{Field: f.Name, Kind: ingest.Text, Text: strings.Clone(text)})
	case fastjson.TypeTrue, fastjson.TypeFalse:
		if f.Role != schema.State {
			return d.refuse(to, f.Name, "true and false are for states; this is a quantity")
		}
		n := 0.0
		if v.Type() == fastjson.TypeTrue {
			n = 1
		}
		return append(to, ingest.Value{Field: f.Name, Kind: ingest.Bool, Num: n})
	case fastjson.TypeNull:
		return to
	}
	return d.refuse(to, f.Name, "a single value is expected")
}

func (d *Decoder) refuse(to []ingest.Value, field, detail string) []ingest.Value {
	wire.Refuse(d.out, ingest.WrongType, field, detail)
	return to
}

// tag appends an extra tag. A number is taken as it is written.
func (d *Decoder) tag(to []ingest.Tag, t *schema.Tag, v *fastjson.Value) []ingest.Tag {
	switch v.Type() {
	case fastjson.TypeString, fastjson.TypeNumber:
		return append(to, ingest.Tag{Name: t.Name, Value: listed(t, d.json.Raw(v))})
	}
	wire.Refuse(d.out, ingest.BadTag, t.Name, "a tag is a text")
	return to
}

// listed returns text as the schema's own string where the tag has a closed
// list, else a copy.
func listed(t *schema.Tag, text string) string {
	for _, v := range t.Values {
		if v == text {
			return v
		}
	}
	return strings.Clone(text)
}

// unnest decodes the objects of a member that names a measurement.
func (d *Decoder) unnest(first *ingest.Reading, n nested) {
	list := n.value.GetArray()
	if n.value.Type() == fastjson.TypeObject {
		d.unnestOne(first, n.measure, n.value.GetObject())
		return
	}
	if n.value.Type() != fastjson.TypeArray {
		wire.Refuse(d.out, ingest.WrongType, n.measure.Name, "an array of objects is expected")
	}
	for _, v := range list {
		if o, err := v.Object(); err == nil {
			d.unnestOne(first, n.measure, o)
		} else {
			wire.Refuse(d.out, ingest.WrongType, n.measure.Name, "an array of objects is expected")
		}
	}
}

func (d *Decoder) unnestOne(first *ingest.Reading, m *schema.Measurement, o *fastjson.Object) {
	r := d.sibling(first, m.Name)
	o.Visit(func(key []byte, v *fastjson.Value) {
		name := wire.Text(key)
		if f := m.Field(name); f != nil {
			r.Values = d.value(r.Values, f, v)
		} else if t := m.Tag(name); t != nil {
			r.Tags = d.tag(r.Tags, t, v)
		} else {
			wire.Unknown(d.out, m.Name+"."+name)
		}
	})
	if len(r.Values) == 0 {
		d.out.Drop()
	}
}

func (d *Decoder) position(key string, v *fastjson.Value) {
	degrees, ok := d.json.Float(v)
	if !ok {
		wire.Refuse(d.out, ingest.WrongType, key, "degrees are expected")
		return
	}
	if d.reading.Position == nil {
		d.reading.Position = new(geo.Point)
	}
	if key == "lat" {
		d.reading.Position.Lat = degrees
	} else {
		d.reading.Position.Lon = degrees
	}
}
