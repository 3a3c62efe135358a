package alias

import (
	"strings"

	"rione/ingest/quantity"
)

// rows name, for each field, the keys that mean it, squeezed (see Lookup). A
// key whose unit or meaning differs between makers is left out: a mapping of
// the route says what it is. So are "level", "distance" without a unit of its
// own, "voltage" and "light", which may be the battery's or a relay's.
var rows = []struct {
	field string
	unit  quantity.Unit
	keys  string
}{
	{"temp_c", 0, "temperature temp airtemperature tempc tempcsht tempcds ambienttemperature externaltemperature"},
	{"temp_c", quantity.Fahrenheit, "temperaturef tempf"},
	{"rh_pct", 0, "humidity relativehumidity hum rh humsht airhumidity"},
	{"press_hpa", 0, "pressure barometricpressure airpressure barometer atmosphericpressure atmospressure"},
	{"pm1_ugm3", 0, "pm1 pm1.0 pm10atm pm1ugm3"},
	{"pm25_ugm3", 0, "pm25 pm2.5 pm25ugm3 pm2p5"},
	{"pm10_ugm3", 0, "pm10 pm10.0 pm10ugm3"},
	{"no2_ugm3", 0, "no2"},
	{"no2_ugm3", quantity.PartPerBillion, "no2ppb"},
	{"o3_ugm3", 0, "o3"},
	{"o3_ugm3", quantity.PartPerBillion, "o3ppb"},
	{"so2_ugm3", 0, "so2"},
	{"so2_ugm3", quantity.PartPerBillion, "so2ppb"},
	{"co_mgm3", quantity.PartPerMillion, "coppm"},
	{"co2_ppm", 0, "co2 co2concentration carbondioxide co2ppm"},
	{"laeq_db", 0, "laeq laeqdb leq noisedb soundlevelleq dnmsnoiselaeq noiselaeq"},
	{"lamax_db", 0, "lamax lmax soundlevelmax dnmsnoiselamax noiselamax"},
	{"lamin_db", 0, "lamin lmin dnmsnoiselamin noiselamin"},
	{"wind_ms", 0, "windspeed windspeedms averagewindspeed windspeedaverage"},
	{"gust_ms", 0, "windgust gust windspeedgust maximumwindspeed gustspeed"},
	{"wind_deg", 0, "winddirection winddir windangle"},
	{"rain_mm", 0, "rain rainfall precipitation raingauge"},
	{"solar_wm2", 0, "solarradiation solar irradiance globalradiation"},
	{"lux", 0, "illuminance lux luminosity illumination lightintensity illuminancelux"},
	{"level_m", 0, "waterlevelm levelm"},
	{"distance_m", quantity.Millimetre, "distancemm"},
	{"distance_m", quantity.Centimetre, "distancecm"},
	{"fill_pct", 0, "fillinglevel filllevel fill filling fillpercent"},
	{"tilted", 0, "tilt"},
	{"occupied", 0, "occupancy parkingstatus carstatus"},
	{"count", 0, "vehiclecount"},
	{"speed_kmh", 0, "vehiclespeed averagespeed"},
	{"power_w", 0, "activepower"},
	{"energy_kwh", 0, "energy activeenergy totalenergy energykwh"},
	{"dim_pct", 0, "dimming dimminglevel dimlevel brightnesspercent"},
	{"battery_pct", 0, "battery batterylevel batterypercent batterypercentage batterycapacity bat soc"},
	{"battery_v", 0, "batteryvoltage batv batteryv vbat batvoltage voltagebattery"},
	{"battery_v", quantity.Millivolt, "vdd batterymv batmv batteryvoltagemv vbatmv"},
	{"online", 0, "available"},
}

var table = func() map[string]Target {
	out := map[string]Target{}
	for _, r := range rows {
		for key := range strings.FieldsSeq(r.keys) {
			out[key] = Target{Field: r.field, Unit: r.unit}
		}
	}
	return out
}()
