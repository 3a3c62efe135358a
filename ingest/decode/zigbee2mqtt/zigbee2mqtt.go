// Package zigbee2mqtt decodes what Zigbee2MQTT publishes for each device on
// zigbee2mqtt/{name}, and its availability on zigbee2mqtt/{name}/availability.
//
// Specification: zigbee2mqtt.io, "MQTT Topics and Messages" and "Exposes".
// Messages carry no time by default; last_seen, where it is configured, is the
// coordinator's clock. Brightness is 0 to 254; voltage is in mV where it is a
// battery's.
//
// The device is the name in the topic. What the bridge says of itself carries
// no reading.
package zigbee2mqtt

import (
	"strings"

	"github.com/valyala/fastjson"

	"rione/ingest"
	"rione/ingest/decode/alias"
	"rione/ingest/decode/wire"
	"rione/ingest/quantity"
)

// Decoder decodes Zigbee2MQTT messages.
type Decoder struct {
	json   wire.Parser
	values alias.Collector
}

var _ ingest.Decoder = (*Decoder)(nil)

// New returns a decoder of Zigbee2MQTT messages.
func New() *Decoder { return &Decoder{} }

// Decode implements ingest.Decoder.
func (d *Decoder) Decode(m *ingest.Message, out *ingest.Readings) error {
	_, name, _ := strings.Cut(m.Topic, "/")
	if name == "bridge" || strings.HasPrefix(name, "bridge/") {
		return ingest.Refuse(ingest.UnknownField, "what the bridge says of itself carries no reading")
	}
	if device, ok := strings.CutSuffix(name, "/availability"); ok {
		return d.availability(device, m.Payload, out)
	}
	v, err := d.json.ParseObject(m.Payload)
	if err != nil {
		return err
	}
	return d.state(name, v, out)
}

// availability is {"state": "online"}, in older versions the word alone.
func (d *Decoder) availability(device string, payload []byte, out *ingest.Readings) error {
	word := string(payload)
	if strings.HasPrefix(strings.TrimSpace(word), "{") {
		v, err := d.json.ParseObject(payload)
		if err != nil {
			return err
		}
		word = string(v.GetStringBytes("state"))
	}
	online, ok := alias.State(strings.TrimSpace(word))
	if !ok {
		return &ingest.Refusal{Reason: ingest.WrongType, Field: "state", Detail: "online or offline is expected"}
	}
	r := out.Next()
	r.Device, r.Measurement = device, wire.DeviceMeasurement
	r.Number("online", online, 0)
	return nil
}

// fullBrightness is the value of a lamp that is not dimmed.
const fullBrightness = 254

func (d *Decoder) state(device string, v *fastjson.Value, out *ingest.Readings) error {
	d.values.Reset()
	when, lux, onBattery := ingest.Reading{Device: device}, v.Exists("illuminance_lux"), v.Exists("battery")
	if at := v.Get("last_seen"); at != nil && at.Type() != fastjson.TypeNull && !wire.SetTime(&when, d.json.Raw(at)) {
		return &ingest.Refusal{Reason: ingest.WrongType, Field: "last_seen", Detail: "Unix time or a date and time is expected"}
	}
	v.GetObject().Visit(func(key []byte, v *fastjson.Value) {
		switch name := wire.Text(key); name {
		case "last_seen":
		case "state":
			d.values.AddTo("lit", name, v, &d.json, out)
		case "power":
			d.values.AddTo("power_w", name, v, &d.json, out)
		case "energy":
			d.values.AddTo("energy_kwh", name, v, &d.json, out)
		case "illuminance_lux": // in versions in which illuminance was the sensor's raw figure
			d.values.AddTo("lux", name, v, &d.json, out)
		case "illuminance":
			if !lux {
				d.values.AddTo("lux", name, v, &d.json, out)
			}
		case "voltage":
			if !onBattery { // the mains', of a plug
				wire.Unknown(out, name)
				return
			}
			target, _ := alias.Lookup("battery_v")
			target.Unit = quantity.Millivolt
			d.values.Add(&d.json, name, target, v, out)
		case "brightness":
			if n, ok := d.json.Float(v); ok {
				d.values.Main = append(d.values.Main, ingest.Value{Field: "dim_pct", Num: 100 * n / fullBrightness})
			}
		default:
			d.values.Member(&d.json, name, v, out)
		}
	})
	d.values.Readings(&when, out)
	return wire.Outcome(out)
}
