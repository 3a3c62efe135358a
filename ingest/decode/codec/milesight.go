package codec

import "rione/ingest/quantity"

// milesight reads the payloads of Milesight's sensors: channel, type and
// little-endian data. Channels that mean different things in different models
// stand in the model's own table.
//
// Source: Milesight IoT, "Payload Definition" of each model (SensorDecoders).
func milesight(model map[uint16]item) func([]byte, uint64, *sink) error {
	return func(data []byte, _ uint64, s *sink) error {
		return tlv(data, 2, le, func(key uint16) (item, bool) {
			if it, ok := model[key]; ok {
				return it, true
			}
			it, ok := milesightCommon[key]
			return it, ok
		}, s)
	}
}

var milesightCommon = map[uint16]item{
	0xff01: skip(1), 0xff09: skip(2), 0xff0a: skip(2), 0xff0b: skip(1), 0xff0f: skip(1),
	0xff16: skip(8), 0xfffe: skip(1), 0xffff: skip(2),

	0x0175: unsigned(1, 1, "battery_pct", 0),
	0x0367: signed(2, 10, "temp_c", 0),
	0x8367: {3, []part{{0, 2, true, 10, "temp_c", 0, "temp_c"}}}, // with an alarm
	0x0468: unsigned(1, 2, "rh_pct", 0),
	0x0500: other(1, "05_00"),

	0x057d: unsigned(2, 1, "co2_ppm", 0), // EM500-CO2
	0x0673: unsigned(2, 10, "press_hpa", 0),
	0x0382: unsigned(2, 1, "distance_m", quantity.Millimetre), // EM500-UDL
	0x0394: unsigned(4, 1, "lux", 0),                          // EM500-LGT
	0x0377: unsigned(2, 1, "level_m", quantity.Centimetre),    // EM500-SWL

	// WS302: the frequency weighting's letter, level, Leq, Lmax in 0.1 dB.
	0x055b: {7, []part{
		{1, 2, false, 10, "", 0, "laf_db"},
		{3, 2, false, 10, "laeq_db", 0, "laeq_db"},
		{5, 2, false, 10, "lamax_db", 0, "lamax_db"},
	}},
}

// am is the family of AM100 and AM300, ambience monitors.
var am = map[uint16]item{
	0x0500: other(1, "pir"),
	0x056a: other(2, "activity"),
	0x0665: {6, []part{{0, 2, false, 1, "lux", 0, "lux"}}}, // with visible and infrared parts
	0x06cb: other(1, "light_level"),
	0x077d: unsigned(2, 1, "co2_ppm", 0),
	0x087d: other(2, "tvoc"),
	0x08e6: other(2, "tvoc"),
	0x0973: unsigned(2, 10, "press_hpa", 0),
	0x0a7d: other(2, "hcho"),
	0x0b7d: unsigned(2, 1, "pm25_ugm3", 0),
	0x0c7d: unsigned(2, 1, "pm10_ugm3", 0),
	0x0d7d: unsigned(2, 100, "o3_ugm3", quantity.PartPerMillion),
	0x0e01: other(1, "buzzer"),
}

// em400 is the family of distance and fill-level sensors.
var em400 = map[uint16]item{
	0x0382: unsigned(2, 1, "distance_m", quantity.Millimetre),
	0x0482: unsigned(2, 1, "distance_m", quantity.Millimetre),
	0x8482: {3, []part{{0, 2, false, 1, "distance_m", quantity.Millimetre, "distance_m"}}}, // with an alarm
	0x0400: unsigned(1, 1, "tilted", 0),
	0x0500: unsigned(1, 1, "tilted", 0),
	0x8800: skip(1),
}
