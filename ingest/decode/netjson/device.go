package netjson

import (
	"strconv"
	"strings"

	"github.com/valyala/fastjson"

	"rione/ingest"
	"rione/ingest/decode/wire"
)

// unit adds the access point itself.
func (s *report) unit() {
	r := s.reading("wifi_ap")
	clients, up, points := s.accessPoints()
	if points {
		r.Number("up", up, 0)
		r.Number("clients", clients, 0)
	}
	s.p.Take(r, "uptime_s", 0, s.v, "general", "uptime")
	if load, ok := s.load(); ok {
		r.Number("cpu_pct", load, 0)
	}
	if used, ok := s.memory(); ok {
		r.Number("mem_used_pct", used, 0)
	}
	s.keep(r)
}

// accessPoints counts the clients of all access-point interfaces and tells
// whether any of these is up.
func (s *report) accessPoints() (clients, up float64, any bool) {
	for _, face := range s.v.GetArray("interfaces") {
		w := face.Get("wireless")
		if !isAccessPoint(w) {
			continue
		}
		any = true
		clients += float64(len(w.GetArray("clients")))
		if state, ok := s.p.Truth(face.Get("up")); ok {
			up = max(up, state)
		}
	}
	return clients, up, any
}

// load returns what the processor was not idle, or, as OpenWISP does, the load
// of one minute over the number of processors, 100 % at most.
func (s *report) load() (float64, bool) {
	if idle, ok := s.p.Loose(s.v.Get("resources", "cpu", "idle")); ok {
		return 100 - idle, true
	}
	load, ok1 := s.p.Loose(s.v.Get("resources", "load", "0"))
	processors, ok2 := s.p.Loose(s.v.Get("resources", "cpus"))
	if !ok1 || !ok2 || processors < 1 {
		return 0, false
	}
	return min(100, 100*load/processors), true
}

// memory returns the share that cannot be had on demand. NetJSON's own example
// writes cache where OpenWISP writes cached.
func (s *report) memory() (float64, bool) {
	m := s.v.Get("resources", "memory")
	total, ok := s.p.Loose(m.Get("total"))
	if !ok {
		return 0, false
	}
	if available, ok := s.p.Loose(m.Get("available")); ok {
		return wire.Percent(total-available, total)
	}
	free, ok := s.p.Loose(m.Get("free"))
	if !ok {
		return 0, false
	}
	buffered, _ := s.p.Loose(m.Get("buffered"))
	cached, ok := s.p.Loose(m.Get("cached"))
	if !ok {
		cached, _ = s.p.Loose(m.Get("cache"))
	}
	return wire.Percent(total-free-buffered-cached, total)
}

// netIf adds one interface. inverted tells that the agent exchanged its
// counters.
func (s *report) netIf(face *fastjson.Value, name string, inverted bool) {
	r := s.reading("net_if", ingest.Tag{Name: "ifname", Value: name})
	stats, rx, tx := face.Get("statistics"), "rx_bytes", "tx_bytes"
	if inverted {
		rx, tx = tx, rx
	}
	s.p.Take(r, "rx_bytes", 0, stats, rx)
	s.p.Take(r, "tx_bytes", 0, stats, tx)
	in, ok1 := s.p.Loose(stats.Get("rx_errors"))
	outgoing, ok2 := s.p.Loose(stats.Get("tx_errors"))
	if ok1 || ok2 {
		r.Number("errors", in+outgoing, 0)
	}
	if up, ok := s.p.Truth(face.Get("up")); ok {
		r.Number("up", up, 0)
	}
	s.speed(r, face)
	s.keep(r)
}

// speed adds the negotiated speed, a number or ethtool's "1000F".
func (s *report) speed(r *ingest.Reading, face *fastjson.Value) {
	if text := face.GetStringBytes("speed"); len(text) > 0 {
		if n, ok := wire.Float([]byte(strings.TrimRight(string(text), "FHfh"))); ok && n > 0 {
			r.Number("speed_mbps", n, 0)
		}
		return
	}
	if n, ok := s.p.Float(face.Get("speed")); ok && n > 0 { // -1 is no link
		r.Number("speed_mbps", n, 0)
	}
}

// wireless adds the radio of a wireless interface, once for each frequency, and
// the network of an access point.
func (s *report) wireless(face, w *fastjson.Value) {
	mhz, _ := s.p.Loose(w.Get("frequency"))
	channel, _ := s.p.Loose(w.Get("channel"))
	band := wire.Band("", mhz)
	if band == "" {
		band = wire.BandOfChannel(channel)
	}
	if index, first := s.radioOf(mhz); first {
		s.radio(w, band, index, mhz)
	}
	if ssid := string(w.GetStringBytes("ssid")); s.public.Has(ssid) && isAccessPoint(w) {
		r := s.reading("wifi_ssid", ingest.Tag{Name: "band", Value: band}, ingest.Tag{Name: "ssid", Value: ssid})
		r.Number("clients", float64(len(w.GetArray("clients"))), 0)
		s.p.Take(r, "down_bytes", 0, face, "statistics", "rx_bytes") // the users' rx
		s.p.Take(r, "up_bytes", 0, face, "statistics", "tx_bytes")
	}
}

// mobile adds the signal of a modem, by the newest technology that it is
// connected by. RSRP is another quantity than RSSI, and no field is for it.
func (s *report) mobile(signal *fastjson.Value) {
	for _, technology := range [...]string{"5g", "lte", "umts", "gsm"} {
		v := signal.Get(technology)
		if !wire.IsObject(v) {
			continue
		}
		r := s.reading(wire.DeviceMeasurement)
		s.p.Take(r, "rssi_dbm", 0, v, "rssi")
		s.p.Take(r, "snr_db", 0, v, "snr")
		s.keep(r)
		return
	}
}

// maxRadios is more than any device has.
const maxRadios = 8

// radioOf numbers radios by their frequency, in order of appearance.
func (s *report) radioOf(mhz float64) (index int, first bool) {
	for i, f := range s.frequency {
		if f == mhz {
			return i, false
		}
	}
	if len(s.frequency) == maxRadios {
		return 0, false
	}
	s.frequency = append(s.frequency, mhz)
	return len(s.frequency) - 1, true
}

func (s *report) radio(w *fastjson.Value, band string, index int, mhz float64) {
	r := s.reading("wifi_radio", ingest.Tag{Name: "band", Value: band}, ingest.Tag{Name: "radio", Value: strconv.Itoa(index)})
	clients, points := s.clientsOn(mhz)
	if points {
		r.Number("clients", clients, 0)
	}
	s.p.Take(r, "channel", 0, w, "channel")
	if width, ok := width(string(w.GetStringBytes("htmode"))); ok {
		r.Number("width_mhz", width, 0)
	}
	if dbm, ok := s.p.Loose(w.Get("noise")); ok && dbm != 0 {
		r.Number("noise_dbm", wire.Signed(dbm), 0)
	}
	s.p.Take(r, "tx_power_dbm", 0, w, "tx_power")
	s.keep(r)
}

// clientsOn counts the clients of the access points on a frequency. The peers
// of a mesh are no clients.
func (s *report) clientsOn(mhz float64) (n float64, points bool) {
	for _, face := range s.v.GetArray("interfaces") {
		w := face.Get("wireless")
		if f, _ := s.p.Loose(w.Get("frequency")); isAccessPoint(w) && f == mhz {
			n += float64(len(w.GetArray("clients")))
			points = true
		}
	}
	return n, points
}

// width returns the channel width of an htmode such as HT20, VHT80 or HE160.
func width(htmode string) (float64, bool) {
	digits := strings.TrimLeft(htmode, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	digits = strings.TrimRight(digits, "+-")
	if digits == htmode {
		return 0, false
	}
	return wire.Float([]byte(digits))
}
