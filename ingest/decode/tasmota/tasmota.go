// Package tasmota decodes the telemetry of Tasmota firmware: SENSOR, STATE and
// LWT below tele, in either order of prefix and topic, and the answers to Status
// 8 and 11.
//
// Specification: tasmota.github.io/docs, "MQTT" and the pages of the sensors.
// Time is local without an offset unless SetOption52 is set; the units of
// temperature, pressure and speed are what TempUnit, PressureUnit and SpeedUnit
// say. The device is the topic without prefix and command.
package tasmota

import (
	"strings"

	"github.com/valyala/fastjson"

	"rione/ingest"
	"rione/ingest/decode/alias"
	"rione/ingest/decode/wire"
	"rione/ingest/quantity"
)

// Decoder decodes Tasmota telemetry.
type Decoder struct {
	json   wire.Parser
	values alias.Collector
	units  map[string]quantity.Unit // of the message at hand, by what they measure
}

var _ ingest.Decoder = (*Decoder)(nil)

// New returns a decoder of Tasmota telemetry.
func New() *Decoder { return &Decoder{units: map[string]quantity.Unit{}} }

// Decode implements ingest.Decoder.
func (d *Decoder) Decode(m *ingest.Message, out *ingest.Readings) error {
	device, command := split(m.Topic)
	if command == "LWT" {
		return will(device, string(m.Payload), out)
	}
	v, err := d.json.ParseObject(m.Payload)
	if err != nil {
		return err
	}
	for _, wrapper := range [...]string{"StatusSNS", "StatusSTS"} {
		if inner := v.Get(wrapper); wire.IsObject(inner) {
			v = inner
		}
	}
	return d.telemetry(device, v, out)
}

// split returns the device and the command of a topic: tele/{device}/SENSOR or
// {device}/tele/SENSOR, where a device may hold slashes.
func split(topic string) (device, command string) {
	i := strings.LastIndexByte(topic, '/')
	if i < 0 {
		return "", topic
	}
	device, command = topic[:i], topic[i+1:]
	for _, prefix := range [...]string{"tele", "stat"} {
		if rest, ok := strings.CutPrefix(device, prefix+"/"); ok {
			return rest, command
		}
		if rest, ok := strings.CutSuffix(device, "/"+prefix); ok {
			return rest, command
		}
	}
	return device, command
}

func will(device, word string, out *ingest.Readings) error {
	online, ok := alias.State(word)
	if !ok {
		return &ingest.Refusal{Reason: ingest.WrongType, Field: "LWT", Detail: "Online or Offline is expected"}
	}
	r := out.Next()
	r.Device, r.Measurement = device, wire.DeviceMeasurement
	r.Number("online", online, 0)
	return nil
}

func (d *Decoder) telemetry(device string, v *fastjson.Value, out *ingest.Readings) error {
	when := ingest.Reading{Device: device}
	if at := v.GetStringBytes("Time"); len(at) > 0 && !wire.SetTime(&when, wire.Text(at)) {
		return &ingest.Refusal{Reason: ingest.WrongType, Field: "Time", Detail: "a date and time is expected"}
	}
	if err := d.readUnits(v); err != nil {
		return err
	}
	d.values.Reset()
	v.GetObject().Visit(func(key []byte, v *fastjson.Value) { d.member(string(key), v, out) })
	d.values.Readings(&when, out)
	return wire.Outcome(out)
}

// readUnits takes the units that the message states for its quantities.
func (d *Decoder) readUnits(v *fastjson.Value) error {
	clear(d.units)
	for _, key := range [...]string{"TempUnit", "PressureUnit", "SpeedUnit"} {
		symbol := string(v.GetStringBytes(key))
		if symbol == "" {
			continue
		}
		u, ok := quantity.Parse(symbol)
		if !ok {
			return wire.UnknownUnit(key, symbol)
		}
		d.units[key] = u
	}
	return nil
}

// member reads one member of the message: a sensor's object, or a figure of the
// device itself.
func (d *Decoder) member(name string, v *fastjson.Value, out *ingest.Readings) {
	switch {
	case name == "Wifi":
		d.add("rssi_dbm", "", "Wifi.Signal", v.Get("Signal"), out) // RSSI is a percentage
	case name == "ESP32": // how warm the chip is says nothing of the place
	case v.Type() == fastjson.TypeObject:
		v.GetObject().Visit(func(key []byte, v *fastjson.Value) { d.quantity(name, string(key), v, out) })
	default:
		if f, ok := figures[name]; ok {
			d.add(f.field, f.unit, name, v, out)
		}
	}
}

// quantity reads one figure of a sensor.
func (d *Decoder) quantity(sensor, name string, v *fastjson.Value, out *ingest.Readings) {
	f, ok := sensors[sensor+"."+name]
	if !ok {
		f, ok = sensors[name]
	}
	switch {
	case ok:
		d.add(f.field, f.unit, sensor+"."+name, v, out)
	case v.Type() == fastjson.TypeObject:
		d.statistics(sensor, name, v, out)
	case v.Type() == fastjson.TypeNumber:
		wire.Unknown(out, sensor+"."+name)
	}
}

// statistics reads a quantity that comes with its statistics, as anemometers
// write it: the mean over the telemetry's period where there is one, else what
// is measured now.
func (d *Decoder) statistics(sensor, name string, v *fastjson.Value, out *ingest.Readings) {
	for _, s := range anemometer {
		if s.quantity != name {
			continue
		}
		for _, statistic := range s.statistics {
			if n := v.Get(statistic); n != nil {
				d.add(s.field, s.unit, sensor+"."+name+"."+statistic, n, out)
				break
			}
		}
	}
}

// add adds a value. A sensor that does not answer says null.
func (d *Decoder) add(field, unit, name string, v *fastjson.Value, out *ingest.Readings) {
	if v == nil || v.Type() == fastjson.TypeNull {
		return
	}
	target, _ := alias.Lookup(field)
	if u, ok := d.units[unit]; ok {
		target.Unit = u
	} else if u, ok := quantity.Parse(unit); ok {
		target.Unit = u
	}
	d.values.Add(&d.json, name, target, v, out)
}
