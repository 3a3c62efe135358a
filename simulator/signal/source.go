package signal

import (
	"fmt"
	"math/rand/v2"
	"time"

	"rione/geo"
)

// Source is one device's sensors. It is told the times of its readings, in
// order, and remembers what it needs between them.
type Source struct {
	world   *World
	at      geo.Point
	rng     *rand.Rand
	last    time.Time // of the previous reading; zero before the first
	model   model
	network string
	radio   *radio // nil when it reports no radio and battery of its own
}

// model is what the sensors of one kind show.
type model interface {
	measure(s *Source, m moment, out *Readings)
}

// moment is the time of a reading.
type moment struct {
	t     time.Time
	step  time.Duration // since the previous reading, or the interval before the first
	first bool
	seq   uint64
}

// Config says which source to make.
type Config struct {
	Seed  uint64 // of the device
	Kind  string
	At    geo.Point
	Radio bool // battery and radio are reported too
	// Network is the name of the public network of access points; "" = they do
	// not speak of networks.
	Network string
}

// NewSource returns the sensors of a device of the given kind.
func NewSource(w *World, c Config) (*Source, error) {
	build, ok := models[c.Kind]
	if !ok {
		return nil, fmt.Errorf("kind %q has no sensors; the kinds are those of the registry", c.Kind)
	}
	s := &Source{world: w, at: c.At, network: c.Network, rng: rand.New(rand.NewPCG(w.seed, mix(c.Seed)))}
	s.model = build(s)
	if c.Radio {
		s.radio = newRadio(s)
	}
	return s, nil
}

// models says how each kind's sensors are made.
var models = map[string]func(*Source) model{
	"wifi_ap": newAccessPoint, "bb_node": newLine, "bb_probe": newProbe,
	"air": newAir, "noise": newSoundMeter, "weather": newStation, "water": newGauge,
	"traffic": newCounter, "parking": newParking, "light": newLamp, "bin": newBin,
	"people": newTurnstile, "gateway": newGateway,
}

// Measure appends what the sensors show at t, later than the previous time.
// step is the time that the first reading looks back on.
func (s *Source) Measure(t time.Time, step time.Duration, seq uint64, out *Readings) {
	m := moment{t: t, step: step, first: s.last.IsZero(), seq: seq}
	if !m.first {
		m.step = t.Sub(s.last)
	}
	s.last = t
	s.model.measure(s, m, out)
	if s.radio != nil {
		s.radio.measure(s, m, out)
	}
}

// jitter returns a number in [-by, by].
func (s *Source) jitter(by float64) float64 { return (2*s.rng.Float64() - 1) * by }

// between returns a number in [lo, hi).
func (s *Source) between(lo, hi float64) float64 { return lerp(s.rng.Float64(), lo, hi) }

// whole returns a whole number whose mean is v, never below zero.
func (s *Source) whole(v float64) int64 {
	n := int64(v)
	if s.rng.Float64() < v-float64(n) {
		n++
	}
	return max(n, 0)
}
