package codec

import "rione/ingest/quantity"

// elsys reads the payloads of all of Elsys' sensors: a type and big-endian data.
// The two highest bits of a type tell how many bytes of an offset in time stand
// before the data; such values are of the past and of no certain time, so they
// are listed.
//
// Source: Elsys, "Payload: sensor types".
func elsys(data []byte, _ uint64, s *sink) error {
	return tlv(data, 1, be, elsysItem, s)
}

const elsysType = 0x3f // the type without the size of the offset

func elsysItem(key uint16) (item, bool) {
	it, ok := elsysTypes[key&elsysType]
	offset := [...]int{0, 1, 2, 4}[key>>6]
	if ok && offset > 0 && !it.last && it.sized == nil {
		return other(offset+it.size, "history"), true
	}
	return it, ok && offset == 0
}

var elsysTypes = map[uint16]item{
	0x01: signed16(10, "temp_c", 0),
	0x02: unsigned(1, 1, "rh_pct", 0),
	0x03: other(3, "acceleration"),
	0x04: unsigned(2, 1, "lux", 0),
	0x05: other(1, "motion"),
	0x06: unsigned(2, 1, "co2_ppm", 0),
	0x07: unsigned(2, 1, "battery_v", quantity.Millivolt),
	0x08: other(2, "analog1"),
	0x09: other(6, "gps"),
	0x0a: other(2, "pulse1"),
	0x0b: other(4, "pulse1_abs"),
	0x0c: other(2, "external_temperature"),
	0x0d: other(1, "digital"),
	0x0e: unsigned(2, 1, "distance_m", quantity.Millimetre).without(0xffff), // no sensor of theirs sees 65 m
	0x0f: other(1, "acceleration_motion"),
	0x10: other(4, "ir_temperature"),
	0x11: unsigned(1, 2, "occupied", 0).without(1), // 2 is taken, 1 somebody comes or goes
	0x12: other(1, "water_leak"),
	0x13: other(65, "grid_eye"),
	0x14: unsigned(4, 1000, "press_hpa", 0),
	0x15: other(2, "sound"), // peak and mean, not A-weighted energy
	0x16: other(2, "pulse2"),
	0x17: other(4, "pulse2_abs"),
	0x18: other(2, "analog2"),
	0x19: other(2, "external_temperature2"),
	0x1a: other(1, "digital2"),
	0x1b: other(4, "external_analog"),
	0x1c: other(2, "tvoc"),
	0x1d: other(1, "iaq"),
	0x1e: other(1, "bool"),
	0x1f: other(1, "int8"),
	0x20: other(2, "int16"),
	0x21: skip(1), // what the display shows
	0x22: other(2, "setpoint"),
	0x23: other(1, "fan_speed"),
	0x24: other(1, "external_humidity"),
	0x3b: {sized: func(rest []byte) int { // any bytes, after their number
		if len(rest) == 0 {
			return 1
		}
		return 1 + int(rest[0])
	}},
	0x3c: skip(4), // checksum
	0x3d: skip(4), // for the maker
	0x3e: {last: true},
}
