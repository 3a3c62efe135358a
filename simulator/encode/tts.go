package encode

import "strconv"

// tts is the uplink message of The Things Stack v3, with the payload that its
// formatter decoded. Its network server publishes no zeros outside the decoded
// payload; those that we write mean the same.
type tts struct{ lora }

var _ Format = tts{}

func (tts) Name() string { return "tts" }

// Topic implements Format.
func (f tts) Topic(d *Device, _ uint64) string {
	if d.Pushed {
		return pushPath(f.Name(), d)
	}
	return "v3/sensori-" + d.Comune + "@comune/devices/" + d.ID + "/up"
}

// Append implements Format.
func (tts) Append(dst []byte, m *Message) []byte {
	d := m.Device
	dst = append(dst, `{"end_device_ids":{`...)
	dst = appendString(appendKey(dst, "device_id"), d.ID)
	dst = append(appendString(append(appendKey(dst, "application_ids"), `{"application_id":`...), "sensori-"+d.Comune), '}')
	dst = appendString(appendKey(dst, "dev_eui"), d.ExternalID)
	dst = appendString(appendKey(dst, "join_eui"), EUI("join", d.Comune))
	dst = append(appendString(appendKey(dst, "dev_addr"), d.ExternalID[8:]), '}')
	dst = append(appendString(append(appendKey(dst, "correlation_ids"), '['), "as:up:"+uuid(d.ExternalID, strconv.FormatUint(m.Seq, 10))), ']')
	dst = appendTime(appendKey(dst, "received_at"), m)
	dst = append(appendKey(dst, "uplink_message"), `{"session_key_id":"AA==","f_port":2`...)
	dst = strconv.AppendUint(appendKey(dst, "f_cnt"), m.Seq, 10)
	dst, radio := appendDecoded(append(dst, `,"frm_payload":"AA==","decoded_payload":`...), m)
	dst = append(append(dst, `,"rx_metadata":[{"gateway_ids":{`...), `"gateway_id":"`...)
	dst = append(append(dst, d.Gateway...), '"')
	dst = append(appendString(appendKey(dst, "eui"), EUI("gateway", d.Gateway)), '}')
	dst = appendNumber(appendKey(dst, "rssi"), radio.rssi)
	dst = appendNumber(appendKey(dst, "channel_rssi"), radio.rssi)
	dst = append(appendNumber(appendKey(dst, "snr"), radio.snr), `}],"settings":{"data_rate":{"lora":{"bandwidth":125000,"spreading_factor":7}},"frequency":"868300000"}`...)
	dst = appendTime(appendKey(dst, "received_at"), m)
	return append(dst, "}}"...)
}

func appendTime(dst []byte, m *Message) []byte {
	return append(m.Time.UTC().AppendFormat(append(dst, '"'), "2006-01-02T15:04:05.000000000Z"), '"')
}
