package codec

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"rione/ingest"
	"rione/ingest/decode/wire"
	"rione/ingest/quantity"
)

// read decodes hex by the codec of a model and returns its values in canonical
// units.
func read(t *testing.T, model, payload string, port uint64) (map[string]float64, []string, error) {
	t.Helper()
	c, ok := Find("", model)
	if !ok {
		t.Fatalf("no codec for %q", model)
	}
	data, err := hex.DecodeString(strings.ReplaceAll(payload, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	var r ingest.Reading
	var out ingest.Readings
	_, err = c.Read(data, port, &r, &out)
	got := map[string]float64{}
	for _, v := range r.Values {
		f := wire.Field(nil, v.Field)
		if f == nil {
			f = wire.DeviceField(v.Field)
		}
		if f == nil {
			t.Fatalf("%s: no field %q", model, v.Field)
		}
		if got[v.Field], _, err = quantity.ToField(v.Num, v.Unit, f.Name, f.Unit, nil); err != nil {
			t.Errorf("%s: %s: %v", model, v.Field, err)
		}
	}
	return got, out.Unknown, err
}

// TestVectors holds payloads with the decoding that somebody else published.
func TestVectors(t *testing.T) {
	f := func(source, model, payload string, port uint64, want map[string]float64, unknown string) {
		t.Helper()
		got, names, err := read(t, model, payload, port)
		if err != nil || len(got) != len(want) || strings.Join(names, " ") != unknown {
			t.Errorf("%s (%s): %v, unknown %q, %v", model, source, got, names, err)
		}
		for field, v := range want {
			if math.Abs(got[field]-v) > 5e-4*math.Max(1, math.Abs(v)) {
				t.Errorf("%s (%s): %s = %v; want %v", model, source, field, got[field], v)
			}
		}
	}
	const things, maker = "ThingsBoard data-converters", "the maker's example"
	f(things, "Milesight AM319", "01755503 67ee0004 687c0500 0106cb02 077da803 087d2500 09736627 0a7d0400 0b7d2000 0c7d3000 0e0100", 85,
		map[string]float64{
			"battery_pct": 85, "temp_c": 23.8, "rh_pct": 62, "co2_ppm": 936, "press_hpa": 1008.6,
			"pm25_ugm3": 32, "pm10_ugm3": 48,
		}, "pir light_level tvoc hcho buzzer")
	f(things, "EM400-TLD", "8367e800 01848241 0601", 85, map[string]float64{"temp_c": 23.2, "distance_m": 1.601}, "")
	f("by hand, tilted and -1.5 °C", "em400-mud", "0367f1ff 050001 04820500", 85,
		map[string]float64{"temp_c": -1.5, "tilted": 1, "distance_m": 0.005}, "")
	f(maker, "WS302", "017564 055B053F02DA016A02", 85,
		map[string]float64{"battery_pct": 100, "laeq_db": 47.4, "lamax_db": 61.8}, "laf_db")
	f(things, "ERS2 Sound", "0100e2 0229 040027 0506 070d62 150710", 85,
		map[string]float64{"temp_c": 22.6, "rh_pct": 41, "lux": 39, "battery_v": 3.426}, "motion sound")
	f(things, "Bosch Parking_Lot_Sensor", "0112", 2, map[string]float64{"occupied": 1}, "temperature")
	f("by hand, at start", "Bosch parking", strings.Repeat("ff", 16)+"00", 3, map[string]float64{"occupied": 0}, "")
	f(things, "DL-PR26", "0201670003 3e806017 0c7f", 1, map[string]float64{"battery_v": 3.199}, "pressure water_temperature")
	f(maker, "DL-MBX", "02012f0003 04d20001 0bb1", 1, map[string]float64{"distance_m": 1.234, "battery_v": 2.993}, "")
	f(maker, "DL-MBX", "02012f0002 0bb1", 1, map[string]float64{"battery_v": 2.993}, "")
	f(maker, "dl-sht35", "02030e0003 64a079b1 0c60", 1,
		map[string]float64{"temp_c": 23.787, "rh_pct": 47.536, "battery_v": 3.168}, "")
	f(maker, "DL-PM", "021b50000f 0c25 00250027002700270 1f50107012c012d012d012d 67bd618d bd10", 1,
		map[string]float64{
			"battery_v": 3.109, "pm1_ugm3": 3.7, "pm25_ugm3": 3.9, "pm10_ugm3": 3.9,
			"temp_c": 24.356, "rh_pct": 41.633, "press_hpa": 968,
		}, "pm4")
	f(maker, "DL-ATM41", "02035a0003 800a8000800080008009812b8014810880b4a57c820c810980027fe8805680088004 0bf5", 1,
		map[string]float64{
			"solar_wm2": 10, "rain_mm": 0, "wind_ms": 0.09, "wind_deg": 29.9, "gust_ms": 0.2, "temp_c": 26.4,
			"press_hpa": 959.6, "rh_pct": 52.4, "battery_v": 3.061,
		}, "")
	f(maker, "DL-LID", "0211c90003 119b117611bc119e118a119411a811a8119400640199 0abd", 1,
		map[string]float64{"distance_m": 4.507, "battery_v": 2.749}, "")
	f(maker, "DL-LP8P", "020578000f 67bd618d 1cedbd10 81d981f4895b0bd80bb5000095989539 0c25", 1,
		map[string]float64{"temp_c": 24.356, "rh_pct": 41.632, "press_hpa": 968, "co2_ppm": 473, "battery_v": 3.109}, "barometer_temperature")
	f(maker, "DL-ATM22", "0208c90003 8009812b8014810880027fe880088004 0bf5", 1,
		map[string]float64{"wind_ms": 0.09, "wind_deg": 29.9, "gust_ms": 0.2, "temp_c": 26.4, "battery_v": 3.061}, "")
	f(maker, "DL-IAM", "020bbd007f 0b92 6a515d48 bc4e 02620069 81c7000093d4 000b 0111", 1,
		map[string]float64{"battery_v": 2.962, "temp_c": 27.678, "rh_pct": 36.439, "press_hpa": 964.12, "co2_ppm": 455, "lux": 678.765}, "activity tvoc")
	f(maker, "DL-ATM41G2", "025ef80003 805c000080008000803484b3803680e78086a60181d680ed81c9809f800011700001 0adc", 1,
		map[string]float64{
			"solar_wm2": 9.2, "rain_mm": 0, "wind_ms": 0.52, "wind_deg": 120.3, "gust_ms": 0.54, "temp_c": 23.1,
			"press_hpa": 972.9, "rh_pct": 47, "battery_v": 2.78,
		}, "")
	f(maker, "DL-CWS", "0246390003 8a778a95977a874c80478a5e 0b74", 1, map[string]float64{"temp_c": 27.09, "rh_pct": 60.1, "battery_v": 2.932}, "surface_temperature")
	f(maker, "DL-CTD10", "0207d90003 9088808100640000 0c60", 1, map[string]float64{"level_m": 4.232, "battery_v": 3.168}, "water_temperature conductivity")
	f(maker, "DL-PYR", "0202910003 8069 0c60", 1, map[string]float64{"solar_wm2": 48.065, "battery_v": 3.168}, "")
	f(maker, "DL-RHC", "0202e00003 a9fd01341ca285f3 0c60", 1, map[string]float64{"rh_pct": 73.3, "temp_c": 15.23, "battery_v": 3.168}, "")
	f(maker, "DL-SHT21", "02030e0003 64a079b1 0c60", 1, map[string]float64{"temp_c": 22.22, "rh_pct": 53.42, "battery_v": 3.168}, "")
	f(maker, "DL-DS18", "02023d0003 815e 0c15", 1, map[string]float64{"temp_c": 21.875, "battery_v": 3.093}, "")
	f(maker, "DL-TBRG", "0202f80003 00040258409a0000 0c54", 1, map[string]float64{"battery_v": 3.156}, "tips")
	f(maker, "DL-ITST", "0202d90003 04f904c4 0c54", 1, map[string]float64{"battery_v": 3.156}, "surface_temperature head_temperature")
	f(maker, "DL-PR36", "02032b0003 80679781 0c2b", 1, map[string]float64{"battery_v": 3.115}, "pressure water_temperature")
	const devices = "lorawan-devices, vendor/nwave, examples"
	f(devices, "nps405", "95", 1, map[string]float64{"occupied": 1}, "")
	f(devices, "nps405", "d11f345678", 10, map[string]float64{"occupied": 1}, "")
	f(devices, "nps405", "00d3d800590b", 2, map[string]float64{"occupied": 0, "battery_v": 3.344}, "temperature")
	f(devices, "nps405", "0204090200", 3, map[string]float64{"occupied": 0}, "")
	f("by hand: the highest bit, since the others are a time", "nps405", "15", 1, map[string]float64{"occupied": 0}, "")
	f("by hand", "nps405", "81d3d800590b", 2, map[string]float64{"occupied": 1, "battery_v": 3.344}, "temperature")
	f(devices, "nps405", "0102030405060708", 6, map[string]float64{}, "debug")
	f(devices, "Nwave NCC405FM", "0155", 1, map[string]float64{}, "counter")
	f(devices, "Nwave NCC405FM", "00d3d3", 2, map[string]float64{"battery_v": 3.344}, "")
	f(devices, "Nwave NCC405FM", "01020302", 3, map[string]float64{}, "debug")
	f(devices, "Nwave NPS310SM", "01", 1, map[string]float64{"occupied": 1}, "")
	f(devices, "Nwave NPS310SM", "00", 2, map[string]float64{"occupied": 0}, "")
	f("by hand", "VS133", "03d20a000000 04d205000000 05cc03000200 08cc01000100 0fe301020304", 85,
		map[string]float64{"in_n": 3, "out_n": 2}, "line_1_total_in line_1_total_out line_2 regions")
	f("by hand", "Milesight WS523", "03740809 048038000000 058162 0683a80d0000 07c9f700 087001", 85,
		map[string]float64{"power_w": 56, "energy_kwh": 3.496}, "mains_voltage power_factor current socket")
	f("by hand", "EM500-SMT", "017564 0367ee00 046828 057f0a00", 85,
		map[string]float64{"battery_pct": 100}, "soil_temperature soil_moisture soil_conductivity")
	f("by hand", "EM500-PT100", "83d70a010500 02 20ce1234567801f1", 85, map[string]float64{"temp_c": 26.6}, "")
	f("by hand", "EM410-RDL", "048205ff 06c7f0ff b482fdff01", 85, map[string]float64{"distance_m": -0.251}, "radar_signal")
	f("by hand", "EM310-TILT", "017564 03cf0a0014001e0001", 85, map[string]float64{"battery_pct": 100}, "angles")
	f("by hand, nothing found", "EM410-RDL", "0482fdff 0367c800", 85, map[string]float64{"temp_c": 20}, "")
	f("by hand, no echo", "EM400-MUD", "0367c800 0482ffff", 85, map[string]float64{"temp_c": 20}, "")
	f("by hand, no echo", "ELSYS ELT-2", "0100e2 0effff", 5, map[string]float64{"temp_c": 22.6}, "")
	f("by hand, taken", "ELSYS ERS Eye", "0100e2 1102", 5, map[string]float64{"temp_c": 22.6, "occupied": 1}, "")
	f("by hand, free", "ELSYS ERS Eye", "0100e2 1100", 5, map[string]float64{"temp_c": 22.6, "occupied": 0}, "")
	f("by hand, neither", "ELSYS EMS Desk", "0100e2 1101", 5, map[string]float64{"temp_c": 22.6}, "")
	f("by hand, every type that has no field", "ELSYS", "03010203 0505 0800ff 09000001000002 0a0001 0b00000001 0c00e2 0d01 0f01 1000e200e2 1200 160001 1700000001 1800ff 1900e2 1a01 1b00000001 1c0001 1d01 1e01 1f01 200001 2101 2200e2 2301 2432 3c00000000 3d00000000 0229", 5,
		map[string]float64{"rh_pct": 41}, "acceleration motion analog1 gps pulse1 pulse1_abs external_temperature digital acceleration_motion ir_temperature water_leak pulse2 pulse2_abs analog2 external_temperature2 digital2 external_analog tvoc iaq bool int8 int16 setpoint fan_speed external_humidity")
	f("by hand, a picture of warmth and the air's pressure", "ELSYS", "13"+strings.Repeat("10", 65)+"14000f6b32", 5, map[string]float64{"press_hpa": 1010.482}, "grid_eye")
	f("by hand", "ELSYS ELT-2", "0e0641", 5, map[string]float64{"distance_m": 1.601}, "")
	f("by hand, sensor failed", "EM500-SWL", "017564 0377ffff", 85, map[string]float64{"battery_pct": 100}, "")
	f("by hand", "EM500-SWL", "0377fa00", 85, map[string]float64{"level_m": 2.5}, "")
	f("by hand, an answer to a setting behind", "EM300-TH", "0367fa00 fe02b004", 85, map[string]float64{"temp_c": 25}, "settings")
	f("by hand", "VS121", "04c903080007 05cc04000300", 85, map[string]float64{"in_n": 4, "out_n": 3}, "people")
	f("by hand", "Milesight VS350", "0367f600 05cc02000100 84cc6400320001", 85, map[string]float64{"in_n": 2, "out_n": 1}, "temperature total")
	f("by hand", "WTS506", "0367d7ff 046864 0584b80b 0673a527 07921900 0877e80301", 85,
		map[string]float64{"temp_c": -4.1, "rh_pct": 50, "wind_deg": 300, "press_hpa": 1014.9, "wind_ms": 2.5}, "rain_total")
	f("by hand", "VS330", "017564 0282c409 038e01", 85, map[string]float64{"battery_pct": 100, "occupied": 1}, "distance")
	f("by hand, with a value of two minutes ago", "ELSYS", "0100e2 41 78 00e0 3c 01020304 3b 02 aabb", 5, map[string]float64{"temp_c": 22.6}, "history")
	f("by hand, the settings sent at start", "ELSYS", "3e 0102030405", 6, map[string]float64{}, "settings")
	f("by hand", "Bosch parking", "0102030405", 4, map[string]float64{}, "device_information")
	f("The Things Stack documentation", "Cayenne LPP", "03670110 056700ff", 1, map[string]float64{"temp_c": 27.2}, "temperature_5")
}

func TestRefused(t *testing.T) {
	f := func(model, payload string, port uint64) {
		t.Helper()
		got, names, err := read(t, model, payload, port)
		var r *ingest.Refusal
		if !errors.As(err, &r) || r.Reason != ingest.Unparsable || len(got)+len(names) > 0 {
			t.Errorf("%s %s: %v, %v, %v; want a refusal and nothing else", model, payload, got, names, err)
		}
	}
	f("am319", "017555 0367", 85)       // cut short
	f("am319", "017555 03", 85)         // half a key
	f("am319", "017555 7777ff", 85)     // unknown channel
	f("elsys", "0100e2 ff00", 5)        // unknown type
	f("bosch parking", "02", 1)         // no state
	f("bosch parking", "0101", 1)       // no such message
	f("dlmbx", "01012f00030bb1", 1)     // another version
	f("dlmbx", "02012f00ff0bb1", 1)     // sensors that it does not have
	f("dlmbx", "02012f000304d2", 1)     // cut short
	f("dlmbx", "02012f00020bb10bb1", 1) // too long
	f("dlmbx", "02", 1)                 //
	f("nps405", "00ff", 2)              // half a heartbeat
	f("nps405", "501f345678", 10)       // a registration says nothing of a free space
	f("ncc405", "015501", 1)            // no such message
	f("vs132", "03d20a0000", 85)        // cut short
	f("cayenne", "0367011 0 05ee", 1)   // unknown type
}

// TestHistory reads values of earlier times: figures by hand, 1700000000 is
// 2023-11-14T22:13:20Z, 00f15365 as it is written.
// A figure that stands for no measurement is left out and told as it came; bytes
// that are not the codec's tell nothing.
func TestAbsent(t *testing.T) {
	c, ok := Find("", "EM500-SWL")
	if !ok {
		t.Fatal("no codec")
	}
	var out ingest.Readings
	r := out.Next()
	if _, err := c.Read([]byte{0x01, 0x75, 0x64, 0x03, 0x77, 0xff, 0xff}, 85, r, &out); err != nil {
		t.Fatal(err)
	}
	if len(out.Absent) != 1 || out.Absent[0] != (ingest.Absent{Field: "level_m", Num: 0xffff}) || len(r.Values) != 1 {
		t.Errorf("absent %v, values %v", out.Absent, r.Values)
	}
	if _, err := c.Read([]byte{0x03, 0x77, 0xff, 0xff, 0x03}, 85, r, &out); err == nil || len(out.Absent) != 1 {
		t.Errorf("of a payload that is cut: %v, absent %v", err, out.Absent)
	}
	out.Reset()
	if len(out.Absent) != 0 {
		t.Error("they outlive their message")
	}
}

func TestHistory(t *testing.T) {
	f := func(model, payload string, want ...map[string]float64) {
		t.Helper()
		c, _ := Find("", model)
		data, err := hex.DecodeString(strings.ReplaceAll(payload, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		var r ingest.Reading
		var out ingest.Readings
		past, err := c.Read(data, 85, &r, &out)
		if err != nil || len(past) != len(want) {
			t.Fatalf("%s: %+v, %v", model, past, err)
		}
		for i, p := range past {
			if at := time.Unix(1_700_000_000+60*int64(i), 0); !p.Time.Equal(at) || p.Resolution != time.Second || len(p.Values) != len(want[i]) {
				t.Errorf("%s: %+v; want %v at %v", model, p, want[i], at)
			}
			for _, v := range p.Values {
				if v.Num != want[i][v.Field] {
					t.Errorf("%s: %s = %v; want %v", model, v.Field, v.Num, want[i][v.Field])
				}
			}
		}
	}
	const at, after = "00f15365 ", "3cf15365 "
	f("EM300-TH", "20ce "+at+"e600 64 00 20ce "+after+"d7ff 63 00", map[string]float64{"temp_c": 23, "rh_pct": 50}, map[string]float64{"temp_c": -4.1, "rh_pct": 49.5})
	f("EM300-DI", "20ce "+at+"e600 64 000000000000", map[string]float64{"temp_c": 23, "rh_pct": 50})
	f("EM320-TH", "20ce "+at+"e600 64", map[string]float64{"temp_c": 23, "rh_pct": 50})
	f("EM500-CO2", "20ce "+at+"a803 6627 e600 64", map[string]float64{"co2_ppm": 936, "press_hpa": 1008.6, "temp_c": 23, "rh_pct": 50})
	f("EM500-UDL", "20ce "+at+"e803", map[string]float64{"distance_m": 1000})
	f("EM500-LGT", "20ce "+at+"a0860100", map[string]float64{"lux": 100_000})
	f("EM410-RDL", "20ce "+at+"ceff 20ce "+after+"fdff", map[string]float64{"distance_m": -50}, map[string]float64{})
	f("EM411-RDL", "20ce "+at+"3200 e600 0000 00", map[string]float64{"distance_m": 50, "temp_c": 23})
	f("AM103", "20ce "+at+"e600 64 a803", map[string]float64{"temp_c": 23, "rh_pct": 50, "co2_ppm": 936})
	f("AM308", "20ce "+at+"e600 6400 0102 a803 7d00 6627 2000 3000", map[string]float64{
		"temp_c": 23, "rh_pct": 50, "co2_ppm": 936, "press_hpa": 1008.6, "pm25_ugm3": 32, "pm10_ugm3": 48,
	})
	f("VS350", "20ce "+at+"00 0300 0200 20ce "+after+"01 0400 0100 6400 3200", map[string]float64{"in_n": 3, "out_n": 2}, map[string]float64{"in_n": 4, "out_n": 1})
}

func TestFind(t *testing.T) {
	f := func(eui, name, want string) {
		t.Helper()
		c, ok := Find(eui, name)
		if ok != (want != "") || ok && c.Name != want {
			t.Errorf("Find(%q, %q) = %+v, %v; want %s", eui, name, c, ok, want)
		}
	}
	f("", "Milesight EM400-TLD (868)", "milesight-em400")
	f("", "milesight-iot", "milesight")
	f("", "LoRa_EM300TH indoor", "milesight-em300")
	f("", "AM319 Device name", "milesight-am319")
	f("", "Piazza del T2", "") // elt2 begins within a word
	f("", "Ponte di Belt-2", "")
	f("24e124136b322222", "Default profile", "milesight")
	f("a81758fffe030000", "", "elsys")
	f("a81758fffe030000", "DL_PM", "decentlab-pm") // what is named counts before the prefix
	f("70b3d57ba0003bb8", "dev-prof-Decentlab", "")
	f("1000000000000001", "Chirpstack default device profile", "")
}

func FuzzRead(f *testing.F) {
	for i := range codecs {
		f.Add(uint8(i), uint64(85), []byte{0x01, 0x75, 0x55, 0x03, 0x67, 0xee, 0x00})
	}
	f.Add(uint8(3), uint64(1), []byte{2, 0, 1, 0, 1, 0x0c, 0x25})
	f.Fuzz(func(t *testing.T, which uint8, port uint64, data []byte) {
		var r ingest.Reading
		var out ingest.Readings
		c := &codecs[int(which)%len(codecs)].Codec
		if _, err := c.Read(data, port, &r, &out); err != nil && len(r.Values) > 0 {
			t.Errorf("%s refused and yet read %v", c.Name, r.Values)
		}
		for _, v := range r.Values {
			if math.IsNaN(v.Num) || math.IsInf(v.Num, 0) {
				t.Error(fmt.Sprint(c.Name, v))
			}
		}
	})
}
