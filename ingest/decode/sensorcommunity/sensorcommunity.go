// Package sensorcommunity decodes what sensor.community stations send to an API
// of one's own, and the arrays that its public API answers with.
//
// Specification: airrohr firmware, "send data to own API"; sensor.community API
// (opendata-stuttgart meta wiki, EN-APIs). P1 is PM10, P2 is PM2.5, P0 is PM1;
// pressure is in Pa; values are text; names may begin with the sensor's.
//
// The device is the chip's id, or the sensor's in the public API, whose
// timestamps are UTC without saying so. These stations are low-cost: their
// readings of air are of grade indicative.
package sensorcommunity

import (
	"strings"

	"github.com/valyala/fastjson"

	"rione/geo"
	"rione/ingest"
	"rione/ingest/decode/wire"
	"rione/ingest/quantity"
)

// Decoder decodes sensor.community messages.
type Decoder struct{ json wire.Parser }

var _ ingest.Decoder = (*Decoder)(nil)

// New returns a decoder of sensor.community messages.
func New() *Decoder { return &Decoder{} }

// kind is what a value's name, without the sensor's, stands for.
type kind struct {
	measurement, field string
	unit               quantity.Unit
}

var kinds = map[string]kind{
	"P0":           {"air", "pm1_ugm3", 0},
	"P1":           {"air", "pm10_ugm3", 0},
	"P2":           {"air", "pm25_ugm3", 0},
	"temperature":  {"air", "temp_c", 0},
	"humidity":     {"air", "rh_pct", 0},
	"pressure":     {"air", "press_hpa", quantity.Pascal},
	"co2_ppm":      {"air", "co2_ppm", 0},
	"noise_LAeq":   {"noise", "laeq_db", 0},
	"noise_LA_max": {"noise", "lamax_db", 0},
	"noise_LA_min": {"noise", "lamin_db", 0},
	"signal":       {wire.DeviceMeasurement, "rssi_dbm", 0},
}

// Decode implements ingest.Decoder.
func (d *Decoder) Decode(m *ingest.Message, out *ingest.Readings) error {
	v, err := d.json.Parse(m.Payload)
	if err != nil {
		return err
	}
	if v.Type() != fastjson.TypeArray {
		d.station(v, out)
		return wire.Outcome(out)
	}
	for _, item := range v.GetArray() {
		d.station(item, out)
	}
	return wire.Outcome(out)
}

// station adds the readings of one message of a station.
func (d *Decoder) station(v *fastjson.Value, out *ingest.Readings) {
	var base ingest.Reading
	base.Device = d.device(v)
	if at := string(v.GetStringBytes("timestamp")); at != "" && !wire.SetTime(&base, at) {
		wire.Refuse(out, ingest.WrongType, "timestamp", "a date and time is expected; the station is left out")
		return
	}
	if base.Time.IsZero() {
		base.Time = base.LocalTime // the API means UTC
	}
	base.Position = d.position(v)
	for _, measurement := range [...]string{"air", "noise", wire.DeviceMeasurement} {
		d.reading(v, measurement, &base, out)
	}
	for _, item := range v.GetArray("sensordatavalues") {
		name := string(item.GetStringBytes("value_type"))
		if _, ok := kindOf(name); !ok && !strings.HasPrefix(name, "GPS_") {
			wire.Unknown(out, name)
		}
	}
}

// reading adds the values that go to one measurement.
func (d *Decoder) reading(v *fastjson.Value, measurement string, base *ingest.Reading, out *ingest.Readings) {
	r := out.Next()
	r.Device, r.Measurement, r.Time, r.Resolution, r.Position = base.Device, measurement, base.Time, base.Resolution, base.Position
	if measurement == "air" {
		r.Tags = append(r.Tags, ingest.Tag{Name: "grade", Value: "indicative"})
	}
	for _, item := range v.GetArray("sensordatavalues") {
		name := string(item.GetStringBytes("value_type"))
		k, ok := kindOf(name)
		if !ok || k.measurement != measurement {
			continue
		}
		n, ok := d.number(item.Get("value"))
		switch {
		case !ok:
			wire.Refuse(out, ingest.WrongType, name, "the value is no number")
		case has(r, k.field):
			wire.Unknown(out, name)
		default:
			r.Number(k.field, n, k.unit)
		}
	}
	if len(r.Values) == 0 {
		out.Drop()
	}
}

// number reads a value, with the unit that some firmware writes behind it.
func (d *Decoder) number(v *fastjson.Value) (float64, bool) {
	if text := v.GetStringBytes(); len(text) > 0 {
		first, _, _ := strings.Cut(string(text), " ")
		return wire.Float([]byte(first))
	}
	return d.json.Float(v)
}

func has(r *ingest.Reading, field string) bool {
	for i := range r.Values {
		if r.Values[i].Field == field {
			return true
		}
	}
	return false
}

// kindOf finds what a name stands for, with or without a sensor's name and "_"
// before it.
func kindOf(name string) (kind, bool) {
	for {
		if k, ok := kinds[name]; ok {
			return k, true
		}
		_, rest, ok := strings.Cut(name, "_")
		if !ok {
			return kind{}, false
		}
		name = rest
	}
}

// device returns the chip's id, which firmware writes as a number or as text,
// or the sensor's id.
func (d *Decoder) device(v *fastjson.Value) string {
	for _, path := range [...][]string{{"esp8266id"}, {"esp32id"}, {"raspiid"}, {"sensor", "id"}} {
		id := v.Get(path...)
		if id != nil && (id.Type() == fastjson.TypeString || id.Type() == fastjson.TypeNumber) {
			return strings.Clone(d.json.Raw(id))
		}
	}
	return ""
}

// position returns where the station's GPS says it is, or the public API's
// location where that is not blurred.
func (d *Decoder) position(v *fastjson.Value) *geo.Point {
	var p geo.Point
	var seen int
	for _, item := range v.GetArray("sensordatavalues") {
		n, ok := d.number(item.Get("value"))
		if !ok {
			continue
		}
		switch string(item.GetStringBytes("value_type")) {
		case "GPS_lat":
			p.Lat, seen = n, seen|1
		case "GPS_lon":
			p.Lon, seen = n, seen|2
		}
	}
	if seen != 3 && v.GetInt("location", "exact_location") == 1 {
		lat, ok1 := d.json.Loose(v.Get("location", "latitude"))
		lon, ok2 := d.json.Loose(v.Get("location", "longitude"))
		if ok1 && ok2 {
			p, seen = geo.Point{Lat: lat, Lon: lon}, 3
		}
	}
	if seen != 3 || p.Check() != nil { // without a fix the firmware says -200
		return nil
	}
	return &p
}
