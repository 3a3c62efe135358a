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
	single          float32
	quality         uint64 // one more than the code; 0: none is stated
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
	if m.quality != 0 {
		value := protowire.AppendVarint(protowire.AppendTag(nil, propertyInt, protowire.VarintType), m.quality-1)
		set := protowire.AppendString(protowire.AppendTag(nil, propertyKeys, protowire.BytesType), "Quality")
		set = protowire.AppendBytes(protowire.AppendTag(set, propertyValues, protowire.BytesType), value)
		b = protowire.AppendBytes(protowire.AppendTag(b, metricProperties, protowire.BytesType), set)
	}
	if m.single != 0 {
		return protowire.AppendFixed32(protowire.AppendTag(b, metricFloat, protowire.Fixed32Type), math.Float32bits(m.single))
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

// A metric of type Float is what its 32 bits stand for, not the double next to
// them.
func TestFloat(t *testing.T) {
	f := func(in float32, want float64) {
		t.Helper()
		var out ingest.Readings
		if err := New().Decode(message("spBv1.0/g/DBIRTH/n/d", wireMetric{name: "temperature", datatype: 9, single: in}), &out); err != nil {
			t.Fatal(err)
		}
		if got := out.All()[0].Values[0].Num; got != want {
			t.Errorf("%v: %v; want %v", float64(in), got, want)
		}
	}
	f(21.4, 21.4)
	f(-0.1, -0.1)
	f(1e-7, 1e-7)
	f(100_000, 100_000)
	var out ingest.Readings
	_ = New().Decode(message("spBv1.0/g/DBIRTH/n/d", wireMetric{name: "temperature", datatype: 9, single: float32(math.NaN())}), &out)
	if len(out.Refused) != 1 || out.Refused[0].Reason != ingest.WrongType {
		t.Errorf("no number: %+v", out.Refused)
	}
}

// A value whose quality is bad (0) or stale (500) is left out and told; one that
// is good (192), or of no stated quality, is a value (Sparkplug 3.0.0, 6.4.13).
func TestQuality(t *testing.T) {
	f := func(quality uint64, stored bool) {
		t.Helper()
		var out ingest.Readings
		err := New().Decode(message("spBv1.0/g/NDATA/n", wireMetric{name: "temperature", double: 85, unit: "°C", quality: quality}), &out)
		if stored != (err == nil) || !stored && (len(out.Absent) != 1 || out.Absent[0] != (ingest.Absent{Field: "temp_c", Num: 85})) {
			t.Errorf("quality %d: %v, %+v, absent %+v", int(quality)-1, err, out.All(), out.Absent)
		}
	}
	f(0, true)
	f(192+1, true)
	f(0+1, false)
	f(500+1, false)
}
