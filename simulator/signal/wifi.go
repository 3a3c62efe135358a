package signal

import "strconv"

// accessPoint is a public Wi-Fi access point: its users follow the crowd of its
// place, its channels and counters follow its users.
type accessPoint struct {
	busy   float64 // clients at the liveliest hour
	uptime float64 // s
	up     bool
	radios [2]wlan
	wan    [2]float64 // bytes received and sent
	errors int64
}

// wlan is one radio with the public network on it.
type wlan struct {
	radioTags, ssidTags []Tag
	share               float64 // of the clients
	channel             int64
	width, power        float64 // MHz, dBm
	active, busy        float64 // ms
	down, up, retries   float64
}

func newAccessPoint(s *Source) model {
	a := &accessPoint{busy: s.between(8, 90), uptime: s.between(600, 90*86400), up: true}
	a.radios[0] = newWlan(s.network, "2g", 0, 0.3, [3]int64{1, 6, 11}[s.rng.IntN(3)], 20, 20)
	a.radios[1] = newWlan(s.network, "5g", 1, 0.7, [4]int64{36, 52, 100, 116}[s.rng.IntN(4)], 80, 23)
	return a
}

func newWlan(network, band string, index int, share float64, channel int64, width, power float64) wlan {
	return wlan{
		radioTags: []Tag{{"band", band}, {"radio", strconv.Itoa(index)}},
		ssidTags:  []Tag{{"band", band}, {"ssid", network}},
		share:     share, channel: channel, width: width, power: power,
	}
}

func (a *accessPoint) measure(s *Source, m moment, out *Readings) {
	seconds := m.step.Seconds()
	a.uptime += seconds
	switch {
	case !a.up: // back after a reboot
		a.up, a.uptime = true, s.between(20, 60)
	case s.rng.Float64() < seconds/(40*86400): // once in forty days
		a.up = false
	}
	var total int64
	clients := [2]int64{}
	if a.up {
		crowd := s.world.Crowd(s.at, m.t) * (1 + s.jitter(0.1))
		for i := range a.radios {
			clients[i] = s.whole(a.busy * crowd * a.radios[i].share)
			total += clients[i]
		}
	}
	load := clamp(float64(total)/a.busy, 0, 1)
	weather := s.world.Weather(s.at, m.t)
	out.Add("wifi_ap").State("up", a.up).Count("clients", total).Count("uptime_s", int64(a.uptime)).
		Gauge("cpu_pct", clamp(6+45*load+s.jitter(3), 1, 100), 1).
		Gauge("mem_used_pct", clamp(42+18*load+s.jitter(1), 0, 100), 1).
		Gauge("temp_c", weather.Temp+16+9*load+weather.Solar/90+s.jitter(0.4), 1).
		Gauge("sanity_pct", clamp(100-6*load+s.jitter(2), 0, 100), 0).
		Count("portal_auth", total*7/10).Count("portal_garden", total-total*7/10)
	for i := range a.radios {
		a.radios[i].measure(s, m, clients[i], &a.wan, out)
	}
	a.errors += s.whole(0.02)
	out.Add("net_if", wanTags...).Count("rx_bytes", int64(a.wan[0])).Count("tx_bytes", int64(a.wan[1])).
		Count("errors", a.errors).State("up", a.up).Gauge("speed_mbps", 1000, 0)
}

var wanTags = []Tag{{"ifname", "eth0"}, {"role", "upstream"}}

// measure adds what one radio and its network show.
func (w *wlan) measure(s *Source, m moment, clients int64, wan *[2]float64, out *Readings) {
	ms := float64(m.step.Milliseconds())
	util := clamp(8+2.2*float64(clients)+s.jitter(4), 1, 97)
	w.active += ms
	w.busy += ms * util / 100
	down := float64(clients) * ms / 1000 * s.between(15e3, 60e3) // 0.1 to 0.5 Mbit/s a client
	up := down * s.between(0.08, 0.2)
	w.down, w.up, w.retries = w.down+down, w.up+up, w.retries+down/1400*s.between(0.01, 0.05)
	wan[0], wan[1] = wan[0]+down, wan[1]+up
	out.Add("wifi_radio", w.radioTags...).Count("clients", clients).Count("channel", w.channel).
		Gauge("width_mhz", w.width, 0).Gauge("util_pct", util, 1).
		Gauge("noise_dbm", -95+s.jitter(3), 0).Gauge("tx_power_dbm", w.power, 0).
		Count("active_ms", int64(w.active)).Count("busy_ms", int64(w.busy)).
		Gauge("rssi_avg_dbm", -62+s.jitter(6), 0)
	if s.network == "" {
		return
	}
	out.Add("wifi_ssid", w.ssidTags...).Count("clients", clients).
		Count("down_bytes", int64(w.down)).Count("up_bytes", int64(w.up)).Count("retries", int64(w.retries))
}
