package encode

import "strconv"

// chirpstack is the uplink event of ChirpStack v4 in its JSON form, with the
// object that a payload codec decoded.
type chirpstack struct{ lora }

var _ Format = chirpstack{}

func (chirpstack) Name() string { return "chirpstack" }

// Topic implements Format.
func (f chirpstack) Topic(d *Device, _ uint64) string {
	if d.Pushed {
		return pushPath(f.Name(), d)
	}
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
	dst, radio := appendDecoded(append(dst, `,"fPort":2,"confirmed":false,"data":"AA==","object":`...), m)
	dst = append(append(dst, `,"rxInfo":[{"gatewayId":"`...), EUI("gateway", d.Gateway)...)
	dst = appendNumber(append(dst, `","uplinkId":1,"rssi":`...), radio.rssi)
	dst = appendNumber(append(dst, `,"snr":`...), radio.snr)
	return append(dst, `,"crcStatus":"CRC_OK"}],"txInfo":{"frequency":868300000,"modulation":{"lora":{"bandwidth":125000,"spreadingFactor":7,"codeRate":"CR_4_5"}}}}`...)
}
