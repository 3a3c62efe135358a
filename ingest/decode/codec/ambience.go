package codec

import (
	"maps"

	"rione/ingest/quantity"
)

// with returns a family's table with what a model has of its own.
func with(family map[uint16]item, key uint16, it item) map[uint16]item {
	out := maps.Clone(family)
	out[key] = it
	return out
}

// am10 is the family of AM102 to AM107, ambience monitors of Milesight.
var am10 = map[uint16]item{
	0x056a: other(2, "activity"),
	0x0665: {size: 6, parts: []part{{0, 2, false, 1, "lux", 0, "lux", nil}}}, // with visible and infrared parts
	0x077d: carbon,
	0x087d: other(2, "tvoc"),
	0x0973: pressure,
}

var (
	am102 = with(am10, 0x20ce, history(temperature, humidity))
	am103 = with(am10, 0x20ce, history(temperature, humidity, carbon))
)

// am30 is the family of AM307, AM308 and AM319. The second kind of history has
// organic compounds in another unit.
var am30 = map[uint16]item{
	0x0500: other(1, "pir"),
	0x06cb: other(1, "light_level"),
	0x077d: carbon,
	0x087d: other(2, "tvoc"),
	0x08e6: other(2, "tvoc"),
	0x0973: pressure,
	0x0a7d: other(2, "hcho"),
	0x0b7d: fine,
	0x0c7d: coarse,
	0x0d7d: ozone,
	0x0e01: other(1, "buzzer"),
}

var (
	fine   = unsigned(2, 1, "pm25_ugm3", 0)
	coarse = unsigned(2, 1, "pm10_ugm3", 0)
	ozone  = unsigned(2, 100, "o3_ugm3", quantity.PartPerMillion)

	am307 = am30with()
	am308 = am30with(fine, coarse)
	am319 = am30with(fine, coarse, skip(2)) // formaldehyde, or ozone in another variant
)

// am30with returns the table of a model whose histories end in more figures.
func am30with(more ...item) map[uint16]item {
	past := history(append([]item{
		temperature, unsigned(2, 2, "rh_pct", 0), skip(2), carbon, skip(2), pressure,
	}, more...)...)
	return with(with(am30, 0x20ce, past), 0x21ce, past)
}
