package alias

import (
	"strings"
	"testing"

	"rione/ingest"
	"rione/ingest/decode/wire"
	"rione/ingest/quantity"
)

func TestLookup(t *testing.T) {
	f := func(key, field string, unit quantity.Unit) {
		t.Helper()
		got, ok := Lookup(key)
		if ok != (field != "") || ok && (got.Field.Name != field || got.Unit != unit) {
			t.Errorf("Lookup(%q) = %+v, %v; want %s in %v", key, got, ok, field, unit)
		}
	}
	f("temp_c", "temp_c", 0)
	f("fcnt", "fcnt", 0)
	f("temperature", "temp_c", 0)
	f("Temperature", "temp_c", 0)
	f("TempC_SHT", "temp_c", 0)
	f("relative_humidity", "rh_pct", 0)
	f("PM2_5", "pm25_ugm3", 0)
	f("pm2.5", "pm25_ugm3", 0)
	f("vdd", "battery_v", quantity.Millivolt)
	f("battery-level", "battery_pct", 0)
	f("voltage", "", 0)
	f("", "", 0)
	f(strings.Repeat("a", 100), "", 0)
}

// TestRows checks that no key stands for two things and that the units fit.
func TestRows(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range rows {
		target, ok := Lookup(r.field)
		if !ok {
			t.Errorf("%s is no field", r.field)
			continue
		}
		if r.unit != askUnit {
			if _, _, err := quantity.ToField(1, r.unit, r.field, target.Field.Unit, nil); err != nil {
				t.Errorf("%s in %v: %v", r.field, r.unit, err)
			}
		}
		for key := range strings.FieldsSeq(r.keys) {
			if seen[key] || key != string(squeeze(nil, key)) {
				t.Errorf("key %q stands twice or is not squeezed", key)
			}
			seen[key] = true
		}
	}
}

func TestChannel(t *testing.T) {
	f := func(key, want string, ok bool) {
		t.Helper()
		if got, gotOK := Channel(key); got != want || gotOK != ok {
			t.Errorf("Channel(%q) = %q, %v", key, got, gotOK)
		}
	}
	f("temperature_3", "temperature", true)
	f("analog_in_12", "analog_in", true)
	f("temperature", "temperature", false)
	f("temperature_", "temperature_", false)
	f("_3", "_3", false)
	f("pm_2a", "pm_2a", false)
}

func TestCollect(t *testing.T) {
	f := func(payload string, fields, unknown, refused string) {
		t.Helper()
		var p wire.Parser
		o, err := p.ParseObject([]byte(payload))
		if err != nil {
			t.Fatal(err)
		}
		var c Collector
		var out ingest.Readings
		c.Collect(&p, o.GetObject(), &out)
		var got, names []string
		for _, v := range append(c.Main, c.Device...) {
			got = append(got, v.Field)
		}
		for _, r := range out.Refused {
			names = append(names, r.Field)
		}
		if strings.Join(got, " ") != fields || strings.Join(out.Unknown, " ") != unknown || strings.Join(names, " ") != refused {
			t.Errorf("%s: %q, unknown %q, refused %q", payload, got, out.Unknown, names)
		}
	}
	f(`{"temperature_3":1,"temperature_5":2}`, "temp_c", "temperature_5", "")
	f(`{"data":{"values":{"humidity":1}},"soil":{"temperature":1}}`, "rh_pct", "soil", "")
	f(`{"temperature":{"value":1},"humidity":{"value":1,"unit":"x"},"no2":{"value":1}}`, "temp_c", "no2", "humidity")
	f(`{"temperature":[1],"humidity":null,"pm10":"low","tilt":"normal","battery":true}`, "tilted", "", "temperature pm10 battery")
	f(`{"humidity":{"a":1},"battery":{}}`, "", "humidity battery", "")
}

func TestState(t *testing.T) {
	for word, want := range map[string]float64{"ON": 1, "occupied": 1, "free": 0, "Closed": 1} {
		if got, ok := State(word); !ok || got != want {
			t.Errorf("State(%q) = %v, %v", word, got, ok)
		}
	}
	if _, ok := State("perhaps"); ok {
		t.Error("perhaps is a state")
	}
}
