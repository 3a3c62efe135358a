// Package ucentral decodes what OpenWiFi access points (uCentral) say of
// themselves: the messages "state" and "healthcheck", in the JSON-RPC envelope
// of the device, in the envelope of the gateway's Kafka bus, or without one.
//
// Specification: Telecom Infra Project, wlan-cloud-ucentralgw PROTOCOL.md and
// KAFKA.md; wlan-ucentral-schema, state/*.yml. Builds before the survey member
// have flat figures in each radio and widths as text; both are read.
//
// The device is its serial number; unit.localtime is its time. Only what stands
// in this package is read: associations, clients and captive-portal sessions
// are counted, and no address, name or session of a person is kept. Members are
// never listed as unknown, since some keys are addresses.
package ucentral

import (
	"strings"

	"github.com/valyala/fastjson"

	"rione/ingest"
	"rione/ingest/decode/wire"
)

// Decoder decodes uCentral messages.
type Decoder struct {
	json   wire.Parser
	inner  wire.Parser // of a compressed state
	public wire.Names
}

var _ ingest.Decoder = (*Decoder)(nil)

// New returns a decoder of uCentral messages. Networks have readings of their
// own if they are among the public ones; the clients of all are counted.
func New(public wire.Names) *Decoder { return &Decoder{public: public} }

// Decode implements ingest.Decoder.
func (d *Decoder) Decode(m *ingest.Message, out *ingest.Readings) error {
	o, err := d.json.ParseObject(m.Payload)
	if err != nil {
		return err
	}
	body := o
	for _, envelope := range [...]string{"params", "payload"} {
		if inner := o.Get(envelope); wire.IsObject(inner) {
			body = inner
			break
		}
	}
	if packed := body.GetStringBytes("compress_64"); len(packed) > 0 {
		plain, err := Inflate(packed)
		if err != nil {
			return err
		}
		if body, err = d.inner.ParseObject(plain); err != nil {
			return err
		}
		return d.message(body, &d.inner, out)
	}
	return d.message(body, &d.json, out)
}

// message decodes {serial, uuid, state} or {serial, uuid, sanity, data}, or a
// state alone, which names no device.
func (d *Decoder) message(v *fastjson.Value, p *wire.Parser, out *ingest.Readings) error {
	serial := strings.ToLower(string(v.GetStringBytes("serial")))
	switch {
	case wire.IsObject(v.Get("state")):
		newState(serial, v.Get("state"), p, out, d.public).decode()
	case v.Exists("radios") || v.Exists("interfaces") || v.Exists("unit"):
		newState(serial, v, p, out, d.public).decode()
	case v.Exists("sanity"):
		r := out.Next()
		r.Device, r.Measurement = serial, "wifi_ap"
		if !p.Take(r, "sanity_pct", 0, v, "sanity") {
			out.Drop()
		}
	default:
		return ingest.Refuse(ingest.UnknownField, "neither a state nor a healthcheck; other methods carry no reading")
	}
	return wire.Outcome(out)
}
