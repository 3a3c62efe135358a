package codec

import (
	"math"
	"strings"
	"testing"
)

// TestDecentlab holds the examples that the maker publishes with its decoders,
// figures by hand from the datasheets' formulas. Each is also read without its
// measurement, as devices send it when a sensor does not answer: the battery stays.
func TestDecentlab(t *testing.T) {
	f := func(model, payload string, want map[string]float64, unknown string) {
		t.Helper()
		got, names, err := read(t, model, payload, 1)
		if err != nil || strings.Join(names, " ") != unknown {
			t.Errorf("%s: %v, unknown %q; want %q", model, err, names, unknown)
		}
		same(t, model, got, want)

		plain := strings.ReplaceAll(payload, " ", "")
		flags := plain[6:10]
		battery := map[string]string{"0003": "0002", "0005": "0004", "0007": "0004", "003f": "0020", "007f": "0001"}[flags]
		got, names, err = read(t, model, plain[:6]+battery+batteryOf(flags, plain), 1)
		if err != nil || len(names) > 0 {
			t.Errorf("%s, battery alone: %v, unknown %q", model, err, names)
		}
		same(t, model+", battery alone", got, map[string]float64{"battery_v": want["battery_v"]})
	}
	// Air and weather.
	f("DL-AC", "020fa0003f 66b49b8c 8966803c 8cf58023 8a68804c 903783f4 158a",
		map[string]float64{"temp_c": 23.646, "rh_pct": 69.951, "battery_v": 5.514}, "no2_mv no_mv ox_mv co_mv")
	f("DL-GMM", "02532b0003 8726892081148297a57380cf8170 0bbc",
		map[string]float64{"temp_c": 23.36, "rh_pct": 27.6, "co2_ppm": 663, "press_hpa": 958.7, "battery_v": 3.004},
		"photosynthetic_radiation vapour_pressure_deficit dew_point")
	f("DL-IAM", "020bbd007f 0b92 6a515d48 bc4e 02620069 81c7000093d4 000b 0111",
		map[string]float64{"battery_v": 2.962, "temp_c": 27.678, "rh_pct": 36.439, "press_hpa": 964.12, "lux": 678.765, "co2_ppm": 455}, "activity tvoc")
	f("DL-ALB", "0252850003 80998022 0bd3", map[string]float64{"solar_wm2": 15.3, "battery_v": 3.027}, "reflected_radiation")
	f("DL-CWS2", "0258c00007 4676fa0a 81c9813fa6d8813780258130 0b91",
		map[string]float64{"temp_c": 3.1674, "rh_pct": 97.673, "battery_v": 2.961}, "surface_temperature")
	f("DL-WRM", "021a100007 64a079b1 04f904c4 0c60",
		map[string]float64{"temp_c": 23.787, "rh_pct": 47.536, "battery_v": 3.168}, "surface_temperature head_temperature")
	f("DL-ITST", "0202d90003 04f904c4 0c54", map[string]float64{"battery_v": 3.156}, "surface_temperature head_temperature")
	// Water.
	f("DL-RAD", "02586b0003 074c88b68a8c0000 0b93", map[string]float64{"distance_m": 1.868, "battery_v": 2.963}, "temperature")
	f("DL-CTD10B", "0207d90003 9088808100640000 0c60", map[string]float64{"level_m": 4.232, "battery_v": 3.168}, "water_temperature conductivity")
	f("DL-PR21", "0201670003 4e806017 0c7f", map[string]float64{"battery_v": 3.199}, "pressure water_temperature")
	f("DL-PR36", "02032b0003 80679781 0c2b", map[string]float64{"battery_v": 3.115}, "pressure water_temperature")
	f("DL-PR36CTD", "020a170003 80079786978180 06 0c2b", map[string]float64{"battery_v": 3.115}, "pressure electronics_temperature water_temperature conductivity")
	f("DL-MES5", "024e030003 000088e6210800f22365 0af5", map[string]float64{"battery_v": 2.805}, "status water_temperature sludge_blanket suspended_solid turbidity")
	f("DL-NTU", "0223320003 00008885013e013e0233 0b10", map[string]float64{"battery_v": 2.832}, "status water_temperature turbidity")
	f("DL-OPTOD", "02186c0003 00008862a61883658365 0c60", map[string]float64{"battery_v": 3.168}, "status water_temperature oxygen")
	f("DL-PHEHT", "0252b80003 0000884282c77f637ff6 0c5c", map[string]float64{"battery_v": 3.164}, "status water_temperature ph redox")
	// What has no field.
	f("DL-10HS", "0202df0003 9371 0c60", map[string]float64{"battery_v": 3.168}, "soil_moisture")
	f("DL-5TM", "02023b0003 00370271 0c60", map[string]float64{"battery_v": 3.168}, "soil_permittivity soil_temperature")
	f("DL-5TE", "02031c0003 003702710000 0c60", map[string]float64{"battery_v": 3.168}, "soil_permittivity soil_temperature soil_conductivity")
	f("DL-GS3", "0203630003 009980e10001 0c60", map[string]float64{"battery_v": 3.168}, "soil_permittivity soil_temperature soil_conductivity")
	f("DL-TRS11", "0210d50003 463f810b 0c79", map[string]float64{"battery_v": 3.193}, "soil_permittivity soil_temperature")
	f("DL-TRS12", "0210d30003 46be813d0000 0c80", map[string]float64{"battery_v": 3.2}, "soil_permittivity soil_temperature soil_conductivity")
	f("DL-TRS21", "0201920003 007580a1 0c25", map[string]float64{"battery_v": 3.109}, "soil_water_potential soil_temperature")
	f("DL-SMTP", "020b500003 09018a8c09438a9809278a920b3c8aa50c9c8a8c11e08aa50000000000000000 0b3b", map[string]float64{"battery_v": 2.875}, "soil_moisture soil_temperature")
	f("DL-SDD", "0243e30005 8000800080008000800080008741877b8749876c876c876600000000000000000000014a 09e3", map[string]float64{"battery_v": 2.531}, "soil_moisture soil_temperature")
	f("DL-ISF", "023d010003 0c290bab0c3e79707a1d78437991490845997e4cacdeaa6e00000000457e415a 0b59", map[string]float64{"battery_v": 2.905}, "sap_flow")
	f("DL-ZN1", "0211110003 409a0086 0c54", map[string]float64{"battery_v": 3.156}, "dendrometer")
	f("DL-ZN11O", "0202990003 6ded0096 0b63", map[string]float64{"battery_v": 2.915}, "dendrometer")
	f("DL-ZN2", "0211110003 409a00863039003e 0c54", map[string]float64{"battery_v": 3.156}, "dendrometer_a dendrometer_b")
	f("DL-IFD", "0256dc0003 02bc 0c48", map[string]float64{"battery_v": 3.144}, "fruit_size")
	f("DL-ISD", "0256e10003 0b52 0c52", map[string]float64{"battery_v": 3.154}, "stem_size")
	f("DL-ILT", "0256d20003 8a8c 0c9d", map[string]float64{"battery_v": 3.229}, "leaf_temperature")
	f("DL-LWS", "0211110003 409a0086 0c54", map[string]float64{"battery_v": 3.156}, "leaf_wetness")
	f("DL-PAR", "0202910003 8069 0c60", map[string]float64{"battery_v": 3.168}, "photosynthetic_radiation")
	f("DL-BLG", "0230c50003 a40c0081 0c60", map[string]float64{"battery_v": 3.168}, "globe_temperature")
	f("DL-TP", "023e3e0003 8abc8a928aa08a848ab38a898ac38aad8ab78a928aa100000000000000000000 0afc", map[string]float64{"battery_v": 2.812}, "temperature_profile")
	f("DL-DLR2-002", "02199e0003 0000025800000000 0c9b", map[string]float64{"battery_v": 3.227}, "pulses")
	f("DL-DLR2-003", "02199b0003 0001 0c8d", map[string]float64{"battery_v": 3.213}, "input")
	f("DL-DLR2-004", "0208b20003 8bb8 0c60", map[string]float64{"battery_v": 3.168}, "input")
	f("DL-DLR2-005", "02113a0003 c55500d8 0c6d", map[string]float64{"battery_v": 3.181}, "analog")
	f("DL-DLR2-006", "0211110003 409a0086 0c54", map[string]float64{"battery_v": 3.156}, "analog")
	f("DL-DLR2-008", "0207df0003 17de008d 0c60", map[string]float64{"battery_v": 3.168}, "analog")
	f("DL-DLR2-010", "02198f0007 000402580bf00001 00000258dece0000 0c33", map[string]float64{"battery_v": 3.123}, "pulses_0 pulses_1")
	f("DL-DLR2-012", "0217830003 162e0087 0c33", map[string]float64{"battery_v": 3.123}, "analog")
	f("DL-LPW", "0211110003 409a0086 0c54", map[string]float64{"battery_v": 3.156}, "analog")
	f("DL-KL66", "0203d40003 3bf67fff3bf6 0c60", map[string]float64{"battery_v": 3.168}, "frequency")
	f("DL-DWS", "0203d40003 3bf67fff3bf6 0c60", map[string]float64{"battery_v": 3.168}, "frequency")
}

// batteryOf returns the word of the battery, the last but in DL-IAM, where it is
// the first.
func batteryOf(flags, payload string) string {
	if flags == "007f" {
		return payload[10:14]
	}
	return payload[len(payload)-4:]
}

func same(t *testing.T, what string, got, want map[string]float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %v; want %v", what, got, want)
	}
	for field, v := range want {
		if math.Abs(got[field]-v) > 5e-4*math.Max(1, math.Abs(v)) {
			t.Errorf("%s: %s = %v; want %v", what, field, got[field], v)
		}
	}
}

// TestDecentlabModels: each model is found by the name that the maker gives it, and
// none is hidden behind another one whose name begins alike.
func TestDecentlabModels(t *testing.T) {
	for _, e := range decentlabCodecs {
		name := "DL-" + strings.ToUpper(strings.TrimPrefix(e.Name, "decentlab-"))
		for _, written := range []string{name, strings.ReplaceAll(name, "-", ""), strings.ReplaceAll(name, "-", " "), "decentlab " + name} {
			if c, ok := Find("", written); !ok || c.Name != e.Name {
				t.Errorf("Find(%q) = %+v, %v", written, c, ok)
			}
		}
	}
}
