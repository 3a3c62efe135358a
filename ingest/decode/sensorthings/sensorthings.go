// Package sensorthings decodes OGC SensorThings observations as they are
// published to v1.x/Observations or v1.x/Datastreams({id})/Observations.
//
// Specification: OGC 18-088, SensorThings API Part 1 (v1.1), section 14, "Create
// Observations via MQTT". The standard's own example misspells phenomenonTime;
// both are read.
//
// An observation says what it observes only if it carries its Datastream with
// unitOfMeasurement and ObservedProperty, or at least a name; otherwise a mapping
// of the route must say. The device is the Thing, else the Datastream. The time
// is phenomenonTime, of an interval its end, else resultTime.
package sensorthings

import (
	"cmp"
	"strings"

	"github.com/valyala/fastjson"

	"rione/ingest"
	"rione/ingest/decode/alias"
	"rione/ingest/decode/wire"
	"rione/ingest/quantity"
)

// Decoder decodes observations.
type Decoder struct{ json wire.Parser }

var _ ingest.Decoder = (*Decoder)(nil)

// New returns a decoder of observations.
func New() *Decoder { return &Decoder{} }

// Decode implements ingest.Decoder.
func (d *Decoder) Decode(m *ingest.Message, out *ingest.Readings) error {
	v, err := d.json.ParseObject(m.Payload)
	if err != nil {
		return err
	}
	stream := v.Get("Datastream")
	target, ok := d.property(stream)
	if !ok {
		return &ingest.Refusal{
			Reason: ingest.UnknownField, Field: "result",
			Detail: "nothing says what the datastream observes; a mapping of the route can",
		}
	}
	if symbol, unit, ok := unitOf(stream); symbol != "" {
		if target.Unit = unit; !ok {
			return wire.UnknownUnit("unitOfMeasurement", symbol)
		}
	} else if target.NeedsUnit {
		return &ingest.Refusal{Reason: ingest.UnknownUnit, Field: "unitOfMeasurement", Detail: "the property is measured in different units; the datastream must name its own"}
	}
	result := v.Get("result")
	if result == nil {
		return &ingest.Refusal{Reason: ingest.Empty, Field: "result", Detail: "the observation has no result"}
	}
	value, ok := alias.Value(&d.json, target.Field, result)
	if !ok {
		return &ingest.Refusal{Reason: ingest.WrongType, Field: "result", Detail: "the result is not of the property's type"}
	}
	value.Unit = target.Unit
	r := out.Next()
	r.Device = d.device(stream, m.Topic)
	if target.OfDevice {
		r.Measurement = wire.DeviceMeasurement
	}
	r.Values = append(r.Values, value)
	setTime(r, v)
	return nil
}

// unitOf returns the unit that a datastream states, by its symbol or, where
// that is nobody's, its name; stated is "" where it states none.
func unitOf(stream *fastjson.Value) (stated string, u quantity.Unit, ok bool) {
	for _, key := range [...]string{"symbol", "name"} {
		text := string(stream.GetStringBytes("unitOfMeasurement", key))
		if u, ok = quantity.Parse(text); ok {
			return text, u, true
		}
		stated = cmp.Or(stated, text)
	}
	return stated, 0, false
}

// property finds the field of what a datastream observes.
func (d *Decoder) property(stream *fastjson.Value) (alias.Target, bool) {
	for _, path := range [...][]string{{"ObservedProperty", "name"}, {"name"}} {
		if name := stream.GetStringBytes(path...); len(name) > 0 {
			if t, ok := alias.Lookup(wire.Text(name)); ok {
				return t, true
			}
		}
	}
	return alias.Target{}, false
}

// device returns Things(id) or Datastreams(id), the latter from the topic if
// need be.
func (d *Decoder) device(stream *fastjson.Value, topic string) string {
	if id := stream.Get("Thing", "@iot.id"); id != nil {
		return "Things(" + d.json.Raw(id) + ")"
	}
	if id := stream.Get("@iot.id"); id != nil {
		return "Datastreams(" + d.json.Raw(id) + ")"
	}
	for level := range strings.SplitSeq(topic, "/") {
		if strings.HasPrefix(level, "Datastreams(") {
			return level
		}
	}
	return ""
}

func setTime(r *ingest.Reading, v *fastjson.Value) {
	for _, key := range [...]string{"phenomenonTime", "phenonmenonTime", "resultTime"} {
		at := string(v.GetStringBytes(key))
		if _, end, interval := strings.Cut(at, "/"); interval {
			at = end
		}
		if at != "" && wire.SetTime(r, at) {
			return
		}
	}
}
