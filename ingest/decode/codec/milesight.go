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
	0xff16: skip(8), 0xff1f: skip(4), 0xfffe: skip(1), 0xffff: skip(2),

	0x0175: unsigned(1, 1, "battery_pct", 0),
	0x0367: signed(2, 10, "temp_c", 0),
	0x8367: {3, []part{{0, 2, true, 10, "temp_c", 0, "temp_c"}}}, // with an alarm
	0x83d7: {5, []part{{0, 2, true, 10, "temp_c", 0, "temp_c"}}}, // with its change and an alarm
	0x0468: unsigned(1, 2, "rh_pct", 0),
	0x0500: other(1, "05_00"), // leak, door or input, by model

	0x057d: unsigned(2, 1, "co2_ppm", 0), // EM500-CO2
	0x0673: unsigned(2, 10, "press_hpa", 0),
	0x0382: unsigned(2, 1, "distance_m", quantity.Millimetre), // EM500-UDL
	0x0394: unsigned(4, 1, "lux", 0),                          // EM500-LGT
	0x0377: unsigned(2, 1, "level_m", quantity.Centimetre),    // EM500-SWL

	0x037b: other(2, "pipe_pressure"), // EM500-PP, kPa
	0x04d6: other(1, "remaining_pct"), // WS201

	// EM300-DI: pulses, or the water that they stand for.
	0x8500: other(2, "input"),
	0x05c8: other(4, "pulses"), 0x05e1: other(8, "water"), 0x85e1: other(9, "water"),

	// EM310-TILT, EM320-TILT: three angles and what they exceed.
	0x03cf: other(7, "angles"),

	// WS302: the frequency weighting's letter, level, Leq, Lmax in 0.1 dB.
	0x055b: {7, []part{
		{1, 2, false, 10, "", 0, "laf_db"},
		{3, 2, false, 10, "laeq_db", 0, "laeq_db"},
		{5, 2, false, 10, "lamax_db", 0, "lamax_db"},
	}},
}

// history is a value of an earlier time that a device sends when it was not
// heard. Its length is the model's. A reading has one time, so it is listed.
func history(size int) item { return other(size, "history") }

// Models that are the common table and a history.
var (
	em300 = map[uint16]item{0x20ce: history(8)}
	em30d = map[uint16]item{0x20ce: history(13), 0x21ce: history(18)}
	pt100 = map[uint16]item{0x20ce: history(6)}
	co2   = map[uint16]item{0x20ce: history(11)}
)

// smt is EM500-SMT, which measures soil: neither its warmth nor its moisture is
// the air's.
var smt = map[uint16]item{
	0x0367: other(2, "soil_temperature"),
	0x0468: other(1, "soil_moisture"),
	0x04ca: other(2, "soil_moisture"),
	0x057f: other(2, "soil_conductivity"),
}

// vs is the family of VS132 and VS133, people counters: totals since the
// installation, then counts of the period for up to four lines. The first
// line's are kept; others need a series of their own.
var vs = map[uint16]item{
	0x03d2: other(4, "total_in"), 0x04d2: other(4, "total_out"),
	0x05cc: {4, []part{{0, 2, false, 1, "in_n", 0, "in_n"}, {2, 2, false, 1, "out_n", 0, "out_n"}}},
	0x06d2: other(4, "line_2"), 0x07d2: other(4, "line_2"), 0x08cc: other(4, "line_2"),
	0x09d2: other(4, "line_3"), 0x0ad2: other(4, "line_3"), 0x0bcc: other(4, "line_3"),
	0x0cd2: other(4, "line_4"), 0x0dd2: other(4, "line_4"), 0x0ecc: other(4, "line_4"),
	0x0fe3: other(4, "regions"), 0x10e4: other(5, "dwell"),
}

// ws52 is the family of sockets that meter.
var ws52 = map[uint16]item{
	0x0374: other(2, "mains_voltage"),
	0x0480: unsigned(4, 1, "power_w", 0),
	0x0581: other(1, "power_factor"),
	0x0683: unsigned(4, 1, "energy_kwh", quantity.WattHour),
	0x07c9: other(2, "current"),
	0x0870: other(1, "socket"),
}

// em410 is the radar, whose distance may be below zero near the sensor. What it
// sends of an exception is no distance.
var em410 = map[uint16]item{
	0x0482: signed(2, 1, "distance_m", quantity.Millimetre),
	0x8482: {3, []part{{0, 2, true, 1, "distance_m", quantity.Millimetre, "distance_m"}}}, // with an alarm
	0x9482: {5, []part{{0, 2, true, 1, "distance_m", quantity.Millimetre, "distance_m"}}}, // with its change
	0xb482: skip(3),
	0x0500: unsigned(1, 1, "tilted", 0),
	0x06c7: other(2, "radar_signal"),
	0x20ce: history(11),
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
