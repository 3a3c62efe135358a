package broker

import (
	"errors"
	"testing"

	v4 "github.com/eclipse/paho.mqtt.golang/packets"
	"github.com/prometheus/client_golang/prometheus"
)

// gathered returns the value of each metric by its name and label.
func gathered(t *testing.T, reg prometheus.Gatherer) map[string]float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			name := f.GetName()
			for _, l := range m.GetLabel() {
				name += " " + l.GetValue()
			}
			got[name] = m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return got
}

func TestMetrics(t *testing.T) {
	reg := prometheus.NewRegistry()
	intake := newIntake()
	s := start(t, intake, func(o *Options) { o.Metrics = reg })
	p := connect4(t, s, "dev", nil)
	kept := publish4("t", "12345", 1, 1)
	kept.Retain = true
	p.send4(publish4("t", "x", 0, 0), publish4("secret/t", "x", 0, 0), kept)
	read4[*v4.PubackPacket](p)
	intake.set(func(f *fakeIntake) { f.refuse = errors.New("no") })
	p.send4(publish4("t", "x", 0, 0))
	p.alive()
	got := gathered(t, reg)
	for name, want := range map[string]float64{
		"rione_broker_connections":                 1,
		"rione_broker_connects_total":              1,
		"rione_broker_sessions":                    1,
		"rione_broker_retained_messages":           1,
		"rione_broker_messages_total 0":            2,
		"rione_broker_messages_total 1":            1,
		"rione_broker_acks_total":                  1,
		"rione_broker_payload_bytes_total":         7,
		"rione_broker_refused_total not_permitted": 1,
		"rione_broker_refused_total intake":        1,
		"rione_broker_dropped_total slow":          0,
		"rione_broker_dropped_total retained_full": 0,
	} {
		if v, ok := got[name]; !ok || v != want {
			t.Errorf("%s is %v, want %v", name, v, want)
		}
	}
	p.Close()
	eventually(t, "the client is gone", func() bool { return gathered(t, reg)["rione_broker_connections"] == 0 })
	if _, err := New(Options{Intake: intake, Access: fakeAccess{}, Metrics: reg}); err == nil {
		t.Error("two doors count in the same metrics")
	}
}
