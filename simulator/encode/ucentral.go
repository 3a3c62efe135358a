package encode

import (
	"math"
	"strconv"
	"strings"
	"time"

	"rione/simulator/signal"
)

// ucentral is the state of an OpenWiFi access point (uCentral, state message of
// the gateway's bus), pushed by its controller. Clients and portal sessions are
// listed without an address, since they are only counted.
type ucentral struct{ direct }

var _ Format = ucentral{}

func (ucentral) Name() string            { return "ucentral" }
func (ucentral) Speaks(kind string) bool { return kind == "wifi_ap" }

// Pushed implements Format.
func (ucentral) Pushed() bool { return true }

// Resolution implements Format: localtime is in seconds.
func (ucentral) Resolution() time.Duration { return time.Second }

// Identity implements Format: the serial.
func (ucentral) Identity(d *Device, seed uint64) string { return serial(d, seed) }

// serial returns a serial number of an access point, which is nobody's address.
func serial(d *Device, seed uint64) string { return "sim" + EUI(d.ID, strconv.FormatUint(seed, 10)) }

// Topic implements Format.
func (f ucentral) Topic(d *Device, _ uint64) string { return pushPath(f.Name(), d) }

// ucentralPort is how uCentral calls the interface above the port eth0.
var ucentralPort = []signal.Tag{{Name: "ifname", Value: "up0v0"}, {Name: "role", Value: "upstream"}}

// Trim implements Format. A state is sent by what is up; the health score is in
// another message; networks are stored only where the city lists them as
// public; signals are those of clients.
func (ucentral) Trim(rs *signal.Readings) {
	clients := clientsOfRadios(rs)
	radio := -1
	rs.Filter(func(measurement, field string) bool {
		if measurement == "wifi_radio" && field == "clients" {
			radio++
		}
		switch {
		case measurement == "wifi_ap":
			return field != "up" && field != "sanity_pct"
		case measurement == "wifi_ssid":
			return false
		}
		return field != "rssi_avg_dbm" || clients[radio] > 0
	})
	splitPort(rs, ucentralPort, "rx_bytes tx_bytes errors")
}

// clientsOfRadios returns how many clients each radio has, in order.
func clientsOfRadios(rs *signal.Readings) (out []int) {
	for i := range rs.All() {
		if r := &rs.All()[i]; r.Measurement == "wifi_radio" {
			n, _ := value(r, "clients")
			out = append(out, int(n))
		}
	}
	return out
}

// splitPort moves fields of an interface to a reading of their own, with the
// tags that the format gives them.
func splitPort(rs *signal.Readings, tags []signal.Tag, moved string) {
	for i := range rs.All() {
		if rs.All()[i].Measurement != "net_if" {
			continue
		}
		var stay, gone []signal.Value
		for _, v := range rs.All()[i].Values {
			if strings.Contains(" "+moved+" ", " "+v.Field+" ") {
				gone = append(gone, v)
			} else {
				stay = append(stay, v)
			}
		}
		rs.All()[i].Values = stay
		added := rs.Add("net_if", tags...)
		added.Values = gone
		return
	}
}

// value returns the value of a field of r.
func value(r *signal.Reading, field string) (float64, bool) {
	for _, v := range r.Values {
		if v.Field == field {
			return v.Num, true
		}
	}
	return 0, false
}

// members writes fields of a reading as members of an object.
type members struct {
	dst []byte
	r   *signal.Reading
}

// as appends the field under a key, times a factor, if the reading has it.
func (m *members) as(key, field string, factor float64) {
	if v, ok := value(m.r, field); ok {
		m.dst = appendNumber(appendKey(m.dst, key), exact(v*factor))
	}
}

// exact takes off what binary arithmetic adds to a decimal number. Whole
// numbers have nothing to take off.
func exact(v float64) float64 {
	if v == math.Trunc(v) {
		return v
	}
	return math.Round(v*1e9) / 1e9
}

// Append implements Format.
func (ucentral) Append(dst []byte, m *Message) []byte {
	dst = appendString(appendKey(append(dst, '{'), "serial"), m.Device.ExternalID)
	dst = strconv.AppendUint(appendKey(dst, "uuid"), m.Seq, 10)
	dst = append(appendKey(dst, "state"), '{')
	dst = ucentralUnit(dst, m)
	dst = append(appendKey(dst, "radios"), '[')
	for i := range m.Readings {
		if m.Readings[i].Measurement == "wifi_radio" {
			dst = ucentralRadio(dst, &m.Readings[i])
		}
	}
	dst = append(append(append(dst, ']'), `,"interfaces":[{"name":"up0v0","ssids":[`...), ucentralSSIDs(m)...)
	dst = append(dst, `],"captive":`...)
	dst = append(append(ucentralPortal(dst, m), '}'), `],"link-state":{"upstream":{`...)
	return append(ucentralLink(dst, m), "}}}}"...)
}

// memory is what the access points have, bytes.
const memory = 1_000_000_000

func ucentralUnit(dst []byte, m *Message) []byte {
	dst = strconv.AppendInt(append(dst, `"unit":{"localtime":`...), m.Time.Unix(), 10)
	for i := range m.Readings {
		if m.Readings[i].Measurement != "wifi_ap" {
			continue
		}
		out := members{dst, &m.Readings[i]}
		out.as("uptime", "uptime_s", 1)
		if v, ok := value(out.r, "cpu_pct"); ok {
			out.dst = append(appendNumber(append(out.dst, `,"cpu_load":[`...), v), ']')
		}
		if v, ok := value(out.r, "mem_used_pct"); ok {
			out.dst = appendNumber(append(out.dst, `,"memory":{"total":1000000000,"buffered":0,"cached":0,"free":`...), math.Round(memory*(1-v/100)))
			out.dst = append(out.dst, '}')
		}
		if v, ok := value(out.r, "temp_c"); ok {
			out.dst = append(appendNumber(append(appendNumber(append(out.dst, `,"temperature":[`...), v), ','), v+3), ']')
		}
		dst = out.dst
	}
	return append(dst, '}')
}

// wrap is what uCentral adds to a negative noise: it prints it without a sign.
const wrap = 1 << 32

func ucentralRadio(dst []byte, r *signal.Reading) []byte {
	if dst[len(dst)-1] == '}' {
		dst = append(dst, ',')
	}
	out := members{append(append(append(dst, `{"band":["`...), strings.ToUpper(tag(r, "band"))...), `"]`...), r}
	out.as("channel", "channel", 1)
	out.as("channel_width", "width_mhz", 1)
	out.as("chanUtil", "util_pct", 1)
	out.as("tx_power", "tx_power_dbm", 1)
	out.dst = append(out.dst, `,"survey":[{"in_use":true`...)
	out.as("time", "active_ms", 1)
	out.as("busy", "busy_ms", 1)
	if v, ok := value(r, "noise_dbm"); ok {
		out.dst = appendNumber(appendKey(out.dst, "noise"), v+wrap)
	}
	return append(out.dst, "}]}"...)
}

func tag(r *signal.Reading, name string) string {
	for _, t := range r.Tags {
		if t.Name == name {
			return t.Value
		}
	}
	return ""
}

// publicNetwork is the network that every access point of the city offers.
const publicNetwork = "WiFi-Comune"

// ucentralSSIDs writes the public network on each radio, with its clients.
func ucentralSSIDs(m *Message) (dst []byte) {
	index := 0
	for i := range m.Readings {
		r := &m.Readings[i]
		if r.Measurement != "wifi_radio" {
			continue
		}
		if index > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(dst, `{"ssid":"`+publicNetwork+`","mode":"ap","radio":{"$ref":"#/radios/`...), strconv.Itoa(index)...)
		dst = append(dst, `"},"associations":[`...)
		clients, _ := value(r, "clients")
		signal, _ := value(r, "rssi_avg_dbm")
		for range int(clients) {
			if dst[len(dst)-1] == '}' {
				dst = append(dst, ',')
			}
			dst = append(appendNumber(append(dst, `{"rssi":`...), signal), '}')
		}
		dst = append(ucentralCounters(append(dst, ']'), m, tag(r, "band")), '}')
		index++
	}
	return dst
}

// ucentralCounters writes the counters of the network on a band, where the
// message has them. What the access point sends goes down.
func ucentralCounters(dst []byte, m *Message, band string) []byte {
	for i := range m.Readings {
		if r := &m.Readings[i]; r.Measurement == "wifi_ssid" && tag(r, "band") == band {
			out := members{append(appendKey(dst, "counters"), '{'), r}
			out.as("tx_bytes", "down_bytes", 1)
			out.as("rx_bytes", "up_bytes", 1)
			out.as("tx_retries", "retries", 1)
			return append(out.dst, '}')
		}
	}
	return dst
}

// ucentralPortal writes the portal's sessions, by number, and the counters of
// the interface that they are on.
func ucentralPortal(dst []byte, m *Message) []byte {
	dst = append(dst, '{')
	for i := range m.Readings {
		r := &m.Readings[i]
		for _, session := range [...]struct{ field, status string }{{"portal_auth", "Authenticated"}, {"portal_garden", "Garden"}} {
			n, _ := value(r, session.field)
			for k := range int(n) {
				dst = appendString(append(appendKey(dst, session.status+strconv.Itoa(k)), `{"status":`...), session.status)
				dst = append(dst, '}')
			}
		}
	}
	dst = append(dst, '}')
	for i := range m.Readings {
		if _, ok := value(&m.Readings[i], "rx_bytes"); ok && m.Readings[i].Measurement == "net_if" {
			out := members{append(dst, `,"counters":{`...), &m.Readings[i]}
			out.as("rx_bytes", "rx_bytes", 1)
			out.as("tx_bytes", "tx_bytes", 1)
			out.as("rx_errors", "errors", 1)
			dst = append(out.dst, '}')
		}
	}
	return dst
}

func ucentralLink(dst []byte, m *Message) []byte {
	for i := range m.Readings {
		if _, ok := value(&m.Readings[i], "speed_mbps"); ok {
			out := members{append(dst, `"eth0":{`...), &m.Readings[i]}
			out.as("carrier", "up", 1)
			out.as("speed", "speed_mbps", 1)
			dst = append(append(out.dst, `,"duplex":"full"`...), '}')
		}
	}
	return dst
}
