package encode

import (
	"strconv"

	"rione/simulator/signal"
)

// ngsi is a notification of a FIWARE context broker with entities of the Smart
// Data Models, pushed to the HTTP door: NGSIv2 normalized, or NGSI-LD
// normalized (ETSI GS CIM 009). Shares are 0 to 1, states are words, units are
// UN/CEFACT codes.
type ngsi struct {
	direct
	linked bool // NGSI-LD
}

var _ Format = ngsi{}

func (f ngsi) Name() string {
	if f.linked {
		return "ngsi-ld"
	}
	return "ngsiv2"
}

func (ngsi) Speaks(kind string) bool { return entities[defaults[kind]].kind != "" }

// Pushed implements Format.
func (ngsi) Pushed() bool { return true }

// Identity implements Format: linked data names things by URNs.
func (f ngsi) Identity(d *Device, _ uint64) string {
	if f.linked {
		return "urn:ngsi-ld:Device:" + d.ID
	}
	return ""
}

// Topic implements Format.
func (f ngsi) Topic(d *Device, _ uint64) string { return pushPath(f.Name(), d) }

// entity is how a measurement is modelled.
type entity struct {
	kind       string
	attributes []attribute
	tags       map[string]string // extra tag → attribute
}

// attribute is how a field is modelled.
type attribute struct {
	field, name string
	code        string    // unitCode, "" for the model's own unit
	factor      float64   // to the model's unit; 0 = the value is a word
	words       [2]string // for 0 and 1
}

func number(field, name, code string) attribute {
	return attribute{field: field, name: name, code: code, factor: 1}
}

func share(field, name string) attribute {
	return attribute{field: field, name: name, factor: 0.01}
}

func word(field, name, off, on string) attribute {
	return attribute{field: field, name: name, words: [2]string{off, on}}
}

// entities are the models of the measurements that have one.
var entities = map[string]entity{
	"air": {kind: "AirQualityObserved", attributes: []attribute{
		number("pm1_ugm3", "pm1", "GQ"), number("pm25_ugm3", "pm25", "GQ"), number("pm10_ugm3", "pm10", "GQ"),
		number("no2_ugm3", "no2", "GQ"), number("o3_ugm3", "o3", "GQ"), number("so2_ugm3", "so2", "GQ"),
		number("co_mgm3", "co", "GP"), number("c6h6_ugm3", "c6h6", "GQ"), number("co2_ppm", "co2", "59"),
		number("temp_c", "temperature", "CEL"), share("rh_pct", "relativeHumidity"), number("press_hpa", "atmosphericPressure", "A97"),
	}},
	"noise": {kind: "NoiseLevelObserved", attributes: []attribute{
		number("laeq_db", "LAeq", ""), number("lamax_db", "LAmax", ""), number("lamin_db", "LAmin", ""),
	}},
	"weather": {kind: "WeatherObserved", attributes: []attribute{
		number("temp_c", "temperature", "CEL"), share("rh_pct", "relativeHumidity"), number("press_hpa", "atmosphericPressure", "A97"),
		number("wind_ms", "windSpeed", "MTS"), number("wind_deg", "windDirection", "DD"), number("gust_ms", "gustSpeed", "MTS"),
		number("rain_mm", "precipitation", "MMT"), number("solar_wm2", "solarRadiation", ""), number("lux", "illuminance", "LUX"),
	}},
	"water":        {kind: "WaterObserved", attributes: []attribute{number("level_m", "waterLevel", "MTR")}},
	"parking_spot": {kind: "ParkingSpot", attributes: []attribute{word("occupied", "status", "free", "occupied")}},
	"parking_area": {kind: "OffStreetParking", attributes: []attribute{
		number("free", "availableSpotNumber", ""), number("total", "totalSpotNumber", ""),
	}},
	"light": {kind: "Streetlight", attributes: []attribute{
		word("lit", "powerState", "off", "on"), share("dim_pct", "illuminanceLevel"), number("power_w", "powerConsumption", "WTT"),
		number("energy_kwh", "lifetimePowerConsumption", "KWH"), word("fault", "status", "ok", "defectiveLamp"),
	}},
	"bin": {kind: "WasteContainer", attributes: []attribute{share("fill_pct", "fillingLevel"), number("temp_c", "temperature", "CEL")}},
	"traffic": {kind: "TrafficFlowObserved", attributes: []attribute{
		number("count", "intensity", ""), number("speed_kmh", "averageVehicleSpeed", "KMH"), share("occ_pct", "occupancy"),
	}, tags: map[string]string{"lane": "laneId", "dir": "laneDirection", "vclass": "vehicleType"}},
	"people": {kind: "CrowdFlowObserved", attributes: []attribute{
		number("in_n", "peopleCountTowards", ""), number("out_n", "peopleCountAway", ""),
	}},
}

// Trim implements Format.
func (ngsi) Trim(rs *signal.Readings) {
	rs.Filter(func(measurement, field string) bool {
		for _, a := range entities[measurement].attributes {
			if a.field == field {
				return true
			}
		}
		return false
	})
	for i := range rs.All() {
		if r := &rs.All()[i]; entities[r.Measurement].tags == nil {
			r.Tags = nil
		}
	}
}

// Append implements Format.
func (f ngsi) Append(dst []byte, m *Message) []byte {
	dst = append(dst, `{"subscriptionId":"`...)
	dst = append(append(dst, uuid("subscription", m.Device.Comune)...), `","data":[`...)
	for i := range m.Readings {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = f.entity(dst, m, i)
	}
	return append(dst, "]}"...)
}

func (f ngsi) entity(dst []byte, m *Message, i int) []byte {
	r := &m.Readings[i]
	e := entities[r.Measurement]
	dst = appendString(appendKey(append(dst, '{'), "id"), "urn:ngsi-ld:"+e.kind+":"+m.Device.ID+":"+strconv.Itoa(i))
	dst = appendString(appendKey(dst, "type"), e.kind)
	dst = f.observed(dst, m)
	dst = f.device(dst, m.Device)
	for _, t := range r.Tags {
		if name := e.tags[t.Name]; name != "" {
			dst = append(appendString(f.open(dst, name, "Text"), t.Value), '}')
		}
	}
	for _, a := range e.attributes {
		if v, ok := value(r, a.field); ok {
			dst = f.attribute(dst, &a, v)
		}
	}
	return append(dst, '}')
}

// open appends an attribute up to its value.
func (f ngsi) open(dst []byte, name, kind string) []byte {
	if f.linked {
		kind = "Property"
	}
	dst = appendString(append(appendKey(dst, name), `{"type":`...), kind)
	return appendKey(dst, "value")
}

func (f ngsi) attribute(dst []byte, a *attribute, v float64) []byte {
	if a.factor == 0 {
		return append(appendString(f.open(dst, a.name, "Text"), a.words[int(v)]), '}')
	}
	dst = appendNumber(f.open(dst, a.name, "Number"), exact(v*a.factor))
	switch {
	case a.code == "":
	case f.linked:
		dst = appendString(appendKey(dst, "unitCode"), a.code)
	default:
		dst = append(appendString(append(dst, `,"metadata":{"unitCode":{"type":"Text","value":`...), a.code), "}}"...)
	}
	return append(dst, '}')
}

func (f ngsi) observed(dst []byte, m *Message) []byte {
	at := m.Time.UTC().Format("2006-01-02T15:04:05.000Z")
	if f.linked {
		return append(append(append(appendKey(dst, "dateObserved"), `{"type":"Property","value":{"@type":"DateTime","@value":"`...), at...), `"}}`...)
	}
	return append(appendString(f.open(dst, "dateObserved", "DateTime"), at), '}')
}

func (f ngsi) device(dst []byte, d *Device) []byte {
	if f.linked {
		return append(appendString(append(appendKey(dst, "refDevice"), `{"type":"Relationship","object":`...), d.ExternalID), '}')
	}
	return append(appendString(f.open(dst, "refDevice", "Relationship"), d.ID), '}')
}
