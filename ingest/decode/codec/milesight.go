package codec

import "rione/ingest/quantity"

// milesight reads the payloads of Milesight's sensors: channel, type and
// little-endian data. Channels that mean different things in different models
// stand in the model's own table. Answers to settings come on the channels f8,
// f9, fe and ff; behind one, there are no readings.
//
// Source: Milesight IoT, "Payload Definition" of each model (SensorDecoders).
func milesight(model map[uint16]item) func([]byte, uint64, *sink) error {
	return func(data []byte, _ uint64, s *sink) error {
		return tlv(data, 2, le, func(key uint16) (item, bool) {
			if it, ok := model[key]; ok {
				return it, true
			}
			if it, ok := milesightCommon[key]; ok {
				return it, true
			}
			switch key >> 8 {
			case 0xf8, 0xf9, 0xfe, 0xff:
				return item{last: true}, true
			}
			return item{}, false
		}, s)
	}
}

// Figures that models share. Distance, radar and depth have raw values that stand for a
// failure, for nothing found and for a sensor that is switched off.
var (
	charge      = unsigned(1, 1, "battery_pct", 0)
	temperature = signed16(10, "temp_c", 0)
	humidity    = unsigned(1, 2, "rh_pct", 0)
	pressure    = unsigned(2, 10, "press_hpa", 0)
	carbon      = unsigned(2, 1, "co2_ppm", 0)
	ranged      = unsigned(2, 1, "distance_m", quantity.Millimetre).without(0xfffd, 0xffff)
	radar       = signed16(1, "distance_m", quantity.Millimetre).without(0xfffd, 0xfffe, 0xffff)
	depth       = unsigned(2, 1, "level_m", quantity.Centimetre).without(0xfffd, 0xffff)
	tilted      = unsigned(1, 1, "tilted", 0)
	inOut       = item{size: 4, parts: []part{
		{0, 2, false, 1, "in_n", 0, "in_n", nil}, {2, 2, false, 1, "out_n", 0, "out_n", nil},
	}}
)

var milesightCommon = map[uint16]item{
	0xff01: skip(1), 0xff08: skip(6), 0xff09: skip(2), 0xff0a: skip(2), 0xff0b: skip(1), 0xff0f: skip(1),
	0xff16: skip(8), 0xff18: skip(1), 0xff1b: skip(5), 0xff1f: skip(4), 0xfffe: skip(1), 0xffff: skip(2),

	0x0175: charge,
	0x0367: temperature,
	0x8367: temperature.alarmed(1),
	0x83d7: temperature.alarmed(3), // with its change
	0x0468: humidity,
	0x0500: other(1, "05_00"), // leak, door or input, by model
	0x0600: other(1, "06_00"),

	0x057d: carbon,                    // EM500-CO2
	0x0673: pressure,                  //
	0x0382: ranged,                    // EM500-UDL
	0x0394: unsigned(4, 1, "lux", 0),  // EM500-LGT
	0x0377: depth,                     // EM500-SWL
	0x037b: other(2, "pipe_pressure"), // EM500-PP, kPa
	0x04d6: other(1, "remaining_pct"), // WS201
	0x8382: ranged.alarmed(1),
	0x83e9: other(5, "distance_change"), // EM500-UDL, in a unit of its own

	// EM300-DI: pulses, or the water that they stand for.
	0x8500: other(2, "input"),
	0x05c8: other(4, "pulses"), 0x05e1: other(8, "water"), 0x85e1: other(9, "water"),

	// EM310-TILT, EM320-TILT: three angles and what they exceed.
	0x03cf: other(7, "angles"),

	// WS302: the frequency weighting's letter, level, Leq, Lmax in 0.1 dB.
	0x055b: {size: 7, parts: []part{
		{1, 2, false, 10, "", 0, "laf_db", nil},
		{3, 2, false, 10, "laeq_db", 0, "laeq_db", nil},
		{5, 2, false, 10, "lamax_db", 0, "lamax_db", nil},
	}},
}

// EM300 and EM320. A history of EM300 has a byte for the model's contact, that of
// EM300-DI its pulses or the water that they stand for.
var (
	em300 = map[uint16]item{0x20ce: history(temperature, humidity, skip(1))}
	em30d = map[uint16]item{0x20ce: history(temperature, humidity, skip(6)), 0x21ce: history(temperature, humidity, skip(11))}
	em320 = map[uint16]item{0x20ce: history(temperature, humidity)}
)

// Models of the EM500 family, whose histories differ.
var (
	pt100 = map[uint16]item{0x20ce: history(temperature)}
	co2   = map[uint16]item{0x20ce: history(carbon, pressure, temperature, humidity)}
	lgt   = map[uint16]item{0x20ce: history(unsigned(4, 1, "lux", 0))}
	udl   = map[uint16]item{0x20ce: history(ranged)}
	swl   = map[uint16]item{0x20ce: history(depth)}
	pp    = map[uint16]item{0x20ce: history(other(2, "pipe_pressure"))}
)

// smt is EM500-SMT, which measures soil: neither its warmth nor its moisture is
// the air's.
var smt = map[uint16]item{
	0x0367: other(2, "soil_temperature"),
	0x0468: other(1, "soil_moisture"),
	0x04ca: other(2, "soil_moisture"),
	0x057f: other(2, "soil_conductivity"),
	0x83d7: other(5, "soil_temperature"),
}

// em410 is the radar, whose distance may be below zero near the sensor.
var em410 = map[uint16]item{
	0x01b9: unsigned(2, 1, "battery_v", quantity.Millivolt),
	0x0482: radar,
	0x8482: radar.alarmed(1),
	0x9482: radar.alarmed(3), // with its change
	0xb482: radar.alarmed(1), // with why there is none
	0x0500: tilted,
	0x06c7: other(2, "radar_signal"),
	0x20ce: history(radar),
	0x07ba: {last: true}, // distances at an interval, of no stated time
}

var em411 = with(em410, 0x20ce, history(radar, temperature.without(0xfffe, 0xffff), skip(3)))

// em400 is the family of distance and fill-level sensors.
var em400 = map[uint16]item{
	0x0382: ranged,
	0x0482: ranged,
	0x8482: ranged.alarmed(1),
	0x0400: tilted,
	0x0500: tilted,
	0x8800: skip(1),
}

// vs121 counts people in regions and over a line.
var vs121 = map[uint16]item{
	0x04c9: other(4, "people"), 0x05cc: inOut, 0x06cd: other(1, "people_max"),
	0x07d5: other(8, "regions"), 0x08d5: other(8, "regions"),
	0x09da: other(8, "flow_a"), 0x0ada: other(8, "flow_b"), 0x0bda: other(8, "flow_c"), 0x0cda: other(8, "flow_d"),
	0x0dcc: other(4, "total"), 0x0ee4: other(5, "dwell"), 0x0f85: skip(4), 0x10f7: other(4, "line"),
	0x20ce: {last: true},
}

// vs13 is the family of VS132, VS133 and VS135, people counters: totals since
// the installation, then counts of the period for up to four lines, for all and
// for children. The first line's are kept; others need a series of their own.
var vs13 = func() map[uint16]item {
	out := map[uint16]item{
		0x0fe3: other(4, "regions"), 0x1de3: other(4, "regions_children"),
		0x10e4: other(5, "dwell"), 0x1ee4: other(5, "dwell_children"), 0x50fc: skip(3),
	}
	for i := range uint16(4) {
		line := "line_" + string(rune('1'+i))
		for first, name := range map[uint16]string{0x03: line, 0x11: line + "_children"} {
			channel := first + 3*i
			out[channel<<8|0xd2] = other(4, name+"_total_in")
			out[(channel+1)<<8|0xd2] = other(4, name+"_total_out")
			out[(channel+2)<<8|0xcc] = other(4, name)
		}
	}
	out[0x05cc] = inOut
	return out
}()

// vs35 is VS350 and VS351, which count people in a passage. Their temperature is
// the housing's.
var vs35 = map[uint16]item{
	0x0367: other(2, "temperature"), 0x8367: other(3, "temperature"),
	0x04cc: other(4, "total"), 0x84cc: other(5, "total"),
	0x05cc: inOut, 0x85cc: inOut.alarmed(1), 0x0aef: skip(4),
	0x20ce: {
		past: true, parts: shifted(inOut.parts, 5),
		sized: func(rest []byte) int { // totals stand behind if the fifth byte says so
			if len(rest) > 4 && rest[4] == 1 {
				return 13
			}
			return 9
		},
	},
}

func shifted(parts []part, by int) []part {
	out := make([]part, len(parts))
	for i, p := range parts {
		p.at += by
		out[i] = p
	}
	return out
}

// vs330 is the family of sensors of a taken place.
var vs330 = map[uint16]item{
	0x0282: other(2, "distance"), 0x048e: skip(1),
	0x038e: unsigned(1, 1, "occupied", 0),
	0x0300: unsigned(1, 1, "occupied", 0),
}

// ws20 is WS202 and WS203, which tell whether somebody is in a room.
var ws20 = map[uint16]item{
	0x0300: other(1, "pir"), 0x0400: other(1, "daylight"), 0x0500: other(1, "occupancy"),
	0x20ce: history(skip(2), temperature, humidity),
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

// wts is the family of weather stations. Their rain is a total that begins anew,
// not that of an interval.
var wts = func() map[uint16]item {
	direction, speed := signed16(10, "wind_deg", 0), unsigned(2, 10, "wind_ms", 0)
	return map[uint16]item{
		0x0584: direction, 0x8584: direction.alarmed(1), 0x8673: pressure.alarmed(1),
		0x0792: speed, 0x8792: speed.alarmed(1),
		0x0877: other(3, "rain_total"), 0x08ec: other(5, "rain_total"),
		0x8877: other(4, "rain_total"), 0x88ec: other(6, "rain_total"),
		0x20ce: history(temperature, humidity, pressure, direction, speed, skip(2)),
		0x21ce: history(temperature, humidity, pressure, direction, speed, skip(4)),
	}
}()
