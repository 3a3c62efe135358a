package codec

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"rione/geo"
	"rione/ingest"
)

// TestMilesight holds a payload with every channel of each model that is not
// among the published vectors: a channel whose size is wrong takes the next ones
// with it. Figures by hand, from the payload definitions of the models.
func TestMilesight(t *testing.T) {
	f := func(model, payload string, want map[string]float64, unknown string) {
		t.Helper()
		got, names, err := read(t, model, payload, 85)
		if err != nil || strings.Join(names, " ") != unknown {
			t.Errorf("%s: %v, unknown %q; want %q", model, err, strings.Join(names, " "), unknown)
		}
		same(t, model, got, want)
	}
	b := map[string]float64{"battery_pct": 100}
	f("WS101", "ff2e01 017564", b, "button")
	f("WS156", "ff34010102 017564", b, "button")
	f("WS301", "030001 040000 017564", b, "contact tamper")
	f("WS303", "030001 017564", b, "leak")
	f("EM300-MLD", "050001 017564", b, "leak")
	f("EM300-CL", "03ed01 04ee01 83ed0201 017564", b, "liquid liquid")
	f("EM300-SLD", "0367fa00 046864 050001 017564", map[string]float64{"battery_pct": 100, "temp_c": 25, "rh_pct": 50}, "05_00")
	f("EM300-DI Hall", "05c801000000 850001 01 05e10a000a000000803f 017564", b, "pulses input water")
	f("GS101", "058e01 060100 070101 089080510100 ff3f03", map[string]float64{}, "gas valve relay life_remain alarm")
	f("GS301", "0267fa00 036864 047d0100 057d0100 067dffff 07ea0000000001 017564",
		map[string]float64{"battery_pct": 100, "temp_c": 25, "rh_pct": 50}, "nh3 h2s h2s")
	f("TS101", "0367d7ff 84d7d7ff640002 017564", map[string]float64{"battery_pct": 100, "temp_c": -4.1}, "")
	f("TS302", "0367fa00 046700fb 030001 017564", map[string]float64{"battery_pct": 100, "temp_c": 25}, "temperature_2 contact")
	f("TS302", "94d7d7ff640002 84 67d7ff01 93d7fa00640002 8367fa0001 040001 017564",
		map[string]float64{"battery_pct": 100, "temp_c": 25}, "temperature_2 temperature_2 contact_2")
	f("WT101", "0367d700 0467dc00 059232 060000 070000 08e500 09905802 0a0000 0b902c01 017564",
		map[string]float64{"battery_pct": 100, "temp_c": 21.5}, "temperature_target valve_opening window")
	f("WS503", "082971 03740809 048038000000 058162 0683a80d0000 07c9f700",
		map[string]float64{"power_w": 56, "energy_kwh": 3.496}, "switches mains_voltage power_factor current")
	f("WS501", "ff2911", map[string]float64{}, "switches")
	f("WS515", "03740809 048038000000 0683a80d0000 087001", map[string]float64{"power_w": 56, "energy_kwh": 3.496}, "mains_voltage socket")
	f("WS558", "ff31ff01 048038000000 0683ffffffff", map[string]float64{"power_w": 56, "energy_kwh": 4294967.295}, "switches")
	f("CT101", "039710270000 04986400 8498640064006400 01 09677800 8967780001", map[string]float64{}, "total_current current current cable_temperature cable_temperature")
	f("VS321", "0367ffff 0468ff 05fd0300 06feff030100 07ff01 08f40001 0aef00f15365 017564", b, "people regions daylight")
	f("VS321", "0367fa00 84686401 05fd0300", map[string]float64{"temp_c": 25, "rh_pct": 50}, "people")
	f("UC1152", "010001 020000 01c801000000 09 0100 0a0101 11020100010001000100 ff0e01 0d 0000803f", map[string]float64{},
		"input_1 input_2 pulses_1 output_1 output_2 analog_1 modbus")
	f("UC300", "030001 05c801000000 070101 0967fa00 0ae20000000000000000 0b0210270000 0de20000000000000000 ff190004 05 0000803f ff190101 00 01 ff19 0202 03 0100 ff1501", map[string]float64{},
		"input_1 pulses_3 output_1 pt100_1 pt100_2 current_1 voltage_1 modbus modbus modbus modbus_error")
	f("UC502", "030001 84c80100000001 93c8010000000100000001 050201000100 0100 0100 85e2003c003c003c003c01 96e2003c003c003c003c0000803f01 800e0603 0100 01 900e06 05 0000803f 0000803f 02 017564",
		b, "input_1 pulses_2 pulses_1 analog_1 analog_1 analog_2 modbus modbus")
	f("UC512", "030101 05 0100 04c801000000 06c801000000 070101 080100 017564", b, "valve_1 valve_2 pulses_1 pulses_2 input_1 input_2")
	f("AT101", "0367fa00 050001 06d900 0102030405060 701 070000 017564", map[string]float64{"battery_pct": 100, "tilted": 1}, "temperature tamper")
}

// TestTracker: a position is read where the tracker stands and in its histories,
// which give the longitude first; zeros are no fix. 41.902782 is 027f62be, 12.496365
// 00beaded, the lowest byte first.
func TestTracker(t *testing.T) {
	c, ok := Find("", "Milesight AT101")
	if !ok {
		t.Fatal("no codec")
	}
	rome := geo.Point{Lat: 41.902782, Lon: 12.496365}
	const lat, lon = "be627f02", "edadbe00"
	f := func(payload string, want *geo.Point, past ...geo.Point) {
		t.Helper()
		data, err := hex.DecodeString(strings.ReplaceAll(payload, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		var r ingest.Reading
		var out ingest.Readings
		list, err := c.Read(data, 85, &r, &out)
		if err != nil || (r.Position == nil) != (want == nil) || want != nil && *r.Position != *want || len(list) != len(past) {
			t.Fatalf("%s: %+v, %+v, %v", payload, r, list, err)
		}
		for i := range past {
			if list[i].Position == nil || *list[i].Position != past[i] || !list[i].Time.Equal(time.Unix(1_700_000_000, 0)) {
				t.Errorf("%s: %+v", payload, list[i])
			}
		}
	}
	f("0488 "+lat+lon+"12", &rome)
	f("8488 "+lat+lon+"12", &rome)
	f("0488 0000000000000000 20", nil)
	f("017564", nil)
	f("20ce 00f15365 "+lon+lat, nil, rome)
	f("0488 "+lat+lon+"12 20ce 00f15365 "+lon+lat, &rome, rome)

	var r ingest.Reading
	var out ingest.Readings
	data, _ := hex.DecodeString("0488" + lat + lon + "12" + "7777")
	if _, err := c.Read(data, 85, &r, &out); err == nil || r.Position != nil {
		t.Errorf("of bytes that are not the codec's: %+v, %v", r, err)
	}
}

// TestMilesightModels: each model is found by its name, whatever stands before it,
// and none is hidden behind another one whose name begins alike.
func TestMilesightModels(t *testing.T) {
	f := func(name, want string) {
		t.Helper()
		for _, written := range []string{name, "Milesight " + name, "milesight-" + strings.ToLower(name), strings.ReplaceAll(name, "-", "_")} {
			if c, ok := Find("", written); !ok || c.Name != want {
				t.Errorf("Find(%q) = %+v; want %s", written, c, want)
			}
		}
	}
	f("EM300-TH", "milesight-em300")
	f("EM300-DI", "milesight-em300-di")
	f("EM300-DI-Hall", "milesight-em300-di-hall")
	f("EM300-MLD", "milesight-em300-mld")
	f("EM300-CL", "milesight-em300-cl")
	f("EM310-UDL", "milesight-em400")
	f("WS501", "milesight-ws50")
	f("WS513", "milesight-ws52")
	f("WS525", "milesight-ws52")
	f("WS558", "milesight-ws558")
	f("TS302", "milesight-ts30")
	f("CT103", "milesight-ct10")
	f("UC1114", "milesight-uc11")
	f("UC300", "milesight-uc300")
	f("UC501", "milesight-uc50")
	f("UC511", "milesight-uc51")
	f("AT101", "milesight-at101")
}
