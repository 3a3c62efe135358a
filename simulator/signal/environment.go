package signal

import "math"

// air is an indicative air quality station: traffic makes nitrogen dioxide and
// particles, wind and rain carry them off, sun makes ozone of them.
type air struct {
	road float64 // how close the traffic is
	bias float64 // °C
}

func newAir(s *Source) model { return &air{road: s.between(0.4, 1.3), bias: s.jitter(0.4)} }

var indicative = []Tag{{"grade", "indicative"}}

func (a *air) measure(s *Source, m moment, out *Readings) {
	w := s.world.Weather(s.at, m.t)
	drive := s.world.Drive(s.at, m.t) * a.road
	stay := 1 / (0.6 + 0.35*w.Wind) // what is not blown away
	pm25 := (5+20*drive)*stay*(1-clamp(w.Rain/12, 0, 0.7)) + s.between(0, 1.5)
	no2 := (8+60*drive)*stay + s.between(0, 2)
	out.Add("air", indicative...).
		Gauge("pm1_ugm3", pm25*0.7, 1).Gauge("pm25_ugm3", pm25, 1).Gauge("pm10_ugm3", pm25*1.6+s.between(0, 3), 1).
		Gauge("no2_ugm3", no2, 1).
		Gauge("o3_ugm3", clamp(35+w.Solar/11-0.5*no2+s.jitter(2), 1, 240), 1).
		Gauge("so2_ugm3", 2+2*stay*drive+s.between(0, 0.4), 1).
		Gauge("co_mgm3", 0.2+0.7*drive*stay, 2).
		Gauge("c6h6_ugm3", 0.3+1.6*drive*stay, 2).
		Gauge("co2_ppm", 418+40*drive*stay+s.jitter(2), 0).
		Gauge("temp_c", w.Temp+a.bias+s.jitter(0.1), 1).
		Gauge("rh_pct", clamp(w.Humidity+s.jitter(0.8), 5, 100), 1).
		Gauge("press_hpa", w.Pressure+s.jitter(0.1), 1)
}

// soundMeter hears traffic by day and people in the evening.
type soundMeter struct{ quiet float64 }

func newSoundMeter(s *Source) model { return &soundMeter{quiet: s.between(36, 46)} }

func (n *soundMeter) measure(s *Source, m moment, out *Readings) {
	sources := s.world.Drive(s.at, m.t) + 0.7*s.world.Crowd(s.at, m.t)
	leq := n.quiet + 14*math.Log10(1+9*sources) + s.jitter(1.2)
	window := int64(m.step.Seconds())
	out.Add("noise").Gauge("laeq_db", leq, 1).Gauge("lamax_db", leq+s.between(6, 18), 1).
		Gauge("lamin_db", leq-s.between(5, 11), 1).Count("window_s", min(window, 86400))
}

// station is a weather station.
type station struct{}

func newStation(*Source) model { return station{} }

func (station) measure(s *Source, m moment, out *Readings) {
	w := s.world.Weather(s.at, m.t)
	out.Add("weather").Gauge("temp_c", w.Temp+s.jitter(0.05), 1).
		Gauge("rh_pct", clamp(w.Humidity+s.jitter(0.5), 5, 100), 1).
		Gauge("press_hpa", w.Pressure, 1).
		Gauge("wind_ms", math.Max(0, w.Wind+s.jitter(0.2)), 1).Gauge("gust_ms", w.Gust+s.between(0, 1), 1).
		Gauge("wind_deg", clamp(w.From+s.jitter(4), 0, 359), 0).
		Gauge("rain_mm", clamp(w.Rain*m.step.Hours(), 0, 400), 2).
		Gauge("solar_wm2", w.Solar, 0).Gauge("lux", w.Solar*118, 0)
}

// gauge measures a watercourse that rain fills and time empties.
type gauge struct {
	datum, level float64 // m
}

func newGauge(s *Source) model { return &gauge{datum: s.between(5, 8), level: s.between(0.4, 1.2)} }

func (g *gauge) measure(s *Source, m moment, out *Readings) {
	hours := math.Min(m.step.Hours(), 6)
	g.level += hours * (0.12*s.world.Weather(s.at, m.t).Rain - 0.05*(g.level-0.3))
	g.level = clamp(g.level, 0.1, g.datum-0.3)
	shown := g.level + s.jitter(0.004)
	out.Add("water").Gauge("level_m", shown, 3).Gauge("distance_m", g.datum-shown, 3)
}
