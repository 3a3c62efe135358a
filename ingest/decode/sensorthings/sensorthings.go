// Package sensorthings decodes OGC SensorThings observations as they are
// published to v1.x/Observations or v1.x/Datastreams({id})/Observations.
//
// Specification: OGC 18-088, SensorThings API Part 1 (v1.1), section 14, "Create
// Observations via MQTT". The standard's own example misspells phenomenonTime;
// both are read.
//
// An observation says what it observes only if it carries its Datastream with
// unitOfMeasurement and ObservedProperty, or at least a name; otherwise a mapping
// of the route must say. One of a MultiDatastream has as many results as this has
// properties; a data array (section 13.2) has many observations of one datastream.
// The device is the Thing, else the Datastream. The time is phenomenonTime, of an
// interval its end, else resultTime.
package sensorthings

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/valyala/fastjson"

	"rione/ingest"
	"rione/ingest/decode/alias"
	"rione/ingest/decode/wire"
	"rione/ingest/quantity"
)

// Decoder decodes observations.
type Decoder struct {
	json       wire.Parser
	values     alias.Collector
	properties []property // of the datastream at hand
	several    bool       // it is a MultiDatastream, whose results are lists

	topic string
	out   *ingest.Readings
}

// property is one thing that a datastream observes.
type property struct {
	alias.Target
	ok bool // its figures are understood; why not was told
}

var _ ingest.Decoder = (*Decoder)(nil)

// New returns a decoder of observations.
func New() *Decoder { return &Decoder{} }

// Decode implements ingest.Decoder.
func (d *Decoder) Decode(m *ingest.Message, out *ingest.Readings) error {
	v, err := d.json.Parse(m.Payload)
	if err != nil {
		return err
	}
	d.topic, d.out = m.Topic, out
	list := []*fastjson.Value{v}
	if v.Type() == fastjson.TypeArray {
		list = v.GetArray()
	}
	for _, item := range list {
		if wire.IsObject(item) {
			d.observations(item)
		} else {
			wire.Refuse(out, ingest.Unparsable, "", "an observation is an object")
		}
	}
	return wire.Outcome(out)
}

// observations adds one observation, or those of a data array.
func (d *Decoder) observations(v *fastjson.Value) {
	stream := v.Get("MultiDatastream")
	if d.several = stream != nil; d.several {
		d.multi(stream)
	} else {
		stream = v.Get("Datastream")
		d.properties = append(d.properties[:0], d.property(stream.GetStringBytes("ObservedProperty", "name"), stream.GetStringBytes("name"), stream.Get("unitOfMeasurement")))
	}
	base := ingest.Reading{Device: d.device(stream)}
	if !v.Exists("dataArray") {
		d.observation(&base, v.GetStringBytes, v.Get("result"))
		return
	}
	places := map[string]string{}
	for i, name := range v.GetArray("components") {
		places[string(name.GetStringBytes())] = strconv.Itoa(i)
	}
	for _, row := range v.GetArray("dataArray") {
		one := base
		d.observation(&one, func(keys ...string) []byte { return row.GetStringBytes(places[keys[0]]) }, row.Get(places["result"]))
	}
}

// multi takes what a MultiDatastream observes, in the order of its results.
func (d *Decoder) multi(stream *fastjson.Value) {
	d.properties = d.properties[:0]
	units := stream.GetArray("unitOfMeasurements")
	for i, observed := range stream.GetArray("ObservedProperties") {
		var unit *fastjson.Value
		if i < len(units) {
			unit = units[i]
		}
		d.properties = append(d.properties, d.property(observed.GetStringBytes("name"), nil, unit))
	}
	if len(d.properties) == 0 {
		d.unobserved()
	}
}

// observation adds one observation, whose texts member returns: a result, or a
// list of one for each property.
func (d *Decoder) observation(base *ingest.Reading, member func(keys ...string) []byte, result *fastjson.Value) {
	if !setTime(base, member) {
		wire.Refuse(d.out, ingest.WrongType, "phenomenonTime", "a date and time, or an interval, is expected; the observation is left out")
		return
	}
	if result == nil {
		wire.Refuse(d.out, ingest.Empty, "result", "the observation has no result")
		return
	}
	results := []*fastjson.Value{result}
	if d.several {
		results = result.GetArray()
	}
	d.values.Reset()
	for i, p := range d.properties {
		if p.ok && i < len(results) && results[i].Type() != fastjson.TypeNull {
			d.values.Add(&d.json, "result", p.Target, results[i], d.out)
		}
	}
	d.values.Readings(base, d.out)
}

// property finds the field of what a datastream observes by its name, or by the
// datastream's own, and its unit.
func (d *Decoder) property(observed, named []byte, unit *fastjson.Value) property {
	t, ok := alias.Lookup(wire.Text(observed))
	if !ok || len(observed) == 0 {
		t, ok = alias.Lookup(wire.Text(named))
	}
	if !ok {
		d.unobserved()
		return property{}
	}
	symbol, u, known := unitOf(unit)
	switch {
	case symbol == "" && t.NeedsUnit:
		wire.Refuse(d.out, ingest.UnknownUnit, "unitOfMeasurement", "the property is measured in different units; the datastream must name its own")
		return property{}
	case symbol == "":
		return property{t, true}
	case !known:
		wire.RefuseUnit(d.out, "unitOfMeasurement", symbol)
		return property{}
	}
	t.Unit = u
	return property{t, true}
}

func (d *Decoder) unobserved() {
	wire.Refuse(d.out, ingest.UnknownField, "result", "nothing says what the datastream observes; a mapping of the route can")
}

// unitOf returns the unit that a datastream states, by its symbol or, where
// that is nobody's, its name; stated is "" where it states none.
func unitOf(unit *fastjson.Value) (stated string, u quantity.Unit, ok bool) {
	for _, key := range [...]string{"symbol", "name"} {
		text := string(unit.GetStringBytes(key))
		if u, ok = quantity.Parse(text); ok {
			return text, u, true
		}
		stated = cmp.Or(stated, text)
	}
	return stated, 0, false
}

// device returns Things(id) or Datastreams(id), the latter from the topic if
// need be.
func (d *Decoder) device(stream *fastjson.Value) string {
	if id := stream.Get("Thing", "@iot.id"); id != nil {
		return "Things(" + d.json.Raw(id) + ")"
	}
	if id := stream.Get("@iot.id"); id != nil && d.several {
		return "MultiDatastreams(" + d.json.Raw(id) + ")"
	} else if id != nil {
		return "Datastreams(" + d.json.Raw(id) + ")"
	}
	for level := range strings.SplitSeq(d.topic, "/") {
		if strings.HasPrefix(level, "Datastreams(") || strings.HasPrefix(level, "MultiDatastreams(") {
			return level
		}
	}
	return ""
}

// setTime takes the time from the first member that says it. It is false where
// members are there and none is understood.
func setTime(r *ingest.Reading, member func(keys ...string) []byte) bool {
	stated := false
	for _, key := range [...]string{"phenomenonTime", "phenonmenonTime", "resultTime"} {
		at := string(member(key))
		if _, end, interval := strings.Cut(at, "/"); interval {
			at = end
		}
		if at != "" && wire.SetTime(r, at) {
			return true
		}
		stated = stated || at != ""
	}
	return !stated
}
