package schema

import "time"

// Limits say what a field can plausibly do from one reading to the next. What
// does more goes to the measurement suspect. The zero Limits allow everything.
type Limits struct {
	Step  float64       // largest change in a minute, in the field's unit; longer pauses allow as many of them
	Still time.Duration // longest time with one and the same value
}

// limits of gauges, by measurement and field. They are generous: a step is several
// times what a front or a passing lorry does, a time is longer than any calm
// night. Levels that stay for days by their nature (wind, rain, noise limits,
// light, filling) have none.
var limits = map[string]map[string]Limits{
	"air": {
		"temp_c": {15, 2 * day}, "rh_pct": {40, 4 * day}, "press_hpa": {5, 2 * day},
		"pm1_ugm3": {1000, 2 * day}, "pm25_ugm3": {1000, 2 * day}, "pm10_ugm3": {1500, 2 * day},
		"no2_ugm3": {500, 2 * day}, "o3_ugm3": {300, 2 * day}, "co2_ppm": {5000, 2 * day},
	},
	"weather": {
		"temp_c": {15, 2 * day}, "rh_pct": {40, 4 * day}, "press_hpa": {5, 2 * day}, "solar_wm2": {1500, 0},
	},
	"noise": {"laeq_db": {0, day}},
	"water": {"level_m": {2, 0}, "distance_m": {2, 0}},
	"bin":   {"temp_c": {30, 0}},
	"bb_link": {
		"rx_power_dbm": {20, 0}, "tx_power_dbm": {20, 0},
	},
}

const day = 24 * time.Hour

// setLimits gives the fields their limits.
func setLimits(m *Measurement) {
	for name, l := range limits[m.Name] {
		m.byName[name].Limits = l
	}
}
