// Package chirpstack decodes the events of a ChirpStack v4 network server, in
// JSON, from its MQTT integration (application/{id}/device/{devEui}/event/{type})
// or its HTTP integration (?event={type}).
//
// Specification: ChirpStack documentation, "Event types"
// (chirpstack-docs, src/chirpstack/integrations/events.md), and
// api/proto/integration/integration.proto. Members that are zero may be absent.
// Events of version 3, which is still about, are read too: see version3.go.
//
// The device is its devEUI. The event's time is when the network server had it.
// Gateways, addresses and the names that people gave are not kept.
package chirpstack

import (
	"bytes"
	"strings"

	"github.com/valyala/fastjson"

	"rione/geo"
	"rione/ingest"
	"rione/ingest/decode/lorawan"
	"rione/ingest/decode/wire"
)

// Decoder decodes ChirpStack events.
type Decoder struct {
	json  wire.Parser
	inner wire.Parser // of an object that version 3 wrote as text
	build lorawan.Builder
}

// protobuf is how events in protobuf begin: field 1, a UUID of 36 characters.
const protobuf = "\x0a\x24"

var _ ingest.Decoder = (*Decoder)(nil)

// New returns a decoder of ChirpStack events. Bytes that the network server did
// not decode are given to scripts first, if there are any.
func New(scripts lorawan.Scripts) *Decoder {
	return &Decoder{build: lorawan.Builder{Scripts: scripts}}
}

// Decode implements ingest.Decoder.
func (d *Decoder) Decode(m *ingest.Message, out *ingest.Readings) error {
	if bytes.HasPrefix(m.Payload, []byte(protobuf)) {
		return ingest.Refuse(ingest.Unparsable, "this is protobuf; set the integration's encoding to JSON")
	}
	o, err := d.json.ParseObject(m.Payload)
	if err != nil {
		return err
	}
	device, ok := lorawan.EUI(o.GetStringBytes("deviceInfo", "devEui"))
	if !ok {
		device, ok = version3EUI(o)
	}
	if !ok {
		return &ingest.Refusal{Reason: ingest.Unparsable, Field: "deviceInfo.devEui", Detail: "a devEUI of 16 hex digits is expected"}
	}
	if named := level(m.Topic, "device"); named != "" && !strings.EqualFold(named, device) {
		return &ingest.Refusal{Reason: ingest.NotPermitted, Field: "deviceInfo.devEui", Detail: "the event is of another device than the topic's"}
	}
	at := lorawan.StampOf(o.GetStringBytes("time"))
	if at.At.IsZero() {
		at = version3Stamp(o)
	}
	kind := event(m.Topic)
	if kind == "" {
		kind = guess(o)
	}
	switch kind {
	case "up":
		return d.uplink(o, device, at, out)
	case "status":
		return d.status(o, device, at, out)
	case "location":
		return d.location(o, device, at, out)
	case "join":
		lorawan.Event(out, device, at, "join", "joined the network", 0)
	case "ack":
		lorawan.Event(out, device, at, "ack", acknowledgement(o), 0)
	case "txack":
		lorawan.Event(out, device, at, "txack", "a downlink was sent", 0)
	case "log":
		d.log(o, device, at, out)
	default:
		return ingest.Refuse(ingest.UnknownField, "no event of ChirpStack that carries a reading (up, status, join, ack, txack, log, location)")
	}
	return nil
}

// event returns the type of event that the topic or the path's query names.
func event(topic string) string {
	if _, query, ok := strings.Cut(topic, "event="); ok {
		kind, _, _ := strings.Cut(query, "&")
		return kind
	}
	return level(topic, "event")
}

// level returns the level of a topic that follows the level called name.
func level(topic, name string) string {
	for part := range strings.SplitSeq(topic, "/") {
		if name == "" {
			return part
		}
		if part == name {
			name = ""
		}
	}
	return ""
}

// guess tells the type of event by members that no other type has.
func guess(o *fastjson.Value) string {
	for _, mark := range [...][2]string{
		{"rxInfo", "up"}, {"object", "up"}, {"data", "up"}, {"fPort", "up"},
		{"margin", "status"}, {"batteryLevel", "status"}, {"externalPowerSource", "status"},
		{"location", "location"}, {"acknowledged", "ack"}, {"gatewayId", "txack"},
		{"code", "log"}, {"integrationName", "integration"}, {"devAddr", "join"},
	} {
		if o.Get(mark[0]) != nil {
			return mark[1]
		}
	}
	return ""
}

func (d *Decoder) uplink(o *fastjson.Value, device string, at lorawan.Stamp, out *ingest.Readings) error {
	u := lorawan.Uplink{Device: device, Time: at, Data: wire.Text(o.GetStringBytes("data")), Object: o.GetObject("object")}
	if u.Object == nil {
		u.Object = d.version3Object(o)
	}
	if u.Undecoded() {
		info := o.Get("deviceInfo")
		if info == nil {
			info = o
		}
		u.Models = []string{
			string(info.GetStringBytes("tags", "model")), string(info.GetStringBytes("deviceProfileName")), string(info.GetStringBytes("deviceName")),
		}
	}
	u.Counter, _ = d.json.Uint(o.Get("fCnt"))
	u.Port, _ = d.json.Uint(o.Get("fPort"))
	for _, rx := range o.GetArray("rxInfo") {
		rssi, heard := d.json.Float(rx.Get("rssi"))
		snr, ok := d.json.Float(rx.Get("snr"))
		if !ok {
			snr, _ = d.json.Float(rx.Get("loRaSNR"))
		}
		if heard { // no gateway hears 0 dBm, so absent is not 0 here
			u.Signal.Hear(rssi, snr)
		}
	}
	return d.build.Build(&d.json, &u, out)
}

// status is a device's answer about its battery. A device on mains power, or
// one that cannot measure, gives no figure.
func (d *Decoder) status(o *fastjson.Value, device string, at lorawan.Stamp, out *ingest.Readings) error {
	level, ok := d.json.Float(o.Get("batteryLevel"))
	if !ok || truth(o.Get("externalPowerSource")) || truth(o.Get("batteryLevelUnavailable")) {
		lorawan.Event(out, device, at, "status", "the device gives no battery level", 0)
		return nil
	}
	r := at.Reading(out, device)
	r.Number("battery_pct", level, 0)
	return nil
}

func (d *Decoder) location(o *fastjson.Value, device string, at lorawan.Stamp, out *ingest.Readings) error {
	l := o.Get("location")
	lat, ok1 := d.json.Float(l.Get("latitude"))
	lon, ok2 := d.json.Float(l.Get("longitude"))
	if !ok1 && !ok2 {
		return &ingest.Refusal{Reason: ingest.Empty, Field: "location", Detail: "the event holds no position"}
	}
	lorawan.Located(out, device, at, geo.Point{Lat: lat, Lon: lon})
	return nil
}

func (d *Decoder) log(o *fastjson.Value, device string, at lorawan.Stamp, out *ingest.Readings) {
	severity := 0.0
	switch string(o.GetStringBytes("level")) {
	case "WARNING":
		severity = 2
	case "ERROR":
		severity = 3
	}
	lorawan.Event(out, device, at, "log", string(o.GetStringBytes("code")), severity)
}

func acknowledgement(o *fastjson.Value) string {
	if truth(o.Get("acknowledged")) {
		return "a downlink was acknowledged"
	}
	return "a downlink was not acknowledged"
}

func truth(v *fastjson.Value) bool { return v != nil && v.Type() == fastjson.TypeTrue }
