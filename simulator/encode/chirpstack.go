package encode

import (
	"encoding/binary"
	"encoding/hex"
	"hash/fnv"
	"strconv"

	"rione/simulator/signal"
)

// chirpstack is the uplink event of ChirpStack v4 in its JSON form, with the
// object that a payload codec decoded. The network server publishes it, so a
// gateway's connection carries it.
type chirpstack struct{}

var _ Format = chirpstack{}

func (chirpstack) Name() string  { return "chirpstack" }
func (chirpstack) Carried() bool { return true }

// Speaks implements Format: battery sensors are on LoRaWAN.
func (chirpstack) Speaks(kind string) bool {
	return loraKeys[defaults[kind]] != nil && kind != "gateway"
}

// loraKeys says under which key of the object a field stands, as common codecs
// name it; fields that are not here are not sent. Signal strength and frame
// counter stand outside the object.
var loraKeys = map[string]map[string]string{
	"air": {"temp_c": "temperature", "rh_pct": "humidity", "press_hpa": "pressure", "pm25_ugm3": "pm2_5",
		"pm10_ugm3": "pm10", "co2_ppm": "co2"},
	"weather":      {"temp_c": "temperature", "rh_pct": "humidity", "press_hpa": "pressure"},
	"bin":          {"fill_pct": "fill_pct", "distance_m": "distance_m", "temp_c": "temperature", "tilted": "tilted"},
	"water":        {"level_m": "level_m", "distance_m": "distance_m"},
	"parking_spot": {"occupied": "occupied"},
	"noise":        {"laeq_db": "laeq_db", "lamax_db": "lamax_db"},
	"device":       {"battery_pct": "battery"},
}

// Trim implements Format: the object has no place for extra tags.
func (chirpstack) Trim(rs *signal.Readings) {
	rs.Filter(func(measurement, field string) bool {
		return measurement == "device" || loraKeys[measurement][field] != ""
	})
	for i := range rs.All() {
		rs.All()[i].Tags = nil
	}
}

// Topic implements Format.
func (chirpstack) Topic(d *Device) string {
	return "application/" + uuid("application", d.Comune) + "/device/" + d.ExternalID + "/event/up"
}

// Append implements Format.
func (chirpstack) Append(dst []byte, m *Message) []byte {
	d := m.Device
	dst = append(dst, '{')
	dst = appendString(appendKey(dst, "deduplicationId"), uuid(d.ExternalID, strconv.FormatUint(m.Seq, 10)))
	dst = append(appendKey(dst, "time"), '"')
	dst = append(m.Time.UTC().AppendFormat(dst, "2006-01-02T15:04:05.000"), `+00:00"`...)
	dst = append(appendKey(dst, "deviceInfo"), '{')
	dst = appendString(appendKey(dst, "tenantId"), uuid("tenant", ""))
	dst = appendString(appendKey(dst, "tenantName"), "Comune")
	dst = appendString(appendKey(dst, "applicationId"), uuid("application", d.Comune))
	dst = appendString(appendKey(dst, "applicationName"), "sensori "+d.Comune)
	dst = appendString(appendKey(dst, "deviceProfileId"), uuid("profile", d.Kind))
	dst = appendString(appendKey(dst, "deviceProfileName"), d.Kind)
	dst = appendString(appendKey(dst, "deviceName"), d.ID)
	dst = appendString(appendKey(dst, "devEui"), d.ExternalID)
	dst = append(appendKey(dst, "tags"), "{}}"...)
	dst = appendString(appendKey(dst, "devAddr"), d.ExternalID[8:])
	dst = append(dst, `,"adr":true,"dr":5`...)
	dst = strconv.AppendUint(appendKey(dst, "fCnt"), m.Seq, 10)
	dst = append(dst, `,"fPort":2,"confirmed":false,"data":"AA==","object":{`...)
	var rssi, snr float64
	for i := range m.Readings {
		dst = appendObject(dst, &m.Readings[i], &rssi, &snr)
	}
	dst = append(dst, `},"rxInfo":[{"gatewayId":"`...)
	dst = append(dst, EUI("gateway", d.Gateway)...)
	dst = appendNumber(append(dst, `","uplinkId":1,"rssi":`...), rssi)
	dst = appendNumber(append(dst, `,"snr":`...), snr)
	return append(dst, `,"crcStatus":"CRC_OK"}],"txInfo":{"frequency":868300000,"modulation":{"lora":{"bandwidth":125000,"spreadingFactor":7,"codeRate":"CR_4_5"}}}}`...)
}

// appendObject appends what a reading puts into the object, and keeps the
// radio's values, which the network server measures.
func appendObject(dst []byte, r *signal.Reading, rssi, snr *float64) []byte {
	for _, v := range r.Values {
		switch key := loraKeys[r.Measurement][v.Field]; {
		case key != "":
			dst = appendNumber(appendKey(dst, key), v.Num)
		case v.Field == "rssi_dbm":
			*rssi = v.Num
		case v.Field == "snr_db":
			*snr = v.Num
		}
	}
	return dst
}

// hash64 returns the same number for the same names.
func hash64(names ...string) uint64 {
	h := fnv.New64a()
	for _, n := range names {
		h.Write([]byte(n))
		h.Write([]byte{0})
	}
	return h.Sum64()
}

// EUI returns an EUI-64 of the locally administered range, so that it is
// nobody's.
func EUI(names ...string) string {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], hash64(names...))
	b[0] = b[0]&^1 | 2
	return hex.EncodeToString(b[:])
}

// uuid returns a UUID (version 8, RFC 9562) made of names.
func uuid(names ...string) string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], hash64(names...))
	binary.BigEndian.PutUint64(b[8:], hash64(append(names, "2")...))
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80
	s := hex.EncodeToString(b[:])
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}
