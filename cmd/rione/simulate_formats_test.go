package main

import (
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"rione/geo"
	"rione/ingest"
	"rione/ingest/decode"
	"rione/ingest/decode/wire"
	"rione/ingest/quantity"
	"rione/ingest/schema"
	"rione/simulator"
	"rione/simulator/encode"
	"rione/simulator/signal"
)

// The simulator writes every format by itself, from the specifications; the
// decoders read them by themselves. Here the two meet: what a device of the
// simulator measured is what the decoder understood, in value, unit and time.
func TestDecodersUnderstandTheSimulator(t *testing.T) {
	for _, f := range encode.Formats() {
		t.Run(f.Name(), func(t *testing.T) {
			city := cityOfFormat(t, f.Name())
			kinds := map[string]bool{}
			for i, d := range city.Devices() {
				if d.Format != f.Name() {
					continue
				}
				kinds[d.Kind] = true
				compareDevice(t, city, i)
			}
			for kind := range simulatedKinds() {
				if f.Speaks(kind) != kinds[kind] && kind != "gateway" {
					t.Errorf("devices of kind %s: %v, want %v", kind, kinds[kind], f.Speaks(kind))
				}
			}
		})
	}
}

func simulatedKinds() map[string]bool {
	out := map[string]bool{}
	for _, k := range []string{"wifi_ap", "bb_node", "bb_probe", "air", "noise", "weather", "water", "traffic", "parking", "light", "bin", "people"} {
		out[k] = true
	}
	return out
}

func cityOfFormat(t *testing.T, format string) *simulator.City {
	t.Helper()
	roma, _ := geo.ComuneByCode("058091")
	o := cityOptions("fmt", 120, 3, []geo.Comune{roma}, format)
	o.Network = demoNetwork
	city, err := simulator.NewCity(o)
	if err != nil {
		t.Fatal(err)
	}
	return city
}

// contractStart is on the hour, so that nothing is cut by chance.
var contractStart = time.Date(2026, 3, 23, 8, 0, 0, 0, time.UTC)

func compareDevice(t *testing.T, city *simulator.City, i int) {
	t.Helper()
	d := city.Devices()[i]
	f, ok := (decode.Options{PublicNetworks: wire.Names{demoNetwork}}).Lookup(d.Format)
	if !ok {
		t.Fatalf("no decoder of %s", d.Format)
	}
	decoder, n := f.New(), 0
	for said := range city.Say(i, contractStart) {
		var out ingest.Readings
		m := &ingest.Message{Topic: said.Topic, Client: d.ID, Payload: said.Payload, Received: said.Time.Add(time.Second)}
		if err := decoder.Decode(m, &out); err != nil || len(out.Refused) > 0 || len(out.Unknown) > 0 {
			t.Fatalf("%s: %v, refused %v, unknown %v\n%s", d.ID, err, out.Refused, out.Unknown, said.Payload)
		}
		got := canonicalReadings(t, d.Kind, out.All())
		for j := range said.Readings {
			compareReading(t, &said, &said.Readings[j], got)
		}
		for _, r := range out.All() {
			if identity := r.Device; identity != "" && identity != d.ID && identity != d.ExternalID {
				t.Errorf("the device is %q, want %s or %q", identity, d.ID, d.ExternalID)
			}
		}
		if n++; n == 25 || t.Failed() {
			return
		}
	}
}

// canonicalReading is a reading of a decoder in canonical units.
type canonicalReading struct {
	measurement string
	tags        map[string]string
	at          time.Time
	values      map[string]float64
}

func canonicalReadings(t *testing.T, kind string, list []ingest.Reading) (out []canonicalReading) {
	t.Helper()
	for i := range list {
		r := &list[i]
		at := r.Time
		if at.IsZero() {
			at = r.ServerTime
		}
		for _, v := range r.Values {
			m, f := fieldOf(kind, r, v.Field)
			if f == nil {
				t.Errorf("%s has no field %s", kind, v.Field)
				continue
			}
			num := v.Num
			if v.Unit != 0 {
				var err error
				if num, _, err = quantity.ToField(num, v.Unit, f.Name, f.Unit, nil); err != nil {
					t.Errorf("%s.%s: %v", m, f.Name, err)
				}
			}
			out = put(out, m, r, at, f.Name, num)
		}
	}
	return out
}

// fieldOf returns the measurement and field that a value goes to, as the kind of
// the device decides where the reading does not.
func fieldOf(kind string, r *ingest.Reading, field string) (string, *schema.Field) {
	candidates := []string{r.Measurement}
	if r.Measurement == "" {
		candidates = []string{schema.DefaultOf(kind).Name, "parking_area", "bb_speed", "device"}
	}
	for _, name := range candidates {
		if m := schema.Lookup(name); m != nil && m.Field(field) != nil {
			return name, m.Field(field)
		}
	}
	return r.Measurement, nil
}

func put(list []canonicalReading, m string, r *ingest.Reading, at time.Time, field string, num float64) []canonicalReading {
	tags := map[string]string{}
	for _, tag := range r.Tags {
		tags[tag.Name] = tag.Value
	}
	for i := range list {
		if x := &list[i]; x.measurement == m && x.at.Equal(at) && maps.Equal(x.tags, tags) {
			x.values[field] = num
			return list
		}
	}
	return append(list, canonicalReading{m, tags, at, map[string]float64{field: num}})
}

func compareReading(t *testing.T, said *simulator.Said, want *signal.Reading, got []canonicalReading) {
	t.Helper()
	tags := map[string]string{}
	for _, tag := range want.Tags {
		tags[tag.Name] = tag.Value
	}
	i := slices.IndexFunc(got, func(r canonicalReading) bool {
		return r.measurement == want.Measurement && maps.Equal(r.tags, tags) && r.at.Equal(said.Time)
	})
	if i < 0 {
		t.Errorf("%s %v at %v was not understood; got %+v of\n%.600s", want.Measurement, tags, said.Time, got, said.Payload)
		return
	}
	for _, v := range want.Values {
		num, ok := got[i].values[v.Field]
		if !ok || math.Abs(num-v.Num) > 1e-6*math.Max(1, math.Abs(v.Num)) {
			t.Errorf("%s.%s is %v (%v), want %v", want.Measurement, v.Field, num, ok, v.Num)
		}
	}
}

// A death is the last word of a Sparkplug node: the decoder takes it for one.
func TestTheDeathOfASparkplugNode(t *testing.T) {
	city := cityOfFormat(t, "sparkplug-b")
	for _, d := range city.Devices() {
		if d.Format != "sparkplug-b" {
			continue
		}
		format, err := encode.Lookup(d.Format)
		if err != nil {
			t.Fatal(err)
		}
		topic, payload := format.(encode.Mortal).Death(&d.Device, contractStart)
		f, _ := decode.Lookup(d.Format)
		var out ingest.Readings
		err = f.New().Decode(&ingest.Message{Topic: topic, Payload: payload}, &out)
		if err != nil || len(out.All()) != 1 || !out.All()[0].Time.Equal(contractStart) || out.All()[0].Values[0] != (ingest.Value{Field: "online"}) || !strings.Contains(topic, "/NDEATH/") {
			t.Errorf("%s: %+v, %v", topic, out.All(), err)
		}
		return
	}
	t.Error("no such node in the city")
}
