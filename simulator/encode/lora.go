package encode

import (
	"fmt"

	"rione/simulator/signal"
)

// loraKeys says under which key of a decoded payload a field stands, as common
// codecs name it; fields that are not here are not sent. Signal strength and
// frame counter stand outside the payload.
var loraKeys = map[string]map[string]string{
	"air": {"temp_c": "temperature", "rh_pct": "humidity", "press_hpa": "pressure", "pm25_ugm3": "pm2_5",
		"pm10_ugm3": "pm10", "co2_ppm": "co2"},
	"weather":      {"temp_c": "temperature", "rh_pct": "humidity", "press_hpa": "pressure"},
	"bin":          {"fill_pct": "fill_pct", "distance_m": "distance_m", "temp_c": "temperature", "tilted": "tilted"},
	"water":        {"level_m": "level_m", "distance_m": "distance_m"},
	"parking_spot": {"occupied": "occupied"},
	"parking_area": {"free": "free", "total": "total"},
	"noise":        {"laeq_db": "laeq_db", "lamax_db": "lamax_db"},
	"device":       {"battery_pct": "battery"},
}

// lora is what formats of LoRaWAN network servers have in common: battery
// sensors, carried by a gateway, whose codec names the fields.
type lora struct{ direct }

// Carried implements Format: the network server's connection carries all.
func (lora) Carried() bool { return true }

// Radio implements Format.
func (lora) Radio() bool { return true }

// Identity implements Format: the devEUI.
func (lora) Identity(d *Device, seed uint64) string { return EUI(d.ID, fmt.Sprint(seed)) }

// Speaks implements Format.
func (lora) Speaks(kind string) bool { return loraKeys[defaults[kind]] != nil && kind != "gateway" }

// Trim implements Format: a decoded payload has no place for extra tags.
func (lora) Trim(rs *signal.Readings) {
	rs.Filter(func(measurement, field string) bool {
		return measurement == "device" || loraKeys[measurement][field] != ""
	})
	for i := range rs.All() {
		rs.All()[i].Tags = nil
	}
}

// reception is what the network server measures of an uplink.
type reception struct{ rssi, snr float64 }

// appendDecoded appends the decoded payload, an object, and returns the
// reception, which stands elsewhere.
func appendDecoded(dst []byte, m *Message) ([]byte, reception) {
	var radio reception
	dst = append(dst, '{')
	for i := range m.Readings {
		r := &m.Readings[i]
		for _, v := range r.Values {
			switch key := loraKeys[r.Measurement][v.Field]; {
			case key != "":
				dst = appendNumber(appendKey(dst, key), v.Num)
			case v.Field == "rssi_dbm":
				radio.rssi = v.Num
			case v.Field == "snr_db":
				radio.snr = v.Num
			}
		}
	}
	return append(dst, '}'), radio
}
