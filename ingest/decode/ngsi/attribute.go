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
	v := plain(attr)
	if v == nil || v.Type() == fastjson.TypeNull {
		return
	}
	a, ok := attributes[name]
	if name == "status" && e.groups[0].measure.Name == "light" {
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
	g, f := e.group(a.field)
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

// group returns the values of the measurement that a field goes to: the
// model's, else weather, which stations of any kind observe, else the device.
func (e *entity) group(field string) (*group, *schema.Field) {
	for _, m := range [...]*schema.Measurement{e.groups[0].measure, schema.Lookup("weather"), schema.Lookup(wire.DeviceMeasurement)} {
		f := m.Field(field)
		if f == nil {
			continue
		}
		for i := range e.groups {
			if e.groups[i].measure == m {
				return &e.groups[i], f
			}
		}
		e.groups = append(e.groups, group{measure: m})
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
