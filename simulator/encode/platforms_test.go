package encode

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"rione/simulator/signal"
)

// message returns what a device says, as the format can carry it.
func message(f Format, kind string, build func(rs *signal.Readings)) *Message {
	var rs signal.Readings
	build(&rs)
	f.Trim(&rs)
	d := device(kind)
	d.ExternalID = f.Identity(d, 1)
	return &Message{Device: d, Time: moment, Seq: 1, Readings: rs.All()}
}

func has(t *testing.T, body []byte, parts ...string) {
	t.Helper()
	for _, want := range parts {
		if !strings.Contains(string(body), want) {
			t.Errorf("%s\nlacks %s", body, want)
		}
	}
}

func accessPoint(rs *signal.Readings) {
	rs.Add("wifi_ap").State("up", true).Count("clients", 2).Count("uptime_s", 77).Gauge("cpu_pct", 12.5, 1).Gauge("mem_used_pct", 42.5, 1).
		Gauge("sanity_pct", 99, 0).Count("portal_auth", 1).Count("portal_garden", 1)
	rs.Add("wifi_radio", signal.Tag{Name: "band", Value: "5g"}, signal.Tag{Name: "radio", Value: "0"}).Count("clients", 2).Count("channel", 36).
		Gauge("width_mhz", 80, 0).Gauge("noise_dbm", -95, 0).Gauge("rssi_avg_dbm", -60, 0)
	rs.Add("wifi_ssid", signal.Tag{Name: "band", Value: "5g"}, signal.Tag{Name: "ssid", Value: "x"}).Count("clients", 2).Count("down_bytes", 1000).Count("up_bytes", 10)
	rs.Add("net_if", signal.Tag{Name: "ifname", Value: "eth0"}, signal.Tag{Name: "role", Value: "upstream"}).Count("rx_bytes", 4_633_179_531).State("up", true).Gauge("speed_mbps", 1000, 0)
}

func TestUCentral(t *testing.T) {
	f := ucentral{}
	m := message(f, "wifi_ap", accessPoint)
	for _, r := range m.Readings {
		if _, up := value(&r, "up"); up && r.Measurement == "wifi_ap" || r.Measurement == "wifi_ssid" {
			t.Errorf("a state cannot say %+v", r)
		}
	}
	body := f.Append(nil, m)
	has(t, body, `"localtime":1774000000`, `"noise":4294967201`, `"band":["5G"]`, `"associations":[{"rssi":-60},{"rssi":-60}]`, `"rx_bytes":4633179531`,
		`"eth0":{"carrier":1,"speed":1000`, `"status":"Authenticated"`, `"status":"Garden"`, `"free":575000000`)
	if strings.Contains(string(body), "station") || f.Topic(m.Device, 1) != "/ingest/v1/ucentral/058091" {
		t.Errorf("%s to %s", body, f.Topic(m.Device, 1))
	}
	m.Readings = readings(accessPoint) // with the network: what the access point sends goes down
	has(t, f.Append(nil, m), `"counters":{"tx_bytes":1000,"rx_bytes":10}`)
}

func TestNetJSON(t *testing.T) {
	f := netjson{}
	m := message(f, "wifi_ap", accessPoint)
	has(t, f.Append(nil, m), `"local_time":1774000000`, `"load":[0.5,`, `"frequency":5180`, `"htmode":"HE80"`, `"clients":[{"assoc":true},{"assoc":true}]`, `"speed":"1000F"`, `"available":575000000`)
	if topic := f.Topic(m.Device, 1); topic != "/api/v1/monitoring/device/"+m.Device.ExternalID+"/" || len(m.Device.ExternalID) != 36 {
		t.Error(topic)
	}
	m.Readings = readings(accessPoint) // the agent exchanges both: the users' figures
	has(t, f.Append(nil, m), `"statistics":{"rx_bytes":1000,"tx_bytes":10}`)
}

func TestBulkData(t *testing.T) {
	m := message(bulkdata{}, "bb_node", func(rs *signal.Readings) {
		rs.Add("bb_link", signal.Tag{Name: "tech", Value: "ftth"}, signal.Tag{Name: "line", Value: "1"}).State("up", false).
			Gauge("rx_power_dbm", -18.53, 2).Gauge("bias_ma", 11.07, 2).Count("errored_s", 5)
	})
	want := `{"Report":[{"CollectionTime":1774000000,"Device.Optical.Interface.1.OpticalSignalLevel":-18530,"Device.Optical.Interface.1.Status":"Down","Device.XPON.ONU.1.ANI.1.Transceiver.1.Bias":11070}]}`
	if got := string((bulkdata{}).Append(nil, m)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	m = message(bulkdata{}, "bb_node", func(rs *signal.Readings) {
		rs.Add("bb_link", signal.Tag{Name: "tech", Value: "fttc"}, signal.Tag{Name: "line", Value: "1"}).State("up", true).Gauge("snr_down_db", 9.5, 1).Count("errored_s", 5)
	})
	want = `{"Report":[{"CollectionTime":1774000000,"Device.DSL.Line.1.DownstreamNoiseMargin":95,"Device.DSL.Line.1.Stats.Total.ErroredSecs":5,"Device.DSL.Line.1.Status":"Up"}]}`
	if got := string((bulkdata{}).Append(nil, m)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestNGSI(t *testing.T) {
	lamp := func(rs *signal.Readings) {
		rs.Add("light").State("lit", true).Gauge("dim_pct", 60, 0).Gauge("power_w", 41.5, 1).State("fault", false)
	}
	has(t, ngsi{}.Append(nil, message(ngsi{}, "light", lamp)), `"type":"Streetlight"`, `"dateObserved":{"type":"DateTime","value":"2026-03-20T09:46:40.123Z"}`,
		`"powerState":{"type":"Text","value":"on"}`, `"illuminanceLevel":{"type":"Number","value":0.6}`, `"status":{"type":"Text","value":"ok"}`,
		`"powerConsumption":{"type":"Number","value":41.5,"metadata":{"unitCode":{"type":"Text","value":"WTT"}}}`, `"refDevice":{"type":"Relationship","value":"sim-x-058091-0001"}`)
	linked := ngsi{linked: true}
	has(t, linked.Append(nil, message(linked, "light", lamp)), `"powerConsumption":{"type":"Property","value":41.5,"unitCode":"WTT"}`,
		`"refDevice":{"type":"Relationship","object":"urn:ngsi-ld:Device:sim-x-058091-0001"}`, `{"@type":"DateTime","@value":"2026-03-20T09:46:40.123Z"}`)
	has(t, ngsi{}.Append(nil, message(ngsi{}, "traffic", func(rs *signal.Readings) {
		for _, lane := range []string{"1", "2"} {
			rs.Add("traffic", signal.Tag{Name: "lane", Value: lane}).Gauge("occ_pct", 7, 0)
		}
	})), `"laneId":{"type":"Text","value":"1"}`, `"laneId":{"type":"Text","value":"2"}`, `"occupancy":{"type":"Number","value":0.07}`)
}

// metrics returns how many metrics of a payload have a name, and the sequence.
func metrics(t *testing.T, body []byte) (named, all int, seq uint64) {
	t.Helper()
	for len(body) > 0 {
		num, typ, n := protowire.ConsumeTag(body)
		if n < 0 {
			t.Fatal("no protobuf")
		}
		body = body[n:]
		switch {
		case num == sparkplugSeq:
			seq, _ = protowire.ConsumeVarint(body)
		case num == sparkplugMetric:
			metric, _ := protowire.ConsumeBytes(body)
			all++
			if first, _, _ := protowire.ConsumeTag(metric); first == metricName {
				named++
			}
		}
		body = body[protowire.ConsumeFieldValue(num, typ, body):]
	}
	return named, all, seq
}

func TestSparkplug(t *testing.T) {
	f := sparkplug{}
	m := message(f, "air", func(rs *signal.Readings) {
		rs.Add("air", signal.Tag{Name: "grade", Value: "indicative"}).Gauge("temp_c", 21.4, 1).Gauge("rh_pct", 50, 0)
	})
	if named, all, seq := metrics(t, f.Append(nil, m)); named != 3 || all != 3 || seq != 0 || f.Topic(m.Device, 1) != "spBv1.0/058091/NBIRTH/sim-x-058091-0001" {
		t.Errorf("birth: %d of %d metrics have a name, sequence %d", named, all, seq) // bdSeq beside the two
	}
	m.Seq = 258
	if named, all, seq := metrics(t, f.Append(nil, m)); named != 0 || all != 2 || seq != 1 || f.Topic(m.Device, 258) != "spBv1.0/058091/NDATA/sim-x-058091-0001" {
		t.Errorf("data: %d of %d metrics have a name, sequence %d", named, all, seq)
	}
	if m.Device.ExternalID != "058091/sim-x-058091-0001" {
		t.Error(m.Device.ExternalID)
	}
}

func TestLocalTimeHasItsOffset(t *testing.T) {
	m := &Message{Device: device("noise"), Time: moment, Seq: 1, Local: true}
	if got := string(native{}.Append(nil, m)); got != `{"ts":"2026-03-20T10:46:40.123+01:00","seq":1}` {
		t.Error(got)
	}
}

func TestPushedDevicesNameThemselves(t *testing.T) {
	d := device("noise")
	d.Pushed = true
	m := &Message{Device: d, Time: moment, Seq: 1}
	if got := string(native{}.Append(nil, m)); got != `{"ts":1774000000123,"seq":1,"device_id":"sim-x-058091-0001"}` {
		t.Error(got)
	}
	if (native{}).Topic(d, 1) != "/ingest/v1/native/058091" || (senml{}).Topic(d, 1) != "/ingest/v1/senml/058091" {
		t.Error("a pushed device publishes on a topic")
	}
}
