package alias

import (
	"fmt"
	"strings"
	"testing"

	"rione/ingest"
	"rione/ingest/decode/wire"
)

// TestCodecsObjects gives a collector what codecs on network servers make of a
// device's bytes.
func TestCodecsObjects(t *testing.T) {
	var c Collector
	f := func(object, want string) {
		t.Helper()
		var p wire.Parser
		v, err := p.ParseObject([]byte(object))
		if err != nil {
			t.Fatal(err)
		}
		var out ingest.Readings
		c.Reset()
		c.Collect(&p, v.GetObject(), &out)
		var got []string
		for _, value := range append(c.Main, c.Device...) {
			got = append(got, strings.TrimSpace(fmt.Sprintf("%s=%v %v", value.Field, value.Num, value.Unit)))
		}
		for _, r := range out.Refused {
			got = append(got, string(r.Reason)+":"+r.Field)
		}
		for _, name := range out.Unknown {
			got = append(got, "?"+name)
		}
		if line := strings.Join(got, ", "); line != want {
			t.Errorf("%s\n is %s\nwant %s", object, line, want)
		}
	}
	f(`{"temperature": 21.4, "humidity": "48"}`, "temp_c=21.4, rh_pct=48")
	f(`{"Distance": "1200 mm", "Bat": "3.287 V"}`, "distance_m=1200 mm, battery_v=3.287 V")
	f(`{"temperature": "71.6°F", "humidity": "48%"}`, "temp_c=71.6 [degF], rh_pct=48 %")
	f(`{"temperature": "-3.5 °C"}`, "temp_c=-3.5 Cel")
	f(`{"temperature": "21 furlongs", "humidity": "dry", "mood": "3 V"}`, "unknown_unit:temperature, wrong_type:humidity, ?mood")
	f(`{"temperature": "- °C", "co2": "4.1.2 ppm"}`, "wrong_type:temperature, wrong_type:co2")
	f(`{"distance": 1200, "Bat": 3.3, "no2": 20}`, "?distance, ?Bat, ?no2")
	f(`{"distance": {"value": 120, "unit": "cm"}}`, "distance_m=120 cm")
	f(`{"barometer_pressure": {"value": 96800, "unit": "Pa"}, "solar_radiation": {"value": 10, "unit": "W⋅m⁻²"}}`, "press_hpa=96800 Pa, solar_wm2=10 W/m2")
	f(`{"barometer_pressure": 96800}`, "?barometer_pressure")
	f(`{"pressure_pa": 96800}`, "press_hpa=96800 Pa")
	f(`{"pressure_kPa": 96.8}`, "press_hpa=96.8 kPa")
	f(`{"wind_speed_kmh": 18}`, "wind_ms=18 km/h")
	f(`{"battery": 83}`, "battery_pct=83")
	f(`{"battery": {"value": 3.6, "unit": "V"}}`, "battery_v=3.6 V")
	f(`{"battery": "3600 mV"}`, "battery_v=3600 mV")
	f(`{"TempC_DS": 327.67, "TempC_SHT": 21.4}`, "temp_c=21.4") // no probe
	f(`{"TempC_DS": 12.5, "TempC_SHT": 21.4}`, "temp_c=12.5, ?TempC_SHT")
	f(`{"temperature_1": 21, "temperature_2": 22}`, "temp_c=21, ?temperature_2")
	f(`{"temperature": {"1": 21, "0": 20}}`, "temp_c=20")
	f(`{"data": {"values": {"temperature": 21}}}`, "temp_c=21")
	f(`{"a": {"temperature": 21}, "temperature": null, "humidity": [1]}`, "wrong_type:humidity, ?a")
	f(`{"occupancy": "occupied", "tilt": "normal", "tilted": true}`, "occupied=1, tilted=0, ?tilted")
}
