package schema_test

import (
	"slices"
	"strings"
	"testing"

	"rione/ingest/schema"
)

// What firmware writes for no measurement must fall outside of every field's
// range, in the field's own unit: what a decoder does not know to be a sentinel
// is then set aside, and no mean takes it in. The exceptions are fields of which
// the figure is a plausible value.
func TestSentinelsAreOutOfRange(t *testing.T) {
	f := func(what string, sentinel float64, plausible ...string) {
		t.Helper()
		for _, m := range schema.All() {
			for i := range m.Fields {
				field := &m.Fields[i]
				name := m.Name + "." + field.Name
				if !field.Ranged() || field.Type == schema.Text {
					continue
				}
				within := sentinel >= field.Min && sentinel <= field.Max
				if want := slices.ContainsFunc(plausible, func(p string) bool { return p == name || p == field.Name }); within != want {
					t.Errorf("%s: %s takes %v: %v; want %v", what, name, sentinel, within, want)
				}
			}
		}
	}
	f("missing", -999)
	f("missing", -9999)
	f("missing, TR-181 temperatures", -274)
	f("absolute zero", -273.15)
	f("the smallest of 16 bits", -32768)
	f("the largest of 32 bits", 2147483647)
	f("all ones of 32 bits, TR-181 rates, uCentral noise", 4294967295)
	f("a bus without a DS18B20", -127, "rssi_dbm", "noise_dbm", "rssi_avg_dbm")
	f("LHT65 without a probe", -327.68)
	amounts := []string{
		"sync_down_kbps", "sync_up_kbps", "attain_down_kbps", "capacity_mbps", "speed_mbps", "sent", "rcvd", "energy_kwh",
		"free", "total", "in_n", "out_n", "count", "window_s", "lux",
	}
	f("all ones of 16 bits", 65535, amounts...)
	f("the largest of 16 bits", 32767, append(amounts, "co2_ppm", "rtt_min_ms", "rtt_avg_ms", "rtt_max_ms", "jitter_ms", "pdv_max_ms")...)
}

// A DS18B20 says 85 °C when it lost power: no air is that warm. Boards and
// transceivers are, and a bin that burns.
func TestPowerOnTemperature(t *testing.T) {
	for _, m := range schema.All() {
		f := m.Field("temp_c")
		if f == nil {
			continue
		}
		equipment := strings.Contains("wifi_ap bb_link bin", m.Name)
		if within := f.Max >= 85; within != equipment {
			t.Errorf("%s.temp_c goes to %v °C", m.Name, f.Max)
		}
	}
}
