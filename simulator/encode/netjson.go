package encode

import (
	"math"
	"strconv"
	"time"

	"rione/simulator/signal"
)

// netjson is the DeviceMonitoring object of OpenWISP's agents (NetJSON;
// openwisp-monitoring, device/schema.py), which they post to their controller's
// path. The agent exchanges rx and tx of access-point interfaces, so that they
// are the users'; so does this encoder.
type netjson struct{ direct }

var _ Format = netjson{}

func (netjson) Name() string            { return "netjson" }
func (netjson) Speaks(kind string) bool { return kind == "wifi_ap" }

// Pushed implements Format.
func (netjson) Pushed() bool { return true }

// Resolution implements Format: local_time is in seconds.
func (netjson) Resolution() time.Duration { return time.Second }

// Identity implements Format: the id that the controller gave.
func (netjson) Identity(d *Device, seed uint64) string {
	return uuid(d.ID, strconv.FormatUint(seed, 10))
}

// Topic implements Format.
func (netjson) Topic(d *Device, _ uint64) string {
	return "/api/v1/monitoring/device/" + d.ExternalID + "/"
}

var netjsonPort = []signal.Tag{{Name: "ifname", Value: "eth0"}}

// Trim implements Format.
func (netjson) Trim(rs *signal.Readings) {
	rs.Filter(func(measurement, field string) bool {
		switch measurement {
		case "wifi_ap":
			return field == "up" || field == "clients" || field == "uptime_s" || field == "cpu_pct" || field == "mem_used_pct"
		case "wifi_radio":
			return field == "clients" || field == "channel" || field == "width_mhz" || field == "noise_dbm" || field == "tx_power_dbm"
		}
		return measurement == "net_if"
	})
	for i := range rs.All() {
		if r := &rs.All()[i]; r.Measurement == "net_if" {
			r.Tags = netjsonPort
		}
	}
}

// cores is how many processors an access point has.
const cores = 4

// Append implements Format.
func (netjson) Append(dst []byte, m *Message) []byte {
	dst = strconv.AppendInt(append(dst, `{"type":"DeviceMonitoring","general":{"local_time":`...), m.Time.Unix(), 10)
	unit := find(m, "wifi_ap")
	out := members{dst, unit}
	out.as("uptime", "uptime_s", 1)
	out.dst = append(out.dst, `},"resources":{"cpus":4`...)
	if v, ok := value(unit, "cpu_pct"); ok {
		out.dst = append(appendNumber(append(out.dst, `,"load":[`...), exact(v*cores/100)), ",0.5,0.5]"...)
	}
	if v, ok := value(unit, "mem_used_pct"); ok {
		out.dst = appendNumber(append(out.dst, `,"memory":{"total":1000000000,"available":`...), math.Round(memory*(1-v/100)))
		out.dst = append(out.dst, '}')
	}
	dst = append(out.dst, `},"interfaces":[`...)
	up, _ := value(unit, "up")
	index := 0
	for i := range m.Readings {
		switch r := &m.Readings[i]; r.Measurement {
		case "wifi_radio":
			dst = append(netjsonRadio(dst, m, r, index, up != 0), ',')
			index++
		case "net_if":
			dst = append(netjsonPortOf(dst, r), ',')
		}
	}
	return append(dst, `{"name":"lo","type":"loopback","up":true}]}`...)
}

// none is what find returns for a message without the measurement.
var none signal.Reading

// find returns the first reading of a measurement.
func find(m *Message, measurement string) *signal.Reading {
	for i := range m.Readings {
		if m.Readings[i].Measurement == measurement {
			return &m.Readings[i]
		}
	}
	return &none
}

func netjsonRadio(dst []byte, m *Message, r *signal.Reading, index int, up bool) []byte {
	dst = append(append(append(dst, `{"name":"wlan`...), strconv.Itoa(index)...), `","type":"wireless","up":`...)
	dst = append(strconv.AppendBool(dst, up), `,"wireless":{"mode":"access_point","ssid":"`+publicNetwork+`","frequency":`...)
	channel, _ := value(r, "channel")
	out := members{strconv.AppendInt(dst, frequency(int64(channel), tag(r, "band")), 10), r}
	out.as("channel", "channel", 1)
	out.as("noise", "noise_dbm", 1)
	out.as("tx_power", "tx_power_dbm", 1)
	if v, ok := value(r, "width_mhz"); ok {
		out.dst = append(appendNumber(append(out.dst, `,"htmode":"HE`...), v), '"')
	}
	out.dst = append(out.dst, `,"clients":[`...)
	clients, _ := value(r, "clients")
	for i := range int(clients) {
		if i > 0 {
			out.dst = append(out.dst, ',')
		}
		out.dst = append(out.dst, `{"assoc":true}`...)
	}
	return append(netjsonUsers(append(out.dst, "]}"...), m, tag(r, "band")), '}')
}

// netjsonUsers writes the counters of the network on a band: the users' own, so
// what they receive is what went down.
func netjsonUsers(dst []byte, m *Message, band string) []byte {
	for i := range m.Readings {
		if r := &m.Readings[i]; r.Measurement == "wifi_ssid" && tag(r, "band") == band {
			out := members{append(dst, `,"statistics":{`...), r}
			out.as("rx_bytes", "down_bytes", 1)
			out.as("tx_bytes", "up_bytes", 1)
			return append(out.dst, '}')
		}
	}
	return dst
}

// frequency returns the centre of a channel, MHz (IEEE 802.11, annex E).
func frequency(channel int64, band string) int64 {
	if band == "2g" {
		return 2407 + 5*channel
	}
	return 5000 + 5*channel
}

func netjsonPortOf(dst []byte, r *signal.Reading) []byte {
	up, _ := value(r, "up")
	dst = append(append(append(dst, `{"name":"`...), tag(r, "ifname")...), `","type":"ethernet","up":`...)
	dst = strconv.AppendBool(dst, up != 0)
	if v, ok := value(r, "speed_mbps"); ok {
		dst = append(appendNumber(append(dst, `,"speed":"`...), v), `F"`...)
	}
	out := members{append(dst, `,"statistics":{`...), r}
	out.as("rx_bytes", "rx_bytes", 1)
	out.as("tx_bytes", "tx_bytes", 1)
	out.as("rx_errors", "errors", 1)
	return append(out.dst, "}}"...)
}
