package main

import (
	"regexp"
	"testing"

	"rione/dashboards"
	"rione/ingest/decode"
	"rione/ingest/influx"
	"rione/ingest/schema"
	"rione/simulator/signal"
)

// The schema is one Go value. What the encoder writes, the dashboards ask and
// the simulator says must agree with it.

func TestSimulatorKeepsTheContract(t *testing.T) {
	for name, fields := range signal.Contract() {
		m := schema.Lookup(name)
		if m == nil {
			t.Errorf("the simulator emits %s, which is no measurement", name)
			continue
		}
		for field, integer := range fields {
			f := m.Field(field)
			if f == nil {
				t.Errorf("the simulator emits %s.%s, which is no field", name, field)
				continue
			}
			want := schema.Float
			if integer {
				want = schema.Int
			}
			if f.Type != want {
				t.Errorf("%s.%s is %s in the schema and %s in the simulator", name, field, f.Type, want)
			}
		}
		for _, tag := range signal.Tags()[name] {
			if m.Tag(tag) == nil {
				t.Errorf("the simulator emits the tag %s of %s, which the schema does not know", tag, name)
			}
		}
	}
	if len(signal.Contract()) < 10 {
		t.Error("the simulator emits too little to mean anything")
	}
}

func TestDashboardsKeepTheContract(t *testing.T) {
	set, err := dashboards.Shipped(dashboards.Config{InfluxURL: "http://127.0.0.1:8086"})
	if err != nil {
		t.Fatal(err)
	}
	if len(set.Dashboards) < 5 {
		t.Errorf("%d dashboards are shipped, want the city, Wi-Fi, broadband, sensors and platform health at least", len(set.Dashboards))
	}
}

var fieldName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

func TestSchemaIsSound(t *testing.T) {
	for _, m := range schema.All() {
		if m.Doc == "" || len(m.Fields) == 0 {
			t.Errorf("%s: no documentation or no fields", m.Name)
		}
		for i := range m.Fields {
			f := &m.Fields[i]
			switch {
			case !fieldName.MatchString(f.Name) || f.Doc == "":
				t.Errorf("%s.%s: name or documentation", m.Name, f.Name)
			case m.Field(f.Name) != f:
				t.Errorf("%s.%s is there twice", m.Name, f.Name)
			case f.Role != schema.Gauge && f.Type != schema.Int:
				t.Errorf("%s.%s: counters and states are integers", m.Name, f.Name)
			case f.Min > f.Max:
				t.Errorf("%s.%s: its range is upside down", m.Name, f.Name)
			}
		}
	}
}

// The store must never see one field with two types: every measurement is
// written with each of its fields and read back as that type.
func TestStoreAgreesOnTypes(t *testing.T) {
	r := newRig(t)
	r.must("device_id,kind,comune,lat,lon\nwifi-001,wifi_ap,058091,41.89,12.49\nbin-00001,bin,058091,41.9,12.5\n", "devices", "import", "-")
	r.up()
	wifi, _ := r.client("wifi-001")
	defer wifi.Disconnect(0)
	r.publish(wifi, "sc/v1/058091/wifi_ap/wifi-001/up",
		`{"up":1,"clients":12,"cpu_pct":20,"wifi_radio":[{"band":"5g","radio":"1","clients":7,"noise_dbm":-95}]}`)
	bin, _ := r.client("bin-00001")
	defer bin.Disconnect(0)
	r.publish(bin, "sc/v1/058091/bin/bin-00001/up", `{"fill_pct":40,"tilted":false}`)
	r.awaitBalance(2)
	for _, m := range []string{"wifi_ap", "wifi_radio", "bin", "ledger"} {
		for _, s := range r.query("SHOW FIELD KEYS FROM " + influx.Ident(m)) {
			for _, row := range s.Values {
				name, typ := row[0].(string), row[1].(string)
				f := schema.Lookup(m).Field(name)
				if f == nil {
					f = commonField(name)
				}
				if f == nil || f.Type.String() != typ {
					t.Errorf("%s.%s is %s in the store, %+v in the schema", m, name, typ, f)
				}
			}
		}
	}
}

func commonField(name string) *schema.Field {
	for _, f := range schema.CommonFields() {
		if f.Name == name {
			return &f
		}
	}
	return nil
}

func TestDefaultRoutesNameFormats(t *testing.T) {
	for _, r := range defaultRoutes() {
		if _, ok := decode.Lookup(r.Format); !ok {
			t.Errorf("the route %s names the format %s, which does not exist", r.Name, r.Format)
		}
	}
}
