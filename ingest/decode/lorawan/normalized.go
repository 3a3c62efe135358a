package lorawan

import (
	"slices"

	"github.com/valyala/fastjson"

	"rione/ingest"
	"rione/ingest/decode/alias"
	"rione/ingest/decode/wire"
	"rione/ingest/quantity"
)

// normalized lists the members of a normalized payload that have a field, with
// the units of its schema: The Things Stack, "Payload Formatters", normalized
// payload (lorawan-devices, lib/payload.json). Pressure is in hPa, battery in V.
var normalized = [...]struct {
	group, key, field string
	unit              quantity.Unit
}{
	{"air", "temperature", "temp_c", 0},
	{"air", "relativeHumidity", "rh_pct", 0},
	{"air", "pressure", "press_hpa", 0},
	{"air", "co2", "co2_ppm", 0},
	{"air", "lightIntensity", "lux", 0},
	{"wind", "speed", "wind_ms", 0},
	{"wind", "direction", "wind_deg", 0},
	{"", "battery", "battery_v", 0},
}

// normalizedValues adds the values of a normalized payload. A measurement that
// says its time is a reading of its own; of several that do not, the first
// counts.
func (b *Builder) normalizedValues(p *wire.Parser, list []*fastjson.Value, out *ingest.Readings) {
	for _, v := range list {
		at := wire.Text(v.GetStringBytes("time"))
		if at == "" {
			collect(&b.values, p, v, out)
			continue
		}
		var own ingest.Reading
		if !wire.SetTime(&own, at) || own.Time.IsZero() {
			wire.Refuse(out, ingest.WrongType, "time", "a date and time with an offset is expected; the measurement is left out")
			continue
		}
		b.timed.Reset()
		collect(&b.timed, p, v, out)
		own.Position = b.timed.Position()
		if own.Values = slices.Clone(b.timed.Main); len(own.Values) > 0 || len(b.timed.Device) == 0 {
			b.past = append(b.past, own)
		}
		if own.Measurement, own.Values = wire.DeviceMeasurement, slices.Clone(b.timed.Device); len(own.Values) > 0 {
			b.past = append(b.past, own)
		}
	}
}

// collect adds the members of one measurement that have a field.
func collect(to *alias.Collector, p *wire.Parser, v *fastjson.Value, out *ingest.Readings) {
	for _, n := range normalized {
		member := v.Get(n.key)
		if n.group != "" {
			member = v.Get(n.group, n.key)
		}
		if member == nil {
			continue
		}
		target, _ := alias.Lookup(n.field)
		target.Unit = n.unit
		to.Add(p, n.key, target, member, out)
	}
	if at := v.Get("position"); wire.IsObject(at) {
		to.Member(p, "position", at, out)
	}
}
