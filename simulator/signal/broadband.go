package signal

import "math"

// line is a broadband line: an optical one (ftth) or one over copper from a
// cabinet (fttc). One line in six degrades over weeks until it is repaired.
type line struct {
	optical  bool
	tags     []Tag
	rate     float64 // kbit/s that the line was built for
	decay    float64 // dB a day; 0 for a sound line
	worn     float64 // dB lost so far
	errored  float64 // s
	rx, tx   float64 // bytes
	received float64 // dBm of a sound optical line
}

func newLine(s *Source) model {
	l := &line{optical: s.rng.Float64() < 0.6, received: s.between(-22, -14)}
	if s.rng.Float64() < 1.0/6 {
		l.decay = s.between(0.1, 0.6)
		l.worn = s.between(0, 6)
	}
	if l.optical {
		l.rate, l.tags = 1_000_000, []Tag{{"tech", "ftth"}, {"line", "1"}}
		return l
	}
	l.rate, l.tags = math.Round(s.between(35, 95))*1000, []Tag{{"tech", "fttc"}, {"line", "1"}}
	return l
}

func (l *line) measure(s *Source, m moment, out *Readings) {
	seconds := m.step.Seconds()
	if l.worn += l.decay * seconds / 86400; l.worn > 9 {
		l.worn = 0 // repaired
	}
	up := l.worn < 8.5
	l.errored += seconds * clamp((l.worn-3)/60, 0, 0.5) * s.rng.Float64()
	r := out.Add("bb_link", l.tags...).State("up", up)
	if l.optical {
		l.fibre(s, m, r)
	} else {
		l.copper(s, r)
	}
	r.Count("errored_s", int64(l.errored))
	used := s.world.Crowd(s.at, m.t) * l.rate * 1000 / 8 * 0.02 * seconds
	if up {
		l.rx, l.tx = l.rx+used*s.between(0.5, 1.5), l.tx+used*s.between(0.05, 0.2)
	}
	out.Add("net_if", linePort...).Count("rx_bytes", int64(l.rx)).Count("tx_bytes", int64(l.tx)).
		Count("errors", int64(l.errored*3)).State("up", up).Gauge("speed_mbps", l.rate/1000, 0)
}

var linePort = []Tag{{"ifname", "wan0"}, {"role", "upstream"}}

func (l *line) fibre(s *Source, m moment, r *Reading) {
	r.Gauge("rx_power_dbm", l.received-l.worn+s.jitter(0.15), 2).
		Gauge("tx_power_dbm", 2.3+s.jitter(0.1), 2).
		Gauge("bias_ma", 11+0.3*l.worn+s.jitter(0.2), 2).
		Gauge("temp_c", 26+0.6*s.world.Weather(s.at, m.t).Temp+s.jitter(0.5), 1)
}

func (l *line) copper(s *Source, r *Reading) {
	sync := l.rate * (1 - 0.05*l.worn)
	r.Gauge("sync_down_kbps", sync, 0).Gauge("sync_up_kbps", sync*0.2, 0).
		Gauge("attain_down_kbps", sync*(1.08+s.jitter(0.02)), 0).
		Gauge("snr_down_db", 9.5-0.8*l.worn+s.jitter(0.3), 1).
		Gauge("snr_up_db", 10.5-0.5*l.worn+s.jitter(0.3), 1)
}

// probe measures reachability at each reading and capacity at one in twenty;
// evenings are slow.
type probe struct {
	base, capacity float64 // ms, Mbit/s
}

func newProbe(s *Source) model {
	return &probe{base: s.between(4, 22), capacity: s.between(40, 900)}
}

// What a probe asks, and how it measures capacity.
var (
	probeTargets = [2][]Tag{{{"target", "mix"}, {"af", "4"}}, {{"target", "mix"}, {"af", "6"}}}
	speedTags    = [2][]Tag{{{"dir", "down"}, {"method", "tr471"}}, {{"dir", "up"}, {"method", "tr471"}}}
)

func (p *probe) measure(s *Source, m moment, out *Readings) {
	evening := math.Max(0, math.Sin((hourOfDay(Local(m.t))-16)/8*math.Pi)) // 16 to 24, most at 20
	if hourOfDay(Local(m.t)) < 16 {
		evening = 0
	}
	for _, tags := range probeTargets {
		const sent = 20
		lost := min(s.whole(sent*(0.002+0.02*evening)*s.rng.Float64()), sent)
		least := p.base * (1 + 0.3*evening*s.rng.Float64())
		jitter := 0.3 + 4*evening*s.rng.Float64()
		out.Add("bb_probe", tags...).Count("sent", sent).Count("rcvd", sent-lost).
			Gauge("loss_pct", 100*float64(lost)/sent, 1).
			Gauge("rtt_min_ms", least, 2).Gauge("rtt_avg_ms", least+jitter, 2).
			Gauge("rtt_max_ms", least+jitter*s.between(2, 6), 2).Gauge("jitter_ms", jitter, 2)
	}
	if m.seq%20 != 1 {
		return
	}
	for i, tags := range speedTags {
		share := [2]float64{1, 0.3}[i]
		out.Add("bb_speed", tags...).
			Gauge("capacity_mbps", p.capacity*share*(1-0.4*evening*s.rng.Float64()), 1).
			Gauge("loss_pct", 0.4*evening*s.rng.Float64(), 2).
			Gauge("rtt_min_ms", p.base, 2).Gauge("pdv_max_ms", s.between(1, 8)*(1+2*evening), 2)
	}
}
