package codec

import "rione/ingest/quantity"

// zero is the word that stands for nothing in fields that can be negative.
const zero = 32768

// Figures of sensors that several models have: Sensirion SHT21 and SHT35, and a
// barometer.
var (
	sht21 = group{2, []linear{
		{0, 0, 175.72, 65536, -46.85, "temp_c", 0, "temp_c", 0, nil},
		{1, 0, 125, 65536, -6, "rh_pct", 0, "rh_pct", 0, nil},
	}}
	sht35 = group{2, []linear{
		{0, 0, 175, 65535, -45, "temp_c", 0, "temp_c", 0, nil},
		{1, 0, 100, 65535, 0, "rh_pct", 0, "rh_pct", 0, nil},
	}}
	barometer = group{1, []linear{{0, 0, 2, 1, 0, "press_hpa", quantity.Pascal, "press_hpa", 0, nil}}}
)

// dlPM is a particle monitor.
var dlPM = []group{
	battery,
	{10, []linear{
		word(0, 0, 10, "pm1_ugm3", 0), word(1, 0, 10, "pm25_ugm3", 0),
		word(2, 0, 10, "", 0).called("pm4"), word(3, 0, 10, "pm10_ugm3", 0),
	}},
	sht21, barometer,
}

// Thermometers and hygrometers.
var (
	dlSHT35 = []group{sht35, battery}
	dlSHT21 = []group{sht21, battery}
	dlRHC   = []group{{4, []linear{word(2, 0, 100, "rh_pct", 0), word(3, zero, 100, "temp_c", 0)}}, battery}
	dlDS18  = []group{{1, []linear{word(0, zero, 16, "temp_c", 0)}}, battery}
)

// Carbon dioxide: dlLP8P outdoors, dlIAM indoors, dlGMM in a greenhouse.
var (
	dlLP8P = []group{
		sht21,
		{2, []linear{word(0, 5000, 100, "", 0).called("barometer_temperature"), {1, 0, 2, 1, 0, "press_hpa", quantity.Pascal, "press_hpa", 0, nil}}},
		{8, []linear{word(0, zero, 1, "co2_ppm", 0)}},
		battery,
	}
	dlIAM = []group{
		battery, sht35, barometer,
		{2, []linear{word(0, 0, 1, "lux", 0).with(1, twoDiodes)}},
		{3, []linear{word(0, zero, 1, "co2_ppm", 0)}},
		nameless(1, "activity"),
		nameless(1, "tvoc"),
	}
	dlGMM = []group{
		{7, []linear{
			word(0, zero, 10, "", 0).called("photosynthetic_radiation"),
			word(1, zero, 100, "temp_c", 0), word(2, zero, 10, "rh_pct", 0), word(3, zero, 1, "co2_ppm", 0),
			word(4, zero, 100, "press_hpa", quantity.Kilopascal),
			word(5, zero, 100, "", 0).called("vapour_pressure_deficit"), word(6, zero, 100, "", 0).called("dew_point"),
		}},
		battery,
	}
)

// twoDiodes is the illuminance, in lx, of what a diode sees of all light and
// another one of the infrared: the datasheet's formula for two kinds of light, of
// which the one that gives more is at hand.
func twoDiodes(all, infrared float64) float64 {
	return 1.5504 * max(all-1.64*infrared, 0.59*all-0.86*infrared, 0)
}

// dlAC measures gases by what its cells give, mV. What that is in ppb depends on
// the calibration of each device, which its data sheet holds.
var dlAC = []group{sht21, nameless(2, "no2_mv"), nameless(2, "no_mv"), nameless(2, "ox_mv"), nameless(2, "co_mv"), battery}

// Weather stations. Rain is that of the interval.
var (
	dlATM41   = []group{{17, atm41(1, zero)}, battery}
	dlATM41G2 = []group{{17, atm41(10, 0)}, battery}
	dlATM22   = []group{
		{8, []linear{
			word(0, zero, 100, "wind_ms", 0), word(1, zero, 10, "wind_deg", 0), word(2, zero, 100, "gust_ms", 0),
			word(3, zero, 10, "temp_c", 0),
		}},
		battery,
	}
	dlPYR = []group{{1, []linear{{0, zero, 15_000, zero, 0, "solar_wm2", 0, "solar_wm2", 0, nil}}}, battery}
	dlALB = []group{{2, []linear{word(0, zero, 10, "solar_wm2", 0), word(1, zero, 10, "", 0).called("reflected_radiation")}}, battery}
)

// atm41 differs between its generations in how sun and rain are written.
func atm41(perSun, rainZero float64) []linear {
	return []linear{
		word(0, zero, perSun, "solar_wm2", 0), word(1, rainZero, 1000, "rain_mm", 0),
		word(4, zero, 100, "wind_ms", 0), word(5, zero, 10, "wind_deg", 0), word(6, zero, 100, "gust_ms", 0),
		word(7, zero, 10, "temp_c", 0), word(9, zero, 100, "press_hpa", quantity.Kilopascal),
		word(10, zero, 10, "rh_pct", 0),
	}
}

// dlTBRG is a rain gauge. How much rain a tip of its bucket is depends on the
// model that was ordered.
var dlTBRG = []group{{4, []linear{word(0, 0, 1, "", 0).called("tips")}}, battery}

// dlCWS and dlWRM watch the surface of a road, dlITST any surface: only the air's
// figures have a field. Of dlCWS2 the thermometer in the shield counts before the
// one in the head.
var (
	dlCWS  = []group{{6, roadHead()}, battery}
	dlCWS2 = []group{sht35, {6, roadHead()}, battery}
	dlWRM  = []group{sht35, nameless(2, "surface_temperature", "head_temperature"), battery}
	dlITST = []group{nameless(2, "surface_temperature", "head_temperature"), battery}
)

func roadHead() []linear {
	return []linear{
		word(0, zero, 100, "", 0).called("surface_temperature"),
		word(1, zero, 100, "temp_c", 0), word(2, zero, 100, "rh_pct", 0),
	}
}
