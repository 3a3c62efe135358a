package native

import (
	"strings"

	"github.com/valyala/fastjson"

	"rione/geo"
	"rione/ingest"
	"rione/ingest/decode/wire"
)

// birth turns a birth certificate (model, firmware, interval and a GeoJSON
// Point) into an event of type birth. The contract leaves open how its members
// are called, so the names in use are taken.
func (d *Decoder) birth(o *fastjson.Object) error {
	r := d.out.Next()
	r.Device, r.Measurement = d.topic.Device, "event"
	r.Tags = append(r.Tags, ingest.Tag{Name: "type", Value: "birth"})
	for _, key := range [...]string{"location", "position", "geometry", "point"} {
		if r.Position == nil {
			r.Position = point(o.Get(key))
		}
	}
	var text []string
	for _, key := range [...]string{"model", "firmware", "interval_s", "interval"} {
		if v := o.Get(key); v != nil && (v.Type() == fastjson.TypeString || v.Type() == fastjson.TypeNumber) {
			text = append(text, key+" "+d.json.Raw(v))
		}
	}
	if v := o.Get("ts"); v != nil && !wire.SetTime(r, d.json.Raw(v)) {
		wire.Refuse(d.out, ingest.WrongType, "ts", "ts is Unix time or RFC 3339")
	}
	if len(text) == 0 && r.Position == nil {
		d.out.Drop()
		return nil
	}
	r.Number("state", 1, 0)
	r.Values = append(r.Values, ingest.Value{Field: "text", Kind: ingest.Text, Text: strings.Join(text, ", ")})
	return nil
}

// point returns the position of a GeoJSON Point (RFC 7946: longitude first).
func point(v *fastjson.Value) *geo.Point {
	if v == nil || string(v.GetStringBytes("type")) != "Point" {
		return nil
	}
	c := v.GetArray("coordinates")
	if len(c) < 2 || c[0].Type() != fastjson.TypeNumber || c[1].Type() != fastjson.TypeNumber {
		return nil
	}
	return &geo.Point{Lat: c[1].GetFloat64(), Lon: c[0].GetFloat64()}
}
