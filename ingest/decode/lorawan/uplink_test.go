package lorawan

import (
	"testing"

	"rione/ingest"
	"rione/ingest/decode/wire"
)

func TestEUI(t *testing.T) {
	f := func(text, want string, ok bool) {
		t.Helper()
		if got, gotOK := EUI([]byte(text)); gotOK != ok || ok && got != want {
			t.Errorf("EUI(%q) = %q, %v", text, got, gotOK)
		}
	}
	f("0101010101010101", "0101010101010101", true)
	f("70B3D57BA0003BB8", "70b3d57ba0003bb8", true)
	f("70-b3-d5-7b-a0-00-3b-b8", "70b3d57ba0003bb8", true)
	f("", "", false)
	f("70b3d57ba0003bb", "", false)
	f("70b3d57ba0003bb81", "", false)
	f("70b3d57ba0003bbg", "", false)
}

func TestStrongestGateway(t *testing.T) {
	var s Signal
	for _, heard := range [][2]float64{{-110, 9}, {-80, -2}, {-80, 4}, {-95, 12}} {
		s.Hear(heard[0], heard[1])
	}
	if s != (Signal{RSSI: -80, SNR: 4, Heard: true}) {
		t.Errorf("strongest: %+v", s)
	}
}

// TestReuse checks that nothing of one uplink is found in the next.
func TestReuse(t *testing.T) {
	var p wire.Parser
	var b Builder
	o, err := p.ParseObject([]byte(`{"temperature": 20, "battery": 90}`))
	if err != nil {
		t.Fatal(err)
	}
	var out ingest.Readings
	if err := b.Build(&p, &Uplink{Device: "a", Object: o.GetObject(), Counter: 1}, &out); err != nil || len(out.All()) != 2 {
		t.Fatalf("%+v, %v", out.All(), err)
	}
	out.Reset()
	if err := b.Build(&p, &Uplink{Device: "b", Counter: 2}, &out); err != nil {
		t.Fatal(err)
	}
	got := out.All()
	if len(got) != 1 || got[0].Device != "b" || len(got[0].Values) != 1 || got[0].Values[0].Field != "fcnt" {
		t.Errorf("an empty uplink made %+v", got)
	}
}
