package codec

import "rione/ingest/quantity"

// group is a sensor of a Decentlab device: so many words, and what they mean.
type group struct {
	words  int
	values []linear
}

// linear is a figure made of one word: (word − zero) · num / den + offset.
type linear struct {
	word            int
	zero            float64
	num, den, after float64
	field           string
	unit            quantity.Unit
	name            string
}

func word(i int, zero, den float64, field string, unit quantity.Unit) linear {
	return linear{i, zero, 1, den, 0, field, unit, field}
}

var battery = group{1, []linear{word(0, 0, 1, "battery_v", quantity.Millivolt)}}

// decentlab reads the payloads of Decentlab's devices: version 2, the serial
// number, a word of flags that says which sensors follow, and their words, big
// endian. The payload does not name the model.
//
// Source: Decentlab, datasheets and decoders of each model.
func decentlab(groups []group) func([]byte, uint64, *sink) error {
	return func(data []byte, _ uint64, s *sink) error {
		if len(data) < 5 || data[0] != 2 {
			return refuse("a payload of Decentlab begins with version 2, a serial number and flags")
		}
		flags, rest := uint16(be(data[3:5], false)), data[5:]
		if flags>>len(groups) != 0 {
			return refuse("the flags name sensors that the model does not have")
		}
		for i, g := range groups {
			if flags>>i&1 == 0 {
				continue
			}
			if len(rest) < 2*g.words {
				return refuse("the payload is shorter than its flags say")
			}
			for _, v := range g.values {
				raw := be(rest[2*v.word:2*v.word+2], false)
				s.number(v.field, v.name, (raw-v.zero)*v.num/v.den+v.after, v.unit)
			}
			rest = rest[2*g.words:]
		}
		if len(rest) > 0 {
			return refuse("the payload is longer than its flags say")
		}
		return nil
	}
}

// dlPM is a particle monitor: Sensirion SPS30, SHT21 and a barometer.
var dlPM = []group{
	battery,
	{10, []linear{
		word(0, 0, 10, "pm1_ugm3", 0), word(1, 0, 10, "pm25_ugm3", 0), word(3, 0, 10, "pm10_ugm3", 0),
	}},
	{2, []linear{
		{0, 0, 175.72, 65536, -46.85, "temp_c", 0, "temp_c"},
		{1, 0, 125, 65536, -6, "rh_pct", 0, "rh_pct"},
	}},
	{1, []linear{{0, 0, 2, 1, 0, "press_hpa", quantity.Pascal, "press_hpa"}}},
}

// dlMBX is an ultrasonic distance sensor.
var dlMBX = []group{{2, []linear{word(0, 0, 1, "distance_m", quantity.Millimetre)}}, battery}

// dlSHT35 is a thermometer and hygrometer.
var dlSHT35 = []group{
	{2, []linear{
		{0, 0, 175, 65535, -45, "temp_c", 0, "temp_c"},
		{1, 0, 100, 65535, 0, "rh_pct", 0, "rh_pct"},
	}},
	battery,
}

// dlPR26 is a pressure probe in water. Its pressure depends on the range that
// was ordered and is no air pressure, so it has no field; neither has the
// water's temperature.
var dlPR26 = []group{
	{2, []linear{word(0, 16384, 1, "", 0).called("pressure"), word(1, 384, 320, "", 0).called("water_temperature")}},
	battery,
}

// dlATM41 is a weather station. Rain is that of the interval.
var dlATM41 = []group{
	{17, []linear{
		word(0, 32768, 1, "solar_wm2", 0), word(1, 32768, 1000, "rain_mm", 0),
		word(4, 32768, 100, "wind_ms", 0), word(5, 32768, 10, "wind_deg", 0), word(6, 32768, 100, "gust_ms", 0),
		word(7, 32768, 10, "temp_c", 0), word(9, 32768, 100, "press_hpa", quantity.Kilopascal),
		word(10, 32768, 10, "rh_pct", 0),
	}},
	battery,
}

func (l linear) called(name string) linear {
	l.name = name
	return l
}
