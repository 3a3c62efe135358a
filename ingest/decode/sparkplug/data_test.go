package sparkplug

import (
	"math"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"rione/ingest"
	"rione/ingest/quantity"
)

// wireMetric is a metric as it goes over the wire; members that are zero are
// left out, as data may.
type wireMetric struct {
	name, unit      string
	alias, datatype uint64
	integer         uint32
	double          float64
}

func (m wireMetric) bytes() []byte {
	var b []byte
	if m.name != "" {
		b = protowire.AppendString(protowire.AppendTag(b, metricName, protowire.BytesType), m.name)
	}
	if m.alias != 0 {
		b = protowire.AppendVarint(protowire.AppendTag(b, metricAlias, protowire.VarintType), m.alias)
	}
	if m.datatype != 0 {
		b = protowire.AppendVarint(protowire.AppendTag(b, metricDatatype, protowire.VarintType), m.datatype)
	}
	if m.unit != "" {
		value := protowire.AppendString(protowire.AppendTag(nil, propertyString, protowire.BytesType), m.unit)
		set := protowire.AppendString(protowire.AppendTag(nil, propertyKeys, protowire.BytesType), "engUnit")
		set = protowire.AppendBytes(protowire.AppendTag(set, propertyValues, protowire.BytesType), value)
		b = protowire.AppendBytes(protowire.AppendTag(b, metricProperties, protowire.BytesType), set)
	}
	if m.double != 0 {
		return protowire.AppendFixed64(protowire.AppendTag(b, metricDouble, protowire.Fixed64Type), math.Float64bits(m.double))
	}
	return protowire.AppendVarint(protowire.AppendTag(b, metricInt, protowire.VarintType), uint64(m.integer))
}

func message(topic string, metrics ...wireMetric) *ingest.Message {
	var body []byte
	for _, m := range metrics {
		body = protowire.AppendBytes(protowire.AppendTag(body, payloadMetrics, protowire.BytesType), m.bytes())
	}
	return &ingest.Message{Topic: topic, Payload: body}
}

// TestDataSayLessThanBirths: data need repeat neither the type nor the unit of
// a metric (Sparkplug 3.0.0, 6.4.1 and tck-id-payloads-metric-datatype-not-req);
// the birth said them, by alias or, where a node uses none, by name, and for
// each device its own.
func TestDataSayLessThanBirths(t *testing.T) {
	const minus5 = 1<<32 - 5 // as Int32 and Int16 go over the wire
	f := func(what string, birth, data wireMetric, want float64, unit quantity.Unit) {
		t.Helper()
		d := New()
		var out ingest.Readings
		if err := d.Decode(message("spBv1.0/g/DBIRTH/n/d", birth), &out); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		restored := New()
		restored.Restore(d.State())
		for _, d := range []*Decoder{d, restored} {
			out.Reset()
			if err := d.Decode(message("spBv1.0/g/DDATA/n/d", data), &out); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			if v := out.All()[0].Values[0]; v.Field != "temp_c" || v.Num != want || v.Unit != unit {
				t.Errorf("%s: %+v; want %v %v", what, v, want, unit)
			}
		}
	}
	f("the type, by alias", wireMetric{name: "temperature", alias: 3, datatype: typeInt32, integer: 7}, wireMetric{alias: 3, integer: minus5}, -5, 0)
	f("the type, by name", wireMetric{name: "temperature", datatype: typeInt16, integer: 7}, wireMetric{name: "temperature", integer: minus5}, -5, 0)
	f("its own type", wireMetric{name: "temperature", datatype: typeInt32, integer: 7}, wireMetric{name: "temperature", datatype: 7, integer: 5}, 5, 0)
	f("the unit, by alias", wireMetric{name: "temperature", alias: 3, unit: "°F", double: 50}, wireMetric{alias: 3, double: 71.6}, 71.6, quantity.Fahrenheit)
	f("the unit, by name", wireMetric{name: "temperature", unit: "°F", double: 50}, wireMetric{name: "temperature", double: 71.6}, 71.6, quantity.Fahrenheit)
	f("the unit, by both", wireMetric{name: "temperature", alias: 3, unit: "°F", double: 50}, wireMetric{name: "temperature", alias: 3, double: 71.6}, 71.6, quantity.Fahrenheit)
	f("its own unit", wireMetric{name: "temperature", unit: "°F", double: 50}, wireMetric{name: "temperature", unit: "K", double: 300}, 300, quantity.Kelvin)
}

// TestNamesAreTheDevices: a device's metric is not its node's, nor another
// device's, of the same name.
func TestNamesAreTheDevices(t *testing.T) {
	d := New()
	var out ingest.Readings
	_ = d.Decode(message("spBv1.0/g/NBIRTH/n", wireMetric{name: "temperature", unit: "K", double: 300}), &out)
	_ = d.Decode(message("spBv1.0/g/DBIRTH/n/a", wireMetric{name: "temperature", unit: "°F", double: 50}), &out)
	_ = d.Decode(message("spBv1.0/g/DBIRTH/n/b", wireMetric{name: "temperature", double: 20}), &out)
	for topic, want := range map[string]quantity.Unit{
		"spBv1.0/g/NDATA/n": quantity.Kelvin, "spBv1.0/g/DDATA/n/a": quantity.Fahrenheit, "spBv1.0/g/DDATA/n/b": 0,
	} {
		out.Reset()
		if err := d.Decode(message(topic, wireMetric{name: "temperature", double: 21}), &out); err != nil {
			t.Fatal(err)
		}
		if got := out.All()[0].Values[0].Unit; got != want {
			t.Errorf("%s: %v, want %v", topic, got, want)
		}
	}
}

// A metric whose engUnit is in no table is refused by the unit's name.
func TestUnknownUnit(t *testing.T) {
	var out ingest.Readings
	if err := New().Decode(message("spBv1.0/g/DBIRTH/n/d",
		wireMetric{name: "temperature", datatype: typeInt32, integer: 7, unit: "celcius"},
		wireMetric{name: "humidity", datatype: typeInt32, integer: 50}), &out); err != nil {
		t.Fatal(err)
	}
	if len(out.Refused) != 1 || out.Refused[0].Unit != "celcius" || out.Refused[0].Field != "temperature" || out.Refused[0].Detail != `unit "celcius" is in no table; did you mean celsius?` {
		t.Errorf("refused %+v", out.Refused)
	}
}
