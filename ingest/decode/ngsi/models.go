package ngsi

import "rione/ingest/quantity"

// models holds the measurement of each type of entity.
var models = map[string]string{
	"AirQualityObserved":  "air",
	"NoiseLevelObserved":  "noise",
	"WeatherObserved":     "weather",
	"WaterObserved":       "water",
	"ParkingSpot":         "parking_spot",
	"OffStreetParking":    "parking_area",
	"OnStreetParking":     "parking_area",
	"Streetlight":         "light",
	"WasteContainer":      "bin",
	"TrafficFlowObserved": "traffic",
	"CrowdFlowObserved":   "people",
	"Device":              "device",
}

// attribute is what an attribute of the models becomes.
type attribute struct {
	field   string
	unit    quantity.Unit      // where the entity states none
	askUnit bool               // the model leaves the unit open
	none    func(float64) bool // figures that stand for no measurement
	words   map[string]float64 // states written as words; others are no state
}

// negative figures of what cannot be negative are the models' -1: not measured.
func negative(v float64) bool { return v < 0 }

// noPower are figures of a signal's strength that are no dBm: -1, not measured,
// and the shares of older editions of the model.
func noPower(v float64) bool { return v >= -1 }

// lampStatus is the status of a Streetlight; a ParkingSpot's has another meaning.
var lampStatus = attribute{field: "fault", words: map[string]float64{
	"ok": 0, "defectiveLamp": 1, "columnIssue": 1, "brokenLantern": 1,
}}

// attributes are those of the Smart Data Models that have a field. The names
// mean the same in every type.
var attributes = map[string]attribute{
	"temperature":         {field: "temp_c"},
	"relativeHumidity":    {field: "rh_pct", unit: quantity.One},
	"atmosphericPressure": {field: "press_hpa"},
	"pressure":            {field: "press_hpa"},
	"pm1":                 {field: "pm1_ugm3"},
	"PM1":                 {field: "pm1_ugm3"},
	"PM25":                {field: "pm25_ugm3"},
	"pm25":                {field: "pm25_ugm3"},
	"pm2_5":               {field: "pm25_ugm3"},
	"PM2.5":               {field: "pm25_ugm3"},
	"pm10":                {field: "pm10_ugm3"},
	"PM10":                {field: "pm10_ugm3"},
	"no2":                 {field: "no2_ugm3"},
	"NO2":                 {field: "no2_ugm3"},
	"o3":                  {field: "o3_ugm3"},
	"O3":                  {field: "o3_ugm3"},
	"so2":                 {field: "so2_ugm3"},
	"SO2":                 {field: "so2_ugm3"},
	"co":                  {field: "co_mgm3"},
	"CO":                  {field: "co_mgm3"},
	"c6h6":                {field: "c6h6_ugm3"},
	"C6H6":                {field: "c6h6_ugm3"},
	"co2":                 {field: "co2_ppm"},
	"CO2":                 {field: "co2_ppm"},

	"LAeq":  {field: "laeq_db"},
	"LAmax": {field: "lamax_db"},
	"LAmin": {field: "lamin_db"},

	"windSpeed":      {field: "wind_ms"},
	"windDirection":  {field: "wind_deg"},
	"gustSpeed":      {field: "gust_ms"},
	"precipitation":  {field: "rain_mm"},
	"solarRadiation": {field: "solar_wm2"},
	"illuminance":    {field: "lux"},

	"waterLevel": {field: "level_m"},

	"status":                   {field: "occupied", words: map[string]float64{"occupied": 1, "free": 0}},
	"availableSpotNumber":      {field: "free"},
	"totalSpotNumber":          {field: "total"},
	"powerState":               {field: "lit", words: map[string]float64{"on": 1, "low": 1, "bootingUp": 0, "off": 0}},
	"illuminanceLevel":         {field: "dim_pct", unit: quantity.One},
	"powerConsumption":         {field: "power_w", askUnit: true},
	"lifetimePowerConsumption": {field: "energy_kwh", askUnit: true},
	"fillingLevel":             {field: "fill_pct", unit: quantity.One, none: negative},

	"intensity":           {field: "count", none: negative},
	"averageVehicleSpeed": {field: "speed_kmh"},
	"occupancy":           {field: "occ_pct", unit: quantity.One},
	"peopleCountTowards":  {field: "in_n"},
	"peopleCountAway":     {field: "out_n"},

	"batteryLevel": {field: "battery_pct", unit: quantity.One, none: negative},
	"rssi":         {field: "rssi_dbm", none: noPower},
}
