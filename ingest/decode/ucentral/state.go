package ucentral

import (
	"strconv"
	"strings"
	"time"

	"github.com/valyala/fastjson"

	"rione/ingest"
	"rione/ingest/decode/wire"
)

// state is one state being decoded.
type state struct {
	serial     string
	v          *fastjson.Value
	p          *wire.Parser
	out        *ingest.Readings
	at         time.Time
	resolution time.Duration

	public   wire.Names
	radios   []radio
	networks []network
	auth     float64 // captive-portal sessions
	garden   float64
	captive  bool
}

// radio is what is counted of the clients of one radio.
type radio struct {
	band    string
	clients float64
	rssiSum float64
	rssiOf  float64
}

func newState(serial string, v *fastjson.Value, p *wire.Parser, out *ingest.Readings, public wire.Names) *state {
	s := &state{serial: serial, v: v, p: p, out: out, public: public}
	if v.Exists("unit", "localtime") {
		if seconds, ok := p.Uint(v.Get("unit", "localtime")); ok {
			s.at, s.resolution = time.Unix(int64(seconds), 0).UTC(), time.Second
		}
	}
	return s
}

func (s *state) decode() {
	s.bands()
	for _, face := range s.v.GetArray("interfaces") {
		s.count(face)
	}
	s.sessions(s.v.GetObject("captive"))
	s.unit()
	for i, v := range s.v.GetArray("radios") {
		s.radio(i, v)
	}
	s.ssids()
	for _, face := range s.v.GetArray("interfaces") {
		s.netIf(face)
	}
	for _, role := range [...]string{"upstream", "downstream", "wan", "lan"} {
		s.links(role)
	}
}

// reading adds a reading of the access point; it is dropped again by keep when
// nothing came of it.
func (s *state) reading(measurement string, tags ...ingest.Tag) *ingest.Reading {
	r := s.out.Next()
	r.Device, r.Measurement, r.Time, r.Resolution = s.serial, measurement, s.at, s.resolution
	for _, t := range tags {
		if t.Value != "" {
			r.Tags = append(r.Tags, t)
		}
	}
	return r
}

func (s *state) keep(r *ingest.Reading) {
	if len(r.Values) == 0 {
		s.out.Drop()
	}
}

// unit adds the access point itself.
func (s *state) unit() {
	u := s.v.Get("unit")
	r := s.reading("wifi_ap")
	if len(s.radios) > 0 {
		r.Number("up", 1, 0)
		total := 0.0
		for i := range s.radios {
			total += s.radios[i].clients
		}
		r.Number("clients", total, 0)
	}
	s.p.Take(r, "uptime_s", 0, u, "uptime")
	s.p.Take(r, "cpu_pct", 0, u, "cpu_load", "0")
	if used, ok := s.memory(u.Get("memory")); ok {
		r.Number("mem_used_pct", used, 0)
	}
	s.p.Take(r, "temp_c", 0, u, "temperature", "0")
	if s.captive {
		r.Number("portal_auth", s.auth, 0)
		r.Number("portal_garden", s.garden, 0)
	}
	s.keep(r)
}

// memory returns the share that is neither free nor given back on demand.
func (s *state) memory(m *fastjson.Value) (float64, bool) {
	total, ok1 := s.p.Loose(m.Get("total"))
	free, ok2 := s.p.Loose(m.Get("free"))
	buffered, _ := s.p.Loose(m.Get("buffered"))
	cached, _ := s.p.Loose(m.Get("cached"))
	if !ok1 || !ok2 {
		return 0, false
	}
	return wire.Percent(total-free-buffered-cached, total)
}

// radio adds one radio.
func (s *state) radio(i int, v *fastjson.Value) {
	r := s.reading("wifi_radio", ingest.Tag{Name: "band", Value: s.radios[i].band}, ingest.Tag{Name: "radio", Value: strconv.Itoa(i)})
	r.Number("clients", s.radios[i].clients, 0)
	s.p.Take(r, "channel", 0, v, "channel")
	s.p.Take(r, "width_mhz", 0, v, "channel_width")
	s.p.Take(r, "util_pct", 0, v, "chanUtil")
	s.p.Take(r, "tx_power_dbm", 0, v, "tx_power")
	survey, noise, active, busy := v, "noise", "active_ms", "busy_ms"
	if list := v.GetArray("survey"); len(list) > 0 {
		survey, active, busy = s.inUse(list), "time", "busy"
	}
	s.p.Take(r, "active_ms", 0, survey, active)
	s.p.Take(r, "busy_ms", 0, survey, busy)
	if dbm, ok := s.p.Loose(survey.Get(noise)); ok && dbm != 0 { // 0 is no measurement
		r.Number("noise_dbm", wire.Signed(dbm), 0)
	}
	if of := s.radios[i].rssiOf; of > 0 {
		r.Number("rssi_avg_dbm", s.radios[i].rssiSum/of, 0)
	}
}

// inUse returns the survey entry of the channel that the radio is on: the one
// that was active longest.
func (s *state) inUse(list []*fastjson.Value) *fastjson.Value {
	best, longest := list[0], -1.0
	for _, entry := range list {
		if active, _ := s.p.Loose(entry.Get("time")); active > longest {
			best, longest = entry, active
		}
	}
	return best
}

// netIf adds one interface of the access point's network.
func (s *state) netIf(face *fastjson.Value) {
	name := string(face.GetStringBytes("name"))
	c := face.Get("counters")
	if name == "" || c == nil {
		return
	}
	r := s.reading("net_if", ingest.Tag{Name: "ifname", Value: name}, ingest.Tag{Name: "role", Value: role(name)})
	s.p.Take(r, "rx_bytes", 0, c, "rx_bytes")
	s.p.Take(r, "tx_bytes", 0, c, "tx_bytes")
	rx, ok1 := s.p.Loose(c.Get("rx_errors"))
	tx, ok2 := s.p.Loose(c.Get("tx_errors"))
	if ok1 || ok2 {
		r.Number("errors", rx+tx, 0)
	}
	s.keep(r)
}

// role is how uCentral names its interfaces: up0v0 towards the network, down1v0
// towards users.
func role(name string) string {
	switch {
	case strings.HasPrefix(name, "up"):
		return "upstream"
	case strings.HasPrefix(name, "down"):
		return "downstream"
	}
	return ""
}

// links adds the physical ports of one side.
func (s *state) links(role string) {
	ports := s.v.GetObject("link-state", role)
	if ports == nil {
		return
	}
	ports.Visit(func(key []byte, port *fastjson.Value) {
		r := s.reading("net_if", ingest.Tag{Name: "ifname", Value: string(key)}, ingest.Tag{Name: "role", Value: role})
		if up, ok := s.p.Truth(port.Get("carrier")); ok {
			r.Number("up", up, 0)
		}
		if mbps, ok := s.p.Loose(port.Get("speed")); ok && mbps >= 0 { // -1 is no link
			r.Number("speed_mbps", mbps, 0)
		}
		s.keep(r)
	})
}
