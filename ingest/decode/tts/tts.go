// Package tts decodes what The Things Stack v3 (The Things Network, The Things
// Industries) publishes for end devices in JSON, by MQTT
// (v3/{application}[@{tenant}]/devices/{device}/{up|join|location/solved}) or
// webhook.
//
// Specification: The Things Stack documentation, "Data Formats" and "MQTT
// Server" (lorawan-stack-docs, doc/content/integrations). Members that are zero
// or false are absent. The documentation's own example of an uplink is not JSON:
// a comma is missing.
//
// The device is its devEUI, or its name in the application where it has none.
// The uplink's received_at is the network server's time. A normalized payload
// has units by its schema and comes before the decoded one.
package tts

import (
	"strings"

	"github.com/valyala/fastjson"

	"rione/geo"
	"rione/ingest"
	"rione/ingest/decode/lorawan"
	"rione/ingest/decode/wire"
)

// Decoder decodes messages of The Things Stack.
type Decoder struct {
	json  wire.Parser
	build lorawan.Builder
}

var _ ingest.Decoder = (*Decoder)(nil)

// New returns a decoder of messages of The Things Stack. Bytes that the network server did
// not decode are given to scripts first, if there are any.
func New(scripts lorawan.Scripts) *Decoder {
	return &Decoder{build: lorawan.Builder{Scripts: scripts}}
}

// Decode implements ingest.Decoder.
func (d *Decoder) Decode(m *ingest.Message, out *ingest.Readings) error {
	o, err := d.json.ParseObject(m.Payload)
	if err != nil {
		return err
	}
	ids := o.Get("end_device_ids")
	name := string(ids.GetStringBytes("device_id"))
	device, ok := lorawan.EUI(ids.GetStringBytes("dev_eui"))
	if !ok {
		device = name
	}
	if device == "" {
		return &ingest.Refusal{Reason: ingest.Unparsable, Field: "end_device_ids", Detail: "a dev_eui or a device_id is expected"}
	}
	if named := topicDevice(m.Topic); named != "" && name != "" && named != name {
		return &ingest.Refusal{Reason: ingest.NotPermitted, Field: "end_device_ids", Detail: "the message is of another device than the topic's"}
	}
	received := o.GetStringBytes("received_at")
	if up := o.Get("uplink_message"); up != nil {
		return d.uplink(up, device, name, received, out)
	}
	if up := o.Get("uplink_normalized"); up != nil {
		return d.normalized(up, device, received, out)
	}
	if join := o.Get("join_accept"); join != nil {
		lorawan.Event(out, device, lorawan.StampOf(join.GetStringBytes("received_at"), received), "join", "joined the network", 0)
		return nil
	}
	if solved := o.Get("location_solved"); solved != nil {
		return d.location(solved.Get("location"), device, received, out)
	}
	return ingest.Refuse(ingest.UnknownField, "no message that carries a reading (uplink_message, join_accept, location_solved)")
}

// topicDevice returns the device that an MQTT topic names.
func topicDevice(topic string) string {
	_, rest, ok := strings.Cut(topic, "/devices/")
	if !ok || !strings.HasPrefix(topic, "v3/") {
		return ""
	}
	name, _, _ := strings.Cut(rest, "/")
	return name
}

func (d *Decoder) uplink(up *fastjson.Value, device, name string, received []byte, out *ingest.Readings) error {
	u := lorawan.Uplink{
		Device: device, Time: lorawan.StampOf(up.GetStringBytes("received_at"), received),
		Data:       wire.Text(up.GetStringBytes("frm_payload")),
		Object:     up.GetObject("decoded_payload"),
		Normalized: up.GetArray("normalized_payload"),
		Position:   d.point(up.Get("locations", "frm-payload")),
	}
	if u.Undecoded() {
		ids := up.Get("version_ids")
		u.Models = []string{string(ids.GetStringBytes("model_id")), string(ids.GetStringBytes("brand_id")), name}
	}
	u.Counter, _ = d.json.Uint(up.Get("f_cnt"))
	u.Port, _ = d.json.Uint(up.Get("f_port"))
	for _, rx := range up.GetArray("rx_metadata") {
		rssi, heard := d.json.Float(rx.Get("rssi"))
		snr, _ := d.json.Float(rx.Get("snr"))
		if heard { // no gateway hears 0 dBm, so absent is not 0 here
			u.Signal.Hear(rssi, snr)
		}
	}
	return d.build.Build(&d.json, &u, out)
}

// normalized is the message of one measurement of a normalized payload, which the
// stack sends beside the uplink itself. The radio's figures are the uplink's.
func (d *Decoder) normalized(up *fastjson.Value, device string, received []byte, out *ingest.Readings) error {
	payload := up.Get("normalized_payload")
	if payload == nil {
		return &ingest.Refusal{Reason: ingest.Empty, Field: "uplink_normalized", Detail: "the message holds no normalized payload"}
	}
	u := lorawan.Uplink{
		Device: device, Time: lorawan.StampOf(up.GetStringBytes("received_at"), received), Normalized: []*fastjson.Value{payload},
	}
	u.Counter, _ = d.json.Uint(up.Get("f_cnt"))
	return d.build.Build(&d.json, &u, out)
}

func (d *Decoder) location(l *fastjson.Value, device string, received []byte, out *ingest.Readings) error {
	at := d.point(l)
	if at == nil {
		return &ingest.Refusal{Reason: ingest.Empty, Field: "location_solved", Detail: "the message holds no position"}
	}
	lorawan.Located(out, device, lorawan.StampOf(received), *at)
	return nil
}

// point returns a location; a coordinate that is absent is 0, two are none.
func (d *Decoder) point(l *fastjson.Value) *geo.Point {
	lat, ok1 := d.json.Float(l.Get("latitude"))
	lon, ok2 := d.json.Float(l.Get("longitude"))
	if !ok1 && !ok2 {
		return nil
	}
	return &geo.Point{Lat: lat, Lon: lon}
}
