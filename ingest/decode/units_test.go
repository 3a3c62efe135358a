package decode

import (
	"errors"
	"strings"
	"testing"

	"rione/ingest"
)

// Whatever the format: an unknown unit is refused by its name, which stands apart
// from the text, with the unit that it is likely meant for.
func TestUnknownUnitsAreNamed(t *testing.T) {
	f := func(format, topic, payload, field, unit, near string) {
		t.Helper()
		of, ok := Lookup(format)
		if !ok {
			t.Fatalf("no format %s", format)
		}
		var out ingest.Readings
		err := of.New().Decode(&ingest.Message{Topic: topic, Client: "air-1", Payload: []byte(payload)}, &out)
		refused := out.Refused
		if whole := (*ingest.Refusal)(nil); errors.As(err, &whole) {
			refused = append(refused, *whole)
		}
		if len(refused) != 1 || refused[0].Reason != ingest.UnknownUnit {
			t.Fatalf("%s: %+v, %v, want one unknown unit", format, out.Refused, err)
		}
		r := refused[0]
		hinted := strings.HasSuffix(r.Detail, "; did you mean "+near+"?")
		if r.Field != field || r.Unit != unit || !strings.Contains(r.Detail, `"`+unit+`"`) || hinted != (near != "") {
			t.Errorf("%s: %+v, want unit %q of %s, near %q", format, r, unit, field, near)
		}
	}
	const up = "sc/v1/058091/air/air-1/up"
	f("native", up, `[{"n":"pm10_ugm3","u":"ug~m3","v":1}]`, "pm10_ugm3", "ug~m3", "ug/m3")
	f("senml", up, `[{"n":"temp_c","u":"celcius","v":1},{"n":"rh_pct","v":50}]`, "temp_c", "celcius", "celsius")
	f("chirpstack", "application/1/device/0102030405060708/event/up",
		`{"deviceInfo":{"devEui":"0102030405060708"},"fCnt":4,"fPort":85,"object":{"co":{"unit":"mgm3","value":1}}}`, "co", "mgm3", "mg/m3")
	f("ngsiv2", "/ingest/v1/ngsiv2", `{"id":"a","type":"AirQualityObserved","no2":{"value":1,"metadata":{"unitCode":{"value":"mgL"}}}}`, "no2", "mgL", "mg/L")
	f("ngsi-ld", "/ingest/v1/ngsi-ld", `{"id":"urn:ngsi-ld:AirQualityObserved:a","type":"AirQualityObserved","no2":{"type":"Property","value":1,"unitCode":"ZZZ"}}`, "no2", "ZZZ", "")
	f("tasmota", "tele/tasmota_7/SENSOR", `{"TempUnit":"Farenheit","AM2301":{"Temperature":70}}`, "TempUnit", "Farenheit", "fahrenheit")
	f("sensorthings", "/ingest/v1/sensorthings", `{"result":5,"Datastream":{"name":"NO2","unitOfMeasurement":{"symbol":"µg~m3"}}}`, "unitOfMeasurement", "µg~m3", "ug/m3")
	f("ndt7", "/ingest/v1/ndt7", `{"Download":{"Throughput":{"Value":94,"Unit":"Mbit/s"},"Latency":{"Value":1,"Unit":"parsec"}}}`, "Latency", "parsec", "")
	long := strings.Repeat("l", 31) + "è" // is cut within the letter
	f("senml", up, `[{"n":"temp_c","u":"`+long+`","v":1}]`, "temp_c", strings.Repeat("l", 31), "")
}
