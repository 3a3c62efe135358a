// Package ngsi decodes entities of FIWARE context brokers: NGSIv2 normalized
// and key-values, NGSI-LD normalized and simplified, one entity, an array of
// them or a notification. The forms mix in practice, so each attribute is read
// by what it is.
//
// Specification: FIWARE-NGSI v2; ETSI GS CIM 009 (NGSI-LD); the Smart Data
// Models' schema.json of each type. Units are UN/CEFACT codes (unitCode), else
// those of the model: shares are 0 to 1, coordinates are longitude first.
//
// The device is refDevice, else the entity's id without the time that some
// models put at its end. The time is the entity's observation, of an interval
// its end, or where it states none that of each attribute; without an offset it is a local time.
package ngsi

import (
	"math"
	"strings"
	"time"

	"github.com/valyala/fastjson"

	"rione/geo"
	"rione/ingest"
	"rione/ingest/decode/wire"
	"rione/ingest/schema"
)

// Decoder decodes NGSI entities.
type Decoder struct{ json wire.Parser }

var _ ingest.Decoder = (*Decoder)(nil)

// New returns a decoder of NGSI entities.
func New() *Decoder { return &Decoder{} }

// Decode implements ingest.Decoder.
func (d *Decoder) Decode(m *ingest.Message, out *ingest.Readings) error {
	v, err := d.json.Parse(m.Payload)
	if err != nil {
		return err
	}
	list := v.GetArray()
	if v.Exists("data") { // a notification
		list = v.GetArray("data")
	} else if wire.IsObject(v) {
		list = []*fastjson.Value{v}
	}
	for _, item := range list {
		if !wire.IsObject(item) {
			wire.Refuse(out, ingest.WrongType, "data", "an entity is an object")
			continue
		}
		e := entity{p: &d.json, v: item, out: out}
		e.decode()
	}
	return wire.Outcome(out)
}

// entity is one entity being decoded.
type entity struct {
	p       *wire.Parser
	v       *fastjson.Value
	out     *ingest.Readings
	measure *schema.Measurement // of the entity's type
	when    ingest.Reading      // time and place of what has none of its own
	stated  bool                // that is the time of all attributes
	unread  bool                // it states one that is not understood
	groups  []group
}

// group gathers the values of one measurement and time.
type group struct {
	measure *schema.Measurement
	when    ingest.Reading // time of its attributes
	values  []ingest.Value
}

func (e *entity) decode() {
	model, ok := e.model()
	if !ok {
		wire.Refuse(e.out, ingest.UnknownField, "type", "no measurement for entities of this type; a mapping can make one")
		return
	}
	e.measure = schema.Lookup(model)
	if !e.time() {
		wire.Refuse(e.out, ingest.WrongType, "dateObserved", "a date and time, or an interval, is expected; the entity is left out")
		return
	}
	e.place()
	e.groups = append(e.groups, group{measure: e.measure, when: e.when}) // which comes first
	e.v.GetObject().Visit(func(key []byte, v *fastjson.Value) { e.attribute(lastPart(string(key)), v) })
	device := e.device()
	for _, g := range e.groups {
		if len(g.values) == 0 {
			continue
		}
		r := e.out.Next()
		r.Device, r.Measurement = device, g.measure.Name
		r.Time, r.LocalTime, r.Resolution, r.ServerTime = g.when.Time, g.when.LocalTime, g.when.Resolution, e.when.ServerTime
		r.Position = e.when.Position
		r.Values = append(r.Values, g.values...)
		if g.measure == e.measure {
			e.tags(r)
			if seconds, ok := e.window(); ok && e.measure.Field("window_s") != nil {
				r.Number("window_s", seconds, 0)
			}
		}
	}
}

// model returns the measurement of the entity's type, or, of several types
// (NGSI-LD allows it), of the first that has one.
func (e *entity) model() (string, bool) {
	kinds := e.v.GetArray("type")
	if kinds == nil {
		kinds = []*fastjson.Value{e.v.Get("type")}
	}
	for _, kind := range kinds {
		if model, ok := models[lastPart(string(kind.GetStringBytes()))]; ok {
			return model, true
		}
	}
	return "", false
}

// lastPart returns the short name of an expanded term (https://…#temperature).
func lastPart(name string) string {
	if i := strings.LastIndexAny(name, "/#"); i >= 0 && strings.Contains(name, "://") {
		return name[i+1:]
	}
	return name
}

// plain returns the value of an attribute in any of its forms: itself, a
// property's value, a typed value's @value, a relationship's object.
func plain(v *fastjson.Value) *fastjson.Value {
	for _, key := range [...]string{"value", "@value", "object"} {
		if inner := v.Get(key); inner != nil {
			v = inner
		}
	}
	return v
}

func text(v *fastjson.Value) string { return string(plain(v).GetStringBytes()) }

// device returns the identity of what observed.
func (e *entity) device() string {
	if ref := plain(e.v.Get("refDevice")); ref != nil {
		if ref.Type() == fastjson.TypeArray && len(ref.GetArray()) == 1 {
			ref = ref.GetArray()[0]
		}
		if id := string(ref.GetStringBytes()); id != "" {
			return id
		}
	}
	return withoutTime(string(e.v.GetStringBytes("id")))
}

// withoutTime cuts the dates and times at the end of an id off, each with the
// separator before it: one, or the two ends of an interval.
func withoutTime(id string) string {
	for range 2 {
		id = withoutLast(id)
	}
	return id
}

func withoutLast(id string) string {
	const layout = "2006-01-02T15:04:05"
	const longest = len(layout) + len(".123456789+01:00")
	for i := max(1, len(id)-longest); i < len(id); i++ {
		if tail := id[i:]; (id[i-1] == '-' || id[i-1] == ':' || id[i-1] == '_') && len(tail) >= len(layout) && isDate(tail) {
			return id[:i-1]
		}
	}
	return id
}

func isDate(text string) bool {
	var r ingest.Reading
	return text[4] == '-' && wire.SetTime(&r, text)
}

// place takes the entity's location where it is a point.
func (e *entity) place() {
	l := e.v.Get("location")
	if inner := l.Get("value"); inner != nil {
		l = inner
	}
	if string(l.GetStringBytes("type")) != "Point" {
		return
	}
	lon, ok1 := e.p.Float(l.Get("coordinates", "0"))
	lat, ok2 := e.p.Float(l.Get("coordinates", "1"))
	if ok1 && ok2 {
		e.when.Position = &geo.Point{Lat: lat, Lon: lon}
	}
}

// time takes the time of the observation from where the models put it, else the
// first of an attribute, and that of the broker. It is false where the entity
// states one that is not understood, and there is no other.
func (e *entity) time() bool {
	if e.stated = e.observed(); !e.stated {
		e.v.GetObject().Visit(func(_ []byte, v *fastjson.Value) {
			if at := own(instance(v)); !timed(&e.when) {
				e.when.Time, e.when.LocalTime, e.when.Resolution = at.Time, at.LocalTime, at.Resolution
			}
		})
	}
	for _, key := range [...]string{"dateModified", "modifiedAt"} {
		if at, ok := wire.Date(text(e.v.Get(key))); ok {
			e.when.ServerTime = at
			break
		}
	}
	return timed(&e.when) || !e.unread
}

func timed(r *ingest.Reading) bool { return !r.Time.IsZero() || !r.LocalTime.IsZero() }

// own returns the time that an attribute states.
func own(attr *fastjson.Value) (r ingest.Reading) {
	for _, path := range [...][]string{{"observedAt"}, {"metadata", "TimeInstant"}, {"metadata", "timestamp"}, {"metadata", "dateObserved"}} {
		if at := text(attr.Get(path...)); at != "" && wire.SetTime(&r, at) {
			return r
		}
	}
	return r
}

// observed takes the time that the entity states, of an interval its end: the
// first with an offset, else the first.
func (e *entity) observed() bool {
	for _, key := range [...]string{"dateObserved", "observationDateTime", "dateObservedTo", "TimeInstant", "timestamp", "binLoggedTime", "dateLastValueReported"} {
		at := text(e.v.Get(key))
		if _, end, interval := strings.Cut(at, "/"); interval {
			at = end
		}
		var r ingest.Reading
		if at != "" && !wire.SetTime(&r, at) {
			e.unread = true
		}
		if !timed(&r) || r.Time.IsZero() && !e.when.LocalTime.IsZero() {
			continue
		}
		e.when.Time, e.when.LocalTime, e.when.Resolution = r.Time, r.LocalTime, r.Resolution
		if !r.Time.IsZero() {
			return true
		}
	}
	return !e.when.LocalTime.IsZero()
}

// window returns the length of the interval that was observed, in s, by its two
// ends.
func (e *entity) window() (float64, bool) {
	from, to, ok := strings.Cut(text(e.v.Get("dateObserved")), "/")
	if !ok {
		from, to = text(e.v.Get("dateObservedFrom")), text(e.v.Get("dateObservedTo"))
	}
	start, ok1 := moment(from)
	end, ok2 := moment(to)
	return math.Round(end.Sub(start).Seconds()), ok1 && ok2 && end.After(start)
}

// moment reads a date with an offset or without, as far as both ends of an
// interval are alike.
func moment(text string) (time.Time, bool) {
	var r ingest.Reading
	if text == "" || !wire.SetTime(&r, text) {
		return time.Time{}, false
	}
	if r.Time.IsZero() {
		return r.LocalTime, true
	}
	return r.Time, true
}
