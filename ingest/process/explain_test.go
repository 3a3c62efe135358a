package process

import (
	"errors"
	"fmt"
	"testing"

	"rione/devices"
	"rione/ingest"
	"rione/ingest/decode/chirpstack"
	"rione/ingest/decode/native"
)

func TestExplain(t *testing.T) {
	f := func(topic, payload, want string) {
		t.Helper()
		m := &ingest.Message{Received: received, Topic: topic, Payload: []byte(payload)}
		points, _, refused, err := Explain(native.New(), m)
		got := ""
		for _, p := range points {
			got += fmt.Sprintf("%s %s %v %s %v %d\n", p.Device, p.Measurement, p.Tags, p.Time.Format("15:04:05.999999999"), p.Fields, p.Q)
		}
		for _, r := range refused {
			got += r.Error() + "\n"
		}
		var refusal *ingest.Refusal
		if errors.As(err, &refusal) {
			got += "nothing: " + string(refusal.Reason) + "\n"
		}
		if got != want {
			t.Errorf("%s:\n%swant\n%s", payload, got, want)
		}
	}
	const air = "sc/v1/058091/air/air-1/up"
	f(air, `{"ts":1772359200000,"temp_c":21,"battery_pct":80}`,
		"air-1 air map[] 10:00:00 map[temp_c:21] 0\nair-1 device map[] 10:00:00 map[battery_pct:80] 0\n")
	f(air, `{"ts":1772352000000,"temp_c":21}`, "air-1 air map[] 08:00:00 map[temp_c:21] 0\n") // a file may be old
	f(air, `{"ts":600,"temp_c":210,"rh_pct":4}`,
		"air-1 air map[] 10:00:00.5 map[rh_pct:4] 1\nair-1 suspect map[of:air.temp_c] 10:00:00.5 map[bits:2 value:210] 1\n")
	f("sc/v1/058091/wifi_ap/ap-1/up", `{"ts":1772359200000,"up":true,"clients":0.5}`,
		"ap-1 wifi_ap map[] 10:00:00 map[up:1] 0\nwrong_type: clients: 0.5 is not a whole number; the field is of type integer\n")
	f("/ingest/v1/native", `{"ts":1772359200000,"device_id":"p-1","free":3,"total":9}`,
		"p-1 parking_area map[] 10:00:00 map[free:3 total:9] 0\n")
	f("", `{"ts":1772359200000,"device_id":"x-1","temp_c":21,"pm10_ugm3":20,"wind_ms":3,"laeq_db":55,"occupied":1,"battery_pct":80,"mood":1}`,
		"x-1 air map[] 10:00:00 map[pm10_ugm3:20 temp_c:21] 0\n"+
			"x-1 noise map[] 10:00:00 map[laeq_db:55] 0\n"+
			"x-1 weather map[] 10:00:00 map[wind_ms:3] 0\n"+
			"x-1 parking_spot map[] 10:00:00 map[occupied:1] 0\n"+
			"x-1 device map[] 10:00:00 map[battery_pct:80] 0\n")
	f("", `{"ts":1772359200000,"device_id":"x-1","count":7,"lane":"2","temp_c":210,"rh_pct":40}`, // the lane is the counter's alone
		"x-1 air map[] 10:00:00 map[rh_pct:40] 0\nx-1 suspect map[of:air.temp_c] 10:00:00 map[bits:2 value:210] 0\n"+
			"x-1 traffic map[lane:2] 10:00:00 map[count:7] 0\n")
	f(air, `{"ts":1772359200000,"lat":41.9,"lon":12.5}`, "air-1 device map[] 10:00:00 map[online:1] 0\n")
	f(air, `{"mood":1}`, "nothing: unknown_field\n")
	f(air, `{"temp_c":`, "nothing: unparsable\n")
}

func TestExplainSaysWhatWasChanged(t *testing.T) {
	f := func(payload, want string) {
		t.Helper()
		m := &ingest.Message{Received: received, Topic: "sc/v1/058091/air/air-1/up", Payload: []byte(payload)}
		_, notes, _, err := Explain(native.New(), m)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, n := range notes {
			got += fmt.Sprintf("%s %s: %s\n", n.What, n.Field, n.Why)
		}
		if got != want {
			t.Errorf("%s:\n%swant\n%s", payload, got, want)
		}
	}
	f(`{"ts":1772359200000,"temp_c":21}`, "")
	f(`{"ts":1772352000000,"temp_c":21}`, "") // a file may be old
	f(`{"temp_c":21}`, "time : the reading has no time: that of its receipt\n")
	f(`{"ts":1772359200000,"temp_c":21,"mood":1}`, "unknown_field mood: no measurement of the device has such a field; it is kept out\n")
	f(`{"ts":1772359200000,"temp_c":210}`, "suspect air.temp_c: outside of -50 to 70 Cel\n")
}

// A figure that says that a sensor is not connected is told, and not stored.
func TestExplainSaysWhatIsAbsent(t *testing.T) {
	m := &ingest.Message{Received: received, Topic: "application/1/device/0102030405060708/event/up", Payload: []byte(
		`{"deviceInfo":{"devEui":"0102030405060708"},"time":"2026-03-01T10:00:00Z","fPort":2,"object":{"TempC_DS":327.67,"TempC_SHT":21.4}}`)}
	points, notes, refused, err := Explain(chirpstack.New(nil), m)
	if err != nil || len(refused) > 0 || len(points) == 0 || points[0].Fields["temp_c"] != 21.4 {
		t.Fatalf("%+v, %v, %v", points, refused, err)
	}
	for _, n := range notes {
		if n.What == NoteAbsent && n.Field == "temp_c" && n.From == "327.67" && n.Why != "" {
			return
		}
	}
	t.Errorf("nothing is told of the probe: %+v", notes)
}

func TestLikeliestKind(t *testing.T) {
	f := func(want devices.Kind, fields ...string) {
		t.Helper()
		var r ingest.Reading
		for _, name := range fields {
			r.Number(name, 1, 0)
		}
		if got := likeliestKind(&r); got != want {
			t.Errorf("%v: %s, want %s", fields, got, want)
		}
	}
	f(devices.Air, "pm10_ugm3", "temp_c")
	f(devices.Weather, "wind_ms", "temp_c")
	f(devices.BBProbe, "capacity_mbps")
	f(devices.Gateway, "battery_pct")
	f(devices.Air, "temp_c") // which access points have too
	f(devices.WifiAP, "temp_c", "cpu_pct")
	f(devices.BBNode, "rx_power_dbm", "temp_c")
}
