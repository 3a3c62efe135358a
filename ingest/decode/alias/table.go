package alias

import (
	"strings"

	"rione/ingest/decode/wire"
	"rione/ingest/quantity"
	"rione/ingest/schema"
)

// rows name, for each field, the keys that mean it, squeezed (see Lookup). A
// key whose meaning differs between makers is left out, such as "level",
// "voltage" and "light": a mapping of the route says what it is. One whose unit
// alone differs stands under askUnit.
var rows = []struct {
	field string
	unit  quantity.Unit
	keys  string
}{
	{"temp_c", 0, "temperature temp airtemperature tempc tempcsht tempcds ambienttemperature temperaturesensor temperaturec temperaturecelsius"},
	{"temp_c", quantity.Fahrenheit, "temperaturef tempf"},
	{"rh_pct", 0, "humidity relativehumidity hum rh humsht airhumidity humiditysensor humiditypercent relativehumiditypercent"},
	{"press_hpa", 0, "pressure barometricpressure airpressure barometer atmosphericpressure atmospressure pressurehpa"},
	{"press_hpa", askUnit, "barometerpressure"},
	{"press_hpa", quantity.Pascal, "pressurepa"},
	{"press_hpa", quantity.Kilopascal, "pressurekpa"},
	{"pm1_ugm3", 0, "pm1 pm1.0 pm1ugm3"},
	{"pm25_ugm3", 0, "pm25 pm2.5 pm25ugm3 pm2p5"},
	{"pm10_ugm3", 0, "pm10 pm10ugm3"},
	{"no2_ugm3", askUnit, "no2"},
	{"no2_ugm3", quantity.PartPerBillion, "no2ppb"},
	{"o3_ugm3", askUnit, "o3 ozone"},
	{"o3_ugm3", quantity.PartPerBillion, "o3ppb"},
	{"so2_ugm3", askUnit, "so2"},
	{"so2_ugm3", quantity.PartPerBillion, "so2ppb"},
	{"co_mgm3", askUnit, "co"},
	{"co_mgm3", quantity.PartPerMillion, "coppm"},
	{"co2_ppm", 0, "co2 co2concentration carbondioxide co2ppm"},
	{"laeq_db", 0, "laeq laeqdb leq soundlevelleq noiselaeq"},
	{"lamax_db", 0, "lamax lmax soundlevelmax noiselamax"},
	{"lamin_db", 0, "lamin lmin noiselamin"},
	{"wind_ms", 0, "windspeed windspeedms averagewindspeed windspeedaverage"},
	{"wind_ms", quantity.KilometrePerHour, "windspeedkmh"},
	{"gust_ms", 0, "windgust gust windspeedgust maximumwindspeed gustspeed"},
	{"wind_deg", 0, "winddirection winddir"},
	{"rain_mm", 0, "rain rainfall precipitation raingauge rainfallmm precipitationmm"},
	{"solar_wm2", 0, "solarradiation irradiance globalradiation"},
	{"lux", 0, "illuminance luminosity illumination lightintensity illuminancesensor illuminancelux lightlux illlx illlux"},
	{"level_m", askUnit, "waterlevel"},
	{"distance_m", askUnit, "distance"},
	{"distance_m", quantity.Millimetre, "distancemm"},
	{"distance_m", quantity.Centimetre, "distancecm"},
	{"fill_pct", 0, "fillinglevel filllevel fillpercent"},
	{"tilted", 0, "tilt"},
	{"occupied", 0, "occupancy parkingstatus carstatus"},
	{"count", 0, "vehiclecount"},
	{"power_w", 0, "activepower"},
	{"energy_kwh", askUnit, "energy activeenergy totalenergy"},
	{"dim_pct", 0, "dimming dimminglevel dimlevel"},
	{"battery_pct", 0, "battery batterylevel batterypercent batterypercentage batterycapacity"},
	{"battery_v", 0, "batteryvoltage batv vbat batvoltage voltagebattery"},
	{"battery_v", askUnit, "bat batt"},
	{"battery_v", quantity.Millivolt, "vdd batterymv batmv batteryvoltagemv vbatmv"},
}

// askUnit marks keys whose unit differs between makers.
const askUnit = ^quantity.Unit(0)

var table = func() map[string]Target {
	out := map[string]Target{}
	for _, m := range schema.All() {
		if !wire.OfDevices(m) {
			continue
		}
		for i := range m.Fields {
			name := m.Fields[i].Name
			if f := wire.Field(nil, name); f != nil {
				out[name] = Target{Field: f}
			} else {
				out[name] = Target{Field: wire.DeviceField(name), OfDevice: true}
			}
		}
	}
	for _, r := range rows {
		t := out[r.field]
		t.Unit = r.unit
		if r.unit == askUnit {
			t.Unit, t.NeedsUnit = 0, true
		}
		for key := range strings.FieldsSeq(r.keys) {
			out[key] = t
		}
	}
	ds := out["tempcds"]
	ds.Absent = 327.67 // Dragino LHT65, user manual: 0x7fff without a probe
	out["tempcds"] = ds
	return out
}()
