package ngsi

import (
	"github.com/valyala/fastjson"

	"rione/ingest"
	"rione/ingest/decode/alias"
	"rione/ingest/decode/wire"
	"rione/ingest/quantity"
	"rione/ingest/schema"
)

// attribute adds one attribute. Those without a field are listed as unknown if
// they are measured at all, that is, numbers.
func (e *entity) attribute(name string, attr *fastjson.Value) {
	attr = instance(attr)
	v := plain(attr)
	if v == nil || v.Type() == fastjson.TypeNull {
		return
	}
	a, ok := attributes[name]
	if name == "status" && e.measure.Name == "light" {
		a = lampStatus
	}
	if !ok {
		if v.Type() == fastjson.TypeNumber && name != laneID {
			wire.Unknown(e.out, name)
		}
		return
	}
	unit, stated, ok := e.unit(name, attr)
	if !ok {
		return
	}
	if !stated {
		if a.askUnit {
			wire.Unknown(e.out, name)
			return
		}
		unit = a.unit
	}
	when := e.when
	if at := own(attr); !e.stated && timed(&at) {
		when = at
	}
	g, f := e.group(a.field, when)
	if f == nil {
		wire.Unknown(e.out, name)
		return
	}
	value, ok := e.value(a, f, v)
	if !ok {
		wire.Refuse(e.out, ingest.WrongType, name, "the value is not of the attribute's type")
		return
	}
	value.Unit = unit
	if a.none != nil && a.none(value.Num) {
		return
	}
	for _, old := range g.values {
		if old.Field == value.Field {
			return
		}
	}
	g.values = append(g.values, value)
}

func (e *entity) value(a attribute, f *schema.Field, v *fastjson.Value) (ingest.Value, bool) {
	if a.words == nil {
		return alias.Value(e.p, f, v)
	}
	n, ok := a.words[string(v.GetStringBytes())]
	return ingest.Value{Field: f.Name, Kind: ingest.Bool, Num: n}, ok
}

// unit returns the unit that an attribute states, if it does.
func (e *entity) unit(name string, attr *fastjson.Value) (u quantity.Unit, stated, ok bool) {
	code := string(attr.GetStringBytes("unitCode"))
	if code == "" {
		code = text(attr.Get("metadata", "unitCode"))
	}
	if code == "" {
		return 0, false, true
	}
	u, ok = quantity.Parse(code)
	if !ok {
		wire.RefuseUnit(e.out, name, code)
	}
	return u, true, ok
}

// instance returns the instance of an attribute that counts: of several (ETSI GS
// CIM 009, 4.5.5) the one without a datasetId, which is the default, else the
// first. A list of anything else is a value.
func instance(attr *fastjson.Value) *fastjson.Value {
	list := attr.GetArray()
	for _, one := range list {
		if !wire.IsObject(one) || !one.Exists("value") && !one.Exists("object") {
			return attr
		}
	}
	for _, one := range list {
		if !one.Exists("datasetId") {
			return one
		}
	}
	if len(list) > 0 {
		return list[0]
	}
	return attr
}

// group returns the values of the measurement that a field goes to: the
// model's, else weather, which stations of any kind observe, else the device.
// Attributes of another time are another reading.
func (e *entity) group(field string, when ingest.Reading) (*group, *schema.Field) {
	for _, m := range [...]*schema.Measurement{e.measure, schema.Lookup("weather"), schema.Lookup(wire.DeviceMeasurement)} {
		f := m.Field(field)
		if f == nil {
			continue
		}
		for i := range e.groups {
			if g := &e.groups[i]; g.measure == m && g.when.Time.Equal(when.Time) && g.when.LocalTime.Equal(when.LocalTime) {
				return g, f
			}
		}
		e.groups = append(e.groups, group{measure: m, when: when})
		return &e.groups[len(e.groups)-1], f
	}
	return nil, nil
}

const laneID = "laneId" // a tag, which is a number

// tags adds the extra tags that a model has.
func (e *entity) tags(r *ingest.Reading) {
	if r.Measurement != "traffic" {
		return
	}
	for _, t := range [...]ingest.Tag{{Name: "lane", Value: laneID}, {Name: "dir", Value: "laneDirection"}, {Name: "vclass", Value: "vehicleType"}} {
		v := plain(e.v.Get(t.Value))
		if v != nil && (v.Type() == fastjson.TypeString || v.Type() == fastjson.TypeNumber) {
			r.Tags = append(r.Tags, ingest.Tag{Name: t.Name, Value: string([]byte(e.p.Raw(v)))})
		}
	}
}
