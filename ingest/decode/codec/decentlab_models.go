package codec

import "rione/ingest/quantity"

// zero is the word that stands for nothing in fields that can be negative.
const zero = 32768

// Figures of sensors that several models have: Sensirion SHT21 and SHT35, and a
// barometer.
var (
	sht21 = group{2, []linear{
		{0, 0, 175.72, 65536, -46.85, "temp_c", 0, "temp_c"},
		{1, 0, 125, 65536, -6, "rh_pct", 0, "rh_pct"},
	}}
	sht35 = group{2, []linear{
		{0, 0, 175, 65535, -45, "temp_c", 0, "temp_c"},
		{1, 0, 100, 65535, 0, "rh_pct", 0, "rh_pct"},
	}}
	barometer = group{1, []linear{{0, 0, 2, 1, 0, "press_hpa", quantity.Pascal, "press_hpa"}}}
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

// dlMBX and dlLID measure distances, by ultrasound and by light.
var (
	dlMBX = []group{{2, []linear{word(0, 0, 1, "distance_m", quantity.Millimetre)}}, battery}
	dlLID = []group{{11, []linear{word(0, 0, 1, "distance_m", quantity.Millimetre)}}, battery}
)

// Thermometers and hygrometers.
var (
	dlSHT35 = []group{sht35, battery}
	dlSHT21 = []group{sht21, battery}
	dlRHC   = []group{{4, []linear{word(2, 0, 100, "rh_pct", 0), word(3, zero, 100, "temp_c", 0)}}, battery}
	dlDS18  = []group{{1, []linear{word(0, zero, 16, "temp_c", 0)}}, battery}
)

// dlLP8P and dlIAM measure carbon dioxide, outdoors and indoors. The light of
// the latter is made of two figures by a formula that is no line.
var (
	dlLP8P = []group{
		sht21,
		{2, []linear{word(0, 5000, 100, "", 0).called("barometer_temperature"), {1, 0, 2, 1, 0, "press_hpa", quantity.Pascal, "press_hpa"}}},
		{8, []linear{word(0, zero, 1, "co2_ppm", 0)}},
		battery,
	}
	dlIAM = []group{
		battery, sht35, barometer,
		{2, []linear{word(0, 0, 1, "", 0).called("light")}},
		{3, []linear{word(0, zero, 1, "co2_ppm", 0)}},
		{1, []linear{word(0, 0, 1, "", 0).called("activity")}},
		{1, []linear{word(0, 0, 1, "", 0).called("tvoc")}},
	}
)

// dlPR26 and dlPR36 are pressure probes in water. Their pressure depends on the
// range that was ordered and is no air pressure, so it has no field; neither has
// the water's temperature. dlCTD10 tells the depth of the water above it.
var (
	dlPR26 = []group{
		{2, []linear{word(0, 16384, 1, "", 0).called("pressure"), word(1, 384, 320, "", 0).called("water_temperature")}},
		battery,
	}
	dlPR36 = []group{
		{2, []linear{word(0, zero, 1, "", 0).called("pressure"), word(1, zero, 256, "", 0).called("water_temperature")}},
		battery,
	}
	dlCTD10 = []group{
		{4, []linear{
			word(0, zero, 1, "level_m", quantity.Millimetre), word(1, zero, 10, "", 0).called("water_temperature"),
			word(2, 0, 1, "", 0).called("conductivity"),
		}},
		battery,
	}
)

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
	dlPYR = []group{{1, []linear{{0, zero, 15_000, zero, 0, "solar_wm2", 0, "solar_wm2"}}}, battery}
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

// dlCWS watches the surface of a road, dlITST any surface: only the air's figures
// have a field.
var (
	dlCWS = []group{
		{6, []linear{
			word(0, zero, 100, "", 0).called("surface_temperature"),
			word(1, zero, 100, "temp_c", 0), word(2, zero, 100, "rh_pct", 0),
		}},
		battery,
	}
	dlITST = []group{{2, []linear{word(0, 1000, 10, "", 0).called("surface_temperature")}}, battery}
)
