package signal

import "math"

// counter counts the vehicles of two lanes.
type counter struct{ capacity float64 } // vehicles an hour and lane at most

func newCounter(s *Source) model { return &counter{capacity: s.between(350, 1500)} }

var lanes = [2][]Tag{
	{{"lane", "1"}, {"dir", "in"}, {"vclass", "all"}},
	{{"lane", "2"}, {"dir", "out"}, {"vclass", "all"}},
}

func (c *counter) measure(s *Source, m moment, out *Readings) {
	drive := s.world.Drive(s.at, m.t)
	hours := math.Min(m.step.Hours(), 24)
	for _, tags := range lanes {
		flow := drive * (1 + s.jitter(0.15))
		out.Add("traffic", tags...).Count("count", s.whole(c.capacity*hours*flow)).
			Gauge("speed_kmh", clamp(52-24*flow*flow+s.jitter(3), 5, 70), 1).
			Gauge("occ_pct", clamp(2+24*flow*flow+s.jitter(1), 0, 95), 1).
			Count("window_s", int64(hours*3600))
	}
}

// parking is a single space, or a car park with one counter at its gate.
type parking struct {
	spaces int64 // 1: a space
	taken  bool
}

func newParking(s *Source) model {
	if s.rng.IntN(10) > 0 {
		return &parking{spaces: 1}
	}
	return &parking{spaces: 40 + s.rng.Int64N(360)}
}

func (p *parking) measure(s *Source, m moment, out *Readings) {
	crowd := clamp(0.15+0.8*s.world.Crowd(s.at, m.t), 0, 1)
	if p.spaces == 1 {
		if s.rng.Float64() < clamp(m.step.Minutes()/35, 0, 1) { // cars stay half an hour or so
			p.taken = s.rng.Float64() < crowd
		}
		out.Add("parking_spot").State("occupied", p.taken)
		return
	}
	free := int64(float64(p.spaces) * clamp(1-crowd+s.jitter(0.03), 0, 1))
	out.Add("parking_area").Count("free", free).Count("total", p.spaces)
}

// lamp is a street light: lit after dusk, dimmed late at night.
type lamp struct {
	watts, energy float64
	fault         bool
}

func newLamp(s *Source) model {
	return &lamp{watts: s.between(35, 120), energy: s.between(50, 3000)}
}

func (l *lamp) measure(s *Source, m moment, out *Readings) {
	if s.rng.Float64() < m.step.Hours()/(24*120) { // breaks, and is repaired at the next chance
		l.fault = !l.fault
	}
	lit := s.world.Weather(s.at, m.t).Solar < 8 && !l.fault
	dim, power := 0.0, 0.6
	if lit {
		dim = 100
		if h := hourOfDay(Local(m.t)); h >= 23.5 || h < 5 {
			dim = 60
		}
		power = l.watts*dim/100 + s.jitter(0.4)
	}
	l.energy += power * m.step.Hours() / 1000
	out.Add("light").State("lit", lit).Gauge("dim_pct", dim, 0).Gauge("power_w", math.Max(0, power), 1).
		Gauge("energy_kwh", l.energy, 3).State("fault", l.fault)
}

// bin is a waste container: people fill it, and a lorry empties it before dawn
// when it is two thirds full.
type bin struct {
	fill, pace float64 // %, % an hour at full crowd
	tilted     bool
}

func newBin(s *Source) model { return &bin{fill: s.between(0, 70), pace: s.between(2, 9)} }

// binDepth is the distance from the sensor to the bottom, m.
const binDepth = 1.4

func (b *bin) measure(s *Source, m moment, out *Readings) {
	hours := m.step.Hours()
	b.fill = clamp(b.fill+b.pace*hours*s.world.Crowd(s.at, m.t)*s.between(0.4, 1.6), 0, 100)
	if h := hourOfDay(Local(m.t)); h >= 4 && h < 6 && b.fill > 66 || hours > 12 {
		b.fill = s.between(0, 4)
	}
	b.tilted = s.rng.Float64() < 0.002 || b.tilted && s.rng.Float64() < 0.8
	w := s.world.Weather(s.at, m.t)
	out.Add("bin").Gauge("fill_pct", b.fill, 0).Gauge("distance_m", binDepth*(1-0.95*b.fill/100), 2).
		Gauge("temp_c", w.Temp+2+w.Solar/120+s.jitter(0.3), 1).State("tilted", b.tilted)
}

// turnstile counts who crosses a line of a station or a busy square, in and out.
type turnstile struct{ hourly float64 }

func newTurnstile(s *Source) model { return &turnstile{hourly: s.between(1200, 4000)} }

var crossing = []Tag{{"line", "a"}}

func (p *turnstile) measure(s *Source, m moment, out *Readings) {
	n := p.hourly * math.Min(m.step.Hours(), 24) * lerp(s.world.Crowd(s.at, m.t), 0.1, 1) // some pass at any hour
	out.Add("people", crossing...).Count("in_n", s.whole(n*s.between(0.8, 1.2))).Count("out_n", s.whole(n*s.between(0.8, 1.2)))
}
