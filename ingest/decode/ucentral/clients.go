package ucentral

import (
	"strconv"
	"strings"

	"github.com/valyala/fastjson"

	"rione/ingest"
	"rione/ingest/decode/wire"
)

// network is one public network on one band, over all interfaces.
type network struct {
	band, ssid        string
	clients           float64
	down, up, retries float64
	counted           bool
}

// maxNetworks is more than any access point has: eight on each band, by
// interface.
const maxNetworks = 64

// bands finds the band of every radio: by name where builds tell it, else by
// frequency, else by channel.
func (s *state) bands() {
	for _, v := range s.v.GetArray("radios") {
		mhz, _ := s.p.Loose(v.Get("frequency", "0"))
		if mhz == 0 {
			mhz, _ = s.p.Loose(v.Get("survey", "0", "frequency"))
		}
		name := v.GetStringBytes("band") // a list, or in some builds a text
		if name == nil {
			name = v.GetStringBytes("band", "0")
		}
		band := wire.Band(string(name), mhz)
		if band == "" {
			channel, _ := s.p.Loose(v.Get("channel"))
			band = wire.BandOfChannel(channel)
		}
		s.radios = append(s.radios, radio{band: band})
	}
}

// count counts the clients and sessions of one interface. Nothing of a client
// but its signal, in a sum, leaves this function.
func (s *state) count(face *fastjson.Value) {
	for _, v := range face.GetArray("ssids") {
		s.ssid(v)
	}
	s.sessions(face.GetObject("captive"))
}

// sessions counts the sessions at the captive portal, which stand with an
// interface or with the state.
func (s *state) sessions(sessions *fastjson.Object) {
	if sessions == nil {
		return
	}
	s.captive = true
	sessions.Visit(func(_ []byte, v *fastjson.Value) {
		switch strings.ToLower(string(v.GetStringBytes("status"))) {
		case "authenticated":
			s.auth++
		case "garden":
			s.garden++
		}
	})
}

func (s *state) ssid(v *fastjson.Value) {
	clients := v.GetArray("associations")
	band := wire.Band(string(v.GetStringBytes("band")), 0)
	if r := s.radioOf(v, band); r != nil {
		r.clients += float64(len(clients))
		for _, c := range clients {
			if dbm, ok := s.p.Loose(c.Get("rssi")); ok && dbm != 0 {
				r.rssiSum += wire.Signed(dbm)
				r.rssiOf++
			}
		}
		if band == "" {
			band = r.band
		}
	}
	s.network(string(v.GetStringBytes("ssid")), band, float64(len(clients)), v.Get("counters"))
}

// radioOf returns the radio that a network refers to, or the first one of its
// band where it refers to none.
func (s *state) radioOf(ssid *fastjson.Value, band string) *radio {
	if i, ok := reference(ssid); ok && i < len(s.radios) {
		return &s.radios[i]
	}
	for i := range s.radios {
		if band != "" && s.radios[i].band == band {
			return &s.radios[i]
		}
	}
	return nil
}

// reference returns the index of the radio that "#/radios/N" refers to.
func reference(v *fastjson.Value) (int, bool) {
	digits, ok := strings.CutPrefix(string(v.GetStringBytes("radio", "$ref")), "#/radios/")
	n, err := strconv.Atoi(digits)
	return n, ok && err == nil && n >= 0
}

// network adds figures to those of the network, which may have several access
// interfaces on a band. What the access point sends goes down, to the user.
func (s *state) network(ssid, band string, clients float64, counters *fastjson.Value) {
	if !s.public.Has(ssid) {
		return
	}
	var n *network
	for i := range s.networks {
		if s.networks[i].ssid == ssid && s.networks[i].band == band {
			n = &s.networks[i]
		}
	}
	if n == nil {
		if len(s.networks) == maxNetworks {
			return
		}
		s.networks = append(s.networks, network{ssid: ssid, band: band})
		n = &s.networks[len(s.networks)-1]
	}
	n.clients += clients
	if counters == nil {
		return
	}
	down, _ := s.p.Loose(counters.Get("tx_bytes"))
	up, _ := s.p.Loose(counters.Get("rx_bytes"))
	retries, _ := s.p.Loose(counters.Get("tx_retries"))
	n.down, n.up, n.retries, n.counted = n.down+down, n.up+up, n.retries+retries, true
}

// ssids adds the public networks.
func (s *state) ssids() {
	for i := range s.networks {
		n := &s.networks[i]
		r := s.reading("wifi_ssid", ingest.Tag{Name: "band", Value: n.band}, ingest.Tag{Name: "ssid", Value: n.ssid})
		r.Number("clients", n.clients, 0)
		if n.counted {
			r.Number("down_bytes", n.down, 0)
			r.Number("up_bytes", n.up, 0)
			r.Number("retries", n.retries, 0)
		}
	}
}
