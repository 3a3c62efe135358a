package encode

import (
	"encoding/json"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"rione/simulator/signal"
)

var moment = time.UnixMilli(1_774_000_000_123)

func device(kind string) *Device {
	return &Device{ID: "sim-x-058091-0001", Kind: kind, Comune: "058091", Name: "X", ExternalID: EUI("x"), Gateway: "sim-gw-058091-0001"}
}

func readings(build func(rs *signal.Readings)) []signal.Reading {
	var rs signal.Readings
	build(&rs)
	return rs.All()
}

func TestNative(t *testing.T) {
	f := func(kind string, build func(rs *signal.Readings), want string) {
		t.Helper()
		m := &Message{Device: device(kind), Time: moment, Seq: 17, Readings: readings(build)}
		if got := string(native{}.Append(nil, m)); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	f("noise", func(rs *signal.Readings) { rs.Add("noise").Gauge("laeq_db", 61.25, 2).Count("window_s", 60) },
		`{"ts":1774000000123,"seq":17,"laeq_db":61.25,"window_s":60}`)
	f("air", func(rs *signal.Readings) {
		rs.Add("air", signal.Tag{Name: "grade", Value: "indicative"}).Gauge("temp_c", -0.04, 1)
	},
		`{"ts":1774000000123,"seq":17,"grade":"indicative","temp_c":0}`)
	f("wifi_ap", func(rs *signal.Readings) {
		rs.Add("wifi_ap").State("up", true)
		rs.Add("wifi_radio", signal.Tag{Name: "band", Value: "2g"}, signal.Tag{Name: "radio", Value: "0"}).Count("clients", 3)
		rs.Add("wifi_radio", signal.Tag{Name: "band", Value: "5g"}, signal.Tag{Name: "radio", Value: "1"}).Count("clients", 4)
		rs.Add("net_if", signal.Tag{Name: "ifname", Value: "eth0"}).Count("rx_bytes", 123456789012)
	}, `{"ts":1774000000123,"seq":17,"up":1,"wifi_radio":[{"band":"2g","radio":"0","clients":3},{"band":"5g","radio":"1","clients":4}],"net_if":[{"ifname":"eth0","rx_bytes":123456789012}]}`)
	f("wifi_ap", func(rs *signal.Readings) { // readings of a measurement need not stand together
		rs.Add("wifi_radio", signal.Tag{Name: "radio", Value: "0"}).Count("clients", 1)
		rs.Add("wifi_ssid", signal.Tag{Name: "ssid", Value: "a"}).Count("clients", 2)
		rs.Add("wifi_radio", signal.Tag{Name: "radio", Value: "1"}).Count("clients", 3)
	}, `{"ts":1774000000123,"seq":17,"wifi_radio":[{"radio":"0","clients":1},{"radio":"1","clients":3}],"wifi_ssid":[{"ssid":"a","clients":2}]}`)
	f("bb_probe", func(rs *signal.Readings) {
		rs.Add("bb_probe", signal.Tag{Name: "af", Value: "4"}).Count("sent", 20)
		rs.Add("bb_probe", signal.Tag{Name: "af", Value: "6"}).Count("sent", 20)
	}, `{"ts":1774000000123,"seq":17,"bb_probe":[{"af":"4","sent":20},{"af":"6","sent":20}]}`)
}

func TestSenML(t *testing.T) {
	m := &Message{Device: device("wifi_ap"), Time: moment, Seq: 1, Readings: readings(func(rs *signal.Readings) {
		rs.Add("wifi_ap").Count("clients", 12).Gauge("temp_c", 41.5, 1)
		rs.Add("wifi_radio", signal.Tag{Name: "band", Value: "2g"}, signal.Tag{Name: "radio", Value: "0"}).Count("clients", 3)
	})}
	want := `[{"bn":"sim-x-058091-0001:","bt":1774000000.123,"n":"clients","v":12},{"n":"temp_c","u":"Cel","v":41.5},{"n":"wifi_radio:band=2g,radio=0:clients","v":3}]`
	if got := string(senml{}.Append(nil, m)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestChirpStack(t *testing.T) {
	var rs signal.Readings
	rs.Add("air", signal.Tag{Name: "grade", Value: "indicative"}).Gauge("temp_c", 21.4, 1).Gauge("no2_ugm3", 30, 0).Gauge("pm25_ugm3", 8.5, 1)
	rs.Add("device").Gauge("battery_pct", 91, 0).Gauge("rssi_dbm", -101, 0).Gauge("snr_db", -3.5, 1).Count("fcnt", 17)
	rs.Add("net_if").Count("rx_bytes", 1)
	chirpstack{}.Trim(&rs)
	if n := len(rs.All()); n != 2 || len(rs.All()[0].Values) != 2 || rs.All()[0].Tags != nil || len(rs.All()[1].Values) != 4 {
		t.Fatalf("trimmed to %+v", rs.All())
	}
	d := device("air")
	var up struct {
		DeduplicationID, Time string
		DeviceInfo            struct{ ApplicationID, DevEui, DeviceName string }
		FCnt                  int
		Object                map[string]float64
		RxInfo                []struct {
			GatewayID string
			Rssi, Snr float64
		}
	}
	if err := json.Unmarshal(chirpstack{}.Append(nil, &Message{Device: d, Time: moment, Seq: 17, Readings: rs.All()}), &up); err != nil {
		t.Fatal(err)
	}
	if up.Time != "2026-03-20T09:46:40.123+00:00" || up.FCnt != 17 || up.DeviceInfo.DevEui != d.ExternalID {
		t.Errorf("%+v", up)
	}
	if o := up.Object; o["temperature"] != 21.4 || o["pm2_5"] != 8.5 || o["battery"] != 91 || len(o) != 3 {
		t.Errorf("object %v", o)
	}
	if len(up.RxInfo) != 1 || up.RxInfo[0].Rssi != -101 || up.RxInfo[0].Snr != -3.5 || len(up.RxInfo[0].GatewayID) != 16 {
		t.Errorf("rxInfo %+v", up.RxInfo)
	}
	uuidForm := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	if !uuidForm.MatchString(up.DeduplicationID) || !uuidForm.MatchString(up.DeviceInfo.ApplicationID) {
		t.Errorf("uuids %s, %s", up.DeduplicationID, up.DeviceInfo.ApplicationID)
	}
	if want := "application/" + up.DeviceInfo.ApplicationID + "/device/" + d.ExternalID + "/event/up"; (chirpstack{}).Topic(d, 17) != want {
		t.Errorf("topic %s, want %s", chirpstack{}.Topic(d, 17), want)
	}
}

func TestTTS(t *testing.T) {
	d := device("bin")
	m := &Message{Device: d, Time: moment, Seq: 17, Readings: readings(func(rs *signal.Readings) {
		rs.Add("bin").Gauge("fill_pct", 40, 0).State("tilted", false)
		rs.Add("device").Gauge("battery_pct", 91, 0).Gauge("rssi_dbm", -101, 0).Gauge("snr_db", -3.5, 1).Count("fcnt", 17)
	})}
	want := `{"end_device_ids":{"device_id":"sim-x-058091-0001","application_ids":{"application_id":"sensori-058091"},"dev_eui":"` + d.ExternalID +
		`","join_eui":"` + EUI("join", "058091") + `","dev_addr":"` + d.ExternalID[8:] + `"},"correlation_ids":["as:up:` + uuid(d.ExternalID, "17") +
		`"],"received_at":"2026-03-20T09:46:40.123000000Z","uplink_message":{"session_key_id":"AA==","f_port":2,"f_cnt":17,"frm_payload":"AA==","decoded_payload":{"fill_pct":40,"tilted":0,"battery":91},` +
		`"rx_metadata":[{"gateway_ids":{"gateway_id":"sim-gw-058091-0001","eui":"` + EUI("gateway", "sim-gw-058091-0001") + `"},"rssi":-101,"channel_rssi":-101,"snr":-3.5}],` +
		`"settings":{"data_rate":{"lora":{"bandwidth":125000,"spreading_factor":7}},"frequency":"868300000"},"received_at":"2026-03-20T09:46:40.123000000Z"}}`
	if got := string(tts{}.Append(nil, m)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if topic := (tts{}).Topic(d, 1); topic != "v3/sensori-058091@comune/devices/sim-x-058091-0001/up" {
		t.Error(topic)
	}
}

func TestEUIsAreLocallyAdministered(t *testing.T) {
	for i := range 100 {
		first, err := strconv.ParseUint(EUI(strconv.Itoa(i))[:2], 16, 8)
		if err != nil || first&3 != 2 {
			t.Errorf("%s: first octet %x, %v", EUI(strconv.Itoa(i)), first, err)
		}
	}
}

func TestEveryFormatWritesJSONForEveryKindItSpeaks(t *testing.T) {
	for _, f := range Formats() {
		for kind := range defaults {
			if !f.Speaks(kind) {
				continue
			}
			s, err := signal.NewSource(signal.NewWorld(1), signal.Config{Kind: kind, Radio: f.Radio()})
			if err != nil {
				t.Fatal(err)
			}
			var rs signal.Readings
			s.Measure(moment, time.Minute, 1, &rs)
			f.Trim(&rs)
			body := f.Append(nil, &Message{Device: device(kind), Time: moment, Seq: 1, Readings: rs.All()})
			if len(rs.All()) == 0 || !json.Valid(body) && f.Name() != "sparkplug-b" {
				t.Errorf("%s of a %s: %s", f.Name(), kind, body)
			}
			if topic := f.Topic(device(kind), 1); strings.ContainsAny(topic, "+# ") || strings.HasPrefix(topic, "/") != f.Pushed() {
				t.Errorf("%s of a %s goes to %q", f.Name(), kind, topic)
			}
		}
	}
}

func TestLookup(t *testing.T) {
	if f, err := Lookup("senml"); err != nil || f.Name() != "senml" {
		t.Error(f, err)
	}
	if _, err := Lookup("morse"); err == nil || !strings.Contains(err.Error(), "chirpstack") {
		t.Error(err)
	}
}

func TestExactLeavesWholeNumbersAlone(t *testing.T) {
	for v, want := range map[float64]float64{4633179531: 4633179531, 0.07 * 100: 7, -18.53 * 1000: -18530, 21.4: 21.4} {
		if got := exact(v); got != want {
			t.Errorf("%v became %v, want %v", v, got, want)
		}
	}
}

func FuzzNumber(f *testing.F) {
	f.Add(1.5)
	f.Add(-1e-9)
	f.Add(1e21)
	f.Fuzz(func(t *testing.T, v float64) {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return
		}
		got, err := strconv.ParseFloat(string(appendNumber(nil, v)), 64)
		if err != nil || got != v {
			t.Errorf("%v came back as %v, %v", v, got, err)
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	for _, f := range Formats() {
		b.Run(f.Name(), func(b *testing.B) {
			b.ReportAllocs()
			s, err := signal.NewSource(signal.NewWorld(1), signal.Config{Kind: "air", Radio: f.Radio()})
			if err != nil {
				b.Fatal(err)
			}
			var rs signal.Readings
			s.Measure(moment, time.Minute, 1, &rs)
			f.Trim(&rs)
			m := &Message{Device: device("air"), Time: moment, Seq: 1, Readings: rs.All()}
			var body []byte
			for b.Loop() {
				body = f.Append(body[:0], m)
			}
			b.SetBytes(int64(len(body)))
		})
	}
}
