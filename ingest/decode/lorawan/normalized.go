package lorawan

import (
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

// normalizedValues adds the values of a normalized payload. Several
// measurements in one uplink are of different times that it need not tell; the
// first counts.
func (b *Builder) normalizedValues(p *wire.Parser, list []*fastjson.Value, out *ingest.Readings) {
	for _, v := range list {
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
			b.values.Add(p, n.key, target, member, out)
		}
	}
}
