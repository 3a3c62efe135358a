package tasmota

// figure is what a figure becomes: its field, and its unit by symbol or by the
// member of the message that states it; "" is the field's own.
type figure struct{ field, unit string }

// sensors holds the figures of sensors, by name or, where sensors differ, by
// sensor and name. Dew point, sea-level pressure and what else has no field is
// listed as unknown.
var sensors = map[string]figure{
	"Temperature":   {"temp_c", "TempUnit"},
	"Humidity":      {"rh_pct", ""},
	"Pressure":      {"press_hpa", "PressureUnit"},
	"Illuminance":   {"lux", ""},
	"PM1":           {"pm1_ugm3", ""},
	"PM2.5":         {"pm25_ugm3", ""},
	"PM10":          {"pm10_ugm3", ""},
	"CarbonDioxide": {"co2_ppm", ""},
	"Distance":      {"distance_m", "cm"},

	"VL53L0X.Distance":  {"distance_m", "mm"}, // by light, in mm
	"VL53L1X.Distance":  {"distance_m", "mm"},
	"TOF10120.Distance": {"distance_m", "mm"},
	"RG-15.Active":      {"rain_mm", ""}, // since the sensor was last asked
	"ENERGY.Power":      {"power_w", ""},
	"ENERGY.Total":      {"energy_kwh", ""},
	"WindSpeed":         {"wind_ms", "SpeedUnit"},
}

// anemometer holds the quantities of TX20, TX23 and WS2300-15, each with the
// statistics that are its field, the best first.
var anemometer = []struct {
	quantity   string
	statistics []string
	figure
}{
	{"Speed", []string{"Avg", "Act"}, figure{"wind_ms", "SpeedUnit"}},
	{"Speed", []string{"Max"}, figure{"gust_ms", "SpeedUnit"}},
	{"Dir", []string{"Avg", "Deg"}, figure{"wind_deg", ""}},
}

// figures holds those that stand in the message itself.
var figures = map[string]figure{
	"POWER":  {"lit", ""},
	"POWER1": {"lit", ""},
	"Dimmer": {"dim_pct", ""},
	"Vcc":    {"battery_v", ""}, // the supply of the chip
}
