package alias

import (
	"strings"

	"github.com/valyala/fastjson"

	"rione/ingest"
	"rione/ingest/decode/wire"
	"rione/ingest/quantity"
	"rione/ingest/schema"
)

// Collector gathers the values of objects whose keys are free: what a codec on
// a network server made of a device's bytes. It is reused.
type Collector struct {
	Main   []ingest.Value // values for the default measurement of the device's kind
	Device []ingest.Value // values that every kind of device can have

	place where // where the object says that the device is

	json *wire.Parser
	out  *ingest.Readings
}

// maxNesting is how deep containers may stand in each other.
const maxNesting = 4

// Collect adds the members of o. Keys that mean nothing here are listed in out
// as unknown, values of the wrong type as refused.
//
// A value is a number, a text, true or false; a text of a number and its unit; an
// object {"value": …, "unit": …};
// or, where a codec numbers its sensors, an object of channels, of which the
// first counts: a device with two thermometers needs a mapping of its own.
func (c *Collector) Collect(p *wire.Parser, o *fastjson.Object, out *ingest.Readings) {
	c.json, c.out = p, out
	c.object(o, 0)
}

// Member adds one member, as Collect does.
func (c *Collector) Member(p *wire.Parser, key string, v *fastjson.Value, out *ingest.Readings) {
	c.json, c.out = p, out
	c.member(key, v, 0)
}

// AddTo adds the value of a key that a format prescribes to a field, in the
// field's unit.
func (c *Collector) AddTo(field, key string, v *fastjson.Value, p *wire.Parser, out *ingest.Readings) {
	target := table[field]
	c.Add(p, key, target, v, out)
}

// Readings adds what was collected to out, as readings of the device and time
// of base: one for its kind, one of the device itself.
func (c *Collector) Readings(base *ingest.Reading, out *ingest.Readings) {
	for i, list := range [...][]ingest.Value{c.Main, c.Device} {
		if len(list) == 0 {
			continue
		}
		r := out.Next()
		r.Device, r.Time, r.LocalTime, r.Resolution = base.Device, base.Time, base.LocalTime, base.Resolution
		r.Position = c.Position()
		if i == 1 {
			r.Measurement = wire.DeviceMeasurement
		}
		r.Values = append(r.Values, list...)
	}
}

// Reset forgets the values and keeps the memory.
func (c *Collector) Reset() { c.Main, c.Device, c.place = c.Main[:0], c.Device[:0], where{} }

func (c *Collector) object(o *fastjson.Object, depth int) {
	o.Visit(func(key []byte, v *fastjson.Value) { c.member(wire.Text(key), v, depth) })
}

func (c *Collector) member(key string, v *fastjson.Value, depth int) {
	if c.located(key, v, depth) {
		return
	}
	target, known := Lookup(key)
	if !known {
		if base, ok := Channel(key); ok {
			target, known = Lookup(base)
		}
	}
	switch v.Type() {
	case fastjson.TypeNull:
	case fastjson.TypeObject:
		c.nested(key, target, known, v, depth)
	case fastjson.TypeString:
		if n, symbol, ok := measured(wire.Text(v.GetStringBytes())); ok && known {
			c.inUnit(key, target, n, symbol)
			return
		}
		c.single(key, target, known, v)
	default:
		c.single(key, target, known, v)
	}
}

// single adds a value that states no unit.
func (c *Collector) single(key string, target Target, known bool, v *fastjson.Value) {
	if !known || target.NeedsUnit {
		wire.Unknown(c.out, key)
		return
	}
	c.Add(c.json, key, target, v, c.out)
}

// inUnit adds a figure that was written with its unit.
func (c *Collector) inUnit(key string, target Target, n float64, symbol string) {
	unit, ok := quantity.Parse(symbol)
	if !ok {
		wire.RefuseUnit(c.out, key, symbol)
		return
	}
	target.Unit = unit
	c.put(key, target, ingest.Value{Field: target.Field.Name, Num: n}, c.out)
}

// measured splits a figure that is written with its unit, such as "3.287 V".
func measured(text string) (n float64, symbol string, ok bool) {
	text = strings.TrimSpace(text)
	end := 0
	for end < len(text) && (text[end] >= '0' && text[end] <= '9' || text[end] == '.' || end == 0 && text[end] == '-') {
		end++
	}
	symbol = strings.TrimSpace(text[end:])
	if symbol == "" || end == 0 {
		return 0, "", false
	}
	n, ok = wire.Float([]byte(text[:end]))
	return n, symbol, ok
}

func (c *Collector) nested(key string, target Target, known bool, v *fastjson.Value, depth int) {
	switch {
	case known && v.Exists("value"):
		c.withUnit(key, target, v)
	case known:
		if first := firstChannel(v.GetObject()); first != nil && !target.NeedsUnit {
			c.Add(c.json, key, target, first, c.out)
			return
		}
		wire.Unknown(c.out, key)
	case depth < maxNesting && isContainer(key):
		c.object(v.GetObject(), depth+1)
	default:
		wire.Unknown(c.out, key)
	}
}

func (c *Collector) withUnit(key string, target Target, v *fastjson.Value) {
	if symbol := v.GetStringBytes("unit"); len(symbol) > 0 {
		unit, ok := quantity.Parse(wire.Text(symbol))
		if !ok {
			wire.RefuseUnit(c.out, key, string(symbol))
			return
		}
		target.Unit = unit
	} else if target.NeedsUnit {
		wire.Unknown(c.out, key)
		return
	}
	c.Add(c.json, key, target, v.Get("value"), c.out)
}

// Add adds one value for a target. The first value of a field stays, and
// another one is listed as unknown.
func (c *Collector) Add(p *wire.Parser, key string, target Target, v *fastjson.Value, out *ingest.Readings) {
	value, ok := Value(p, target.Field, v)
	if !ok {
		wire.Refuse(out, ingest.WrongType, key, "the value is not of the field's type")
		return
	}
	c.put(key, target, value, out)
}

func (c *Collector) put(key string, target Target, value ingest.Value, out *ingest.Readings) {
	if target.Absent != 0 && value.Num == target.Absent {
		wire.Absent(out, value.Field, value.Num)
		return
	}
	if target.Field.Name == "battery_pct" && target.Unit.Dimension() == quantity.Voltage {
		value.Field = "battery_v" // makers call both a battery
	}
	list := &c.Main
	if target.OfDevice {
		list = &c.Device
	}
	value.Unit = target.Unit
	for i := range *list {
		if old := &(*list)[i]; old.Field == value.Field {
			if *old != value {
				wire.Unknown(out, key)
			}
			return
		}
	}
	*list = append(*list, value)
}

// Value returns v as a value of f: numbers, numbers as text, and for states
// also true, false and the words that devices have for them.
func Value(p *wire.Parser, f *schema.Field, v *fastjson.Value) (ingest.Value, bool) {
	out := ingest.Value{Field: f.Name}
	switch v.Type() {
	case fastjson.TypeNumber, fastjson.TypeString:
		n, ok := p.Loose(v)
		if !ok && f.Role == schema.State {
			n, ok = State(wire.Text(v.GetStringBytes()))
		}
		out.Num = n
		return out, ok
	case fastjson.TypeTrue, fastjson.TypeFalse:
		out.Kind = ingest.Bool
		if v.Type() == fastjson.TypeTrue {
			out.Num = 1
		}
		return out, f.Role == schema.State
	}
	return out, false
}

// State returns 1 or 0 for the words that devices have for states.
func State(word string) (float64, bool) {
	switch strings.ToLower(word) {
	case "on", "true", "yes", "occupied", "busy", "closed", "online", "tilt", "tilted", "up":
		return 1, true
	case "off", "false", "no", "free", "vacant", "available", "unoccupied", "open", "offline", "normal", "down", "ok":
		return 0, true
	}
	return 0, false
}

// isContainer tells whether an object's key says only that values follow.
func isContainer(key string) bool {
	switch key {
	case "data", "values", "measurements", "decoded", "payload", "telemetry", "fields":
		return true
	}
	return false
}

// firstChannel returns the value of the lowest channel, nil unless every key is
// a number and every value is single.
func firstChannel(o *fastjson.Object) *fastjson.Value {
	var first *fastjson.Value
	var lowest float64
	all := true
	o.Visit(func(key []byte, v *fastjson.Value) {
		n, ok := wire.Float(key)
		if !ok || v.Type() == fastjson.TypeObject || v.Type() == fastjson.TypeArray {
			all = false
			return
		}
		if first == nil || n < lowest {
			first, lowest = v, n
		}
	})
	if !all {
		return nil
	}
	return first
}
