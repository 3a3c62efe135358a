// Package scenario reads what is to be simulated from a file: the city, the
// load, the faults and the limits that decide whether it passes. Some scenarios
// are shipped.
package scenario

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"rione/geo"
	"rione/simulator"
	"rione/simulator/encode"
	"rione/simulator/signal"
)

// Scenario is a city, a load, faults and limits.
type Scenario struct {
	Name  string `json:"-"`     // of the file
	Title string `json:"title"` // for people
	About string `json:"about"` // what it shows

	// The comuni are those of an initiative, or named by their ISTAT codes.
	Initiative string   `json:"initiative,omitempty"`
	Comuni     []string `json:"comuni,omitempty"`
	Devices    int      `json:"devices"`
	Seed       uint64   `json:"seed,omitempty"` // 0 = 1
	Formats    []string `json:"formats"`
	Secrets    bool     `json:"secrets,omitempty"` // devices prove who they are

	For     Duration   `json:"for"`
	Rate    float64    `json:"rate,omitempty"`    // messages a second in all
	Speed   float64    `json:"speed,omitempty"`   // or device time per wall time
	Profile []Knot     `json:"profile,omitempty"` // or a rate that changes
	Bursts  *Bursts    `json:"bursts,omitempty"`  // or one that jumps
	Start   string     `json:"start,omitempty"`   // RFC 3339, or "clock-change": the night of the last one
	Faults  FaultsPlan `json:"faults,omitzero"`
	Limits  Limits     `json:"limits,omitzero"`
}

// Knot is a point of a load profile.
type Knot struct {
	At   Duration `json:"at"`
	Rate float64  `json:"rate"`
}

// Bursts is a rate that jumps to a peak, again and again.
type Bursts struct {
	Base  float64  `json:"base"`
	Peak  float64  `json:"peak"`
	Pause Duration `json:"pause"`
	Burst Duration `json:"burst"`
}

// FaultsPlan are simulator.Faults as a file writes them.
type FaultsPlan struct {
	Late      float64  `json:"late,omitempty"`
	Duplicate float64  `json:"duplicate,omitempty"`
	Disorder  float64  `json:"disorder,omitempty"`
	Garbage   float64  `json:"garbage,omitempty"`
	Poison    float64  `json:"poison,omitempty"`
	Unset     float64  `json:"unset_clock,omitempty"`
	Stray     float64  `json:"stray,omitempty"`
	Break     float64  `json:"break,omitempty"`
	Skew      float64  `json:"skewed_clock,omitempty"`
	Local     float64  `json:"local_time,omitempty"`
	Slow      float64  `json:"slow,omitempty"`
	Outages   []Outage `json:"outages,omitempty"`
}

// Outage is a time during which connections are down.
type Outage struct {
	At    Duration `json:"at"`
	For   Duration `json:"for,omitzero"`
	Every Duration `json:"every,omitzero"`
	Of    string   `json:"of,omitempty"`
}

// Limits are what the run must keep to.
type Limits struct {
	AckP99       Duration `json:"ack_p99,omitzero"`
	QueryableP99 Duration `json:"queryable_p99,omitzero"`
	MinRate      float64  `json:"min_rate,omitempty"`
	Lag          Duration `json:"generator_lag,omitzero"` // 0 = 100 ms
}

// Duration is written as Go writes durations, such as "1m30s".
type Duration time.Duration

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%q is no duration such as 30s or 1m30s", text)
	}
	*d = Duration(v)
	return nil
}

// MarshalText implements encoding.TextMarshaler.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// Parse reads a scenario. Members that are not known are an error.
func Parse(name string, text []byte) (*Scenario, error) {
	s := &Scenario{Name: name}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(s); err != nil {
		return nil, fmt.Errorf("scenario %s: %w", name, err)
	}
	if err := s.validate(); err != nil {
		return nil, fmt.Errorf("scenario %s: %w", name, err)
	}
	return s, nil
}

func (s *Scenario) validate() error {
	if s.Devices < 1 {
		return errors.New("devices: how many?")
	}
	if s.For <= 0 {
		return errors.New("for: how long, such as 30s?")
	}
	for _, f := range s.Formats {
		if _, err := encode.Lookup(f); err != nil {
			return err
		}
	}
	if _, err := s.Places(); err != nil {
		return err
	}
	_, err := s.start()
	return err
}

// Places returns the comuni of the scenario.
func (s *Scenario) Places() ([]geo.Comune, error) {
	var out []geo.Comune
	for _, code := range s.Comuni {
		c, ok := geo.ComuneByCode(code)
		if !ok {
			return nil, fmt.Errorf("comuni: %s is not in the built-in table; `rione geo` imports others", code)
		}
		out = append(out, c)
	}
	if s.Initiative != "" {
		for _, c := range geo.Comuni() {
			if slices.Contains(c.Initiatives, s.Initiative) {
				out = append(out, c)
			}
		}
	}
	if len(out) == 0 {
		return nil, errors.New("comuni: name some by their ISTAT codes, or an initiative")
	}
	return out, nil
}

// clockChange is the start that means the night of the last change of clocks.
const clockChange = "clock-change"

func (s *Scenario) start() (time.Time, error) {
	switch s.Start {
	case "":
		return time.Time{}, nil
	case clockChange: // half an hour before
		return signal.LastClockChange(time.Now().Add(-24 * time.Hour)).Add(-30 * time.Minute), nil
	}
	t, err := time.Parse(time.RFC3339, s.Start)
	if err != nil {
		return t, fmt.Errorf("start: %q is neither a time such as 2026-03-23T08:00:00Z nor %s", s.Start, clockChange)
	}
	return t, nil
}

// Apply sets the load and the faults of o.
func (s *Scenario) Apply(o *simulator.Options) error {
	start, err := s.start()
	if err != nil {
		return err
	}
	o.For, o.Rate, o.Speed, o.Start, o.Faults = time.Duration(s.For), s.Rate, s.Speed, start, s.Faults.faults()
	for _, k := range s.Profile {
		o.Profile = append(o.Profile, simulator.Knot{At: time.Duration(k.At), Rate: k.Rate})
	}
	if b := s.Bursts; b != nil {
		o.Profile = simulator.Bursts(b.Base, b.Peak, time.Duration(b.Pause), time.Duration(b.Burst), o.For)
	}
	return nil
}

func (f *FaultsPlan) faults() simulator.Faults {
	out := simulator.Faults{
		Late: f.Late, Duplicate: f.Duplicate, Disorder: f.Disorder, Garbage: f.Garbage, Poison: f.Poison,
		Unset: f.Unset, Stray: f.Stray, Break: f.Break, Skew: f.Skew, Local: f.Local, Slow: f.Slow,
	}
	for _, o := range f.Outages {
		out.Outages = append(out.Outages, simulator.Outage{At: time.Duration(o.At), For: time.Duration(o.For), Every: time.Duration(o.Every), Of: o.Of})
	}
	return out
}

// Checks returns the limits as the simulator takes them.
func (l *Limits) Checks() simulator.Limits {
	return simulator.Limits{AckP99: time.Duration(l.AckP99), QueryableP99: time.Duration(l.QueryableP99), MinRate: l.MinRate, Lag: time.Duration(l.Lag)}
}

// Set sets a share by the name that files give it.
func (f *FaultsPlan) Set(name, share string) error {
	var v float64
	if _, err := fmt.Sscanf(share+"\n", "%g\n", &v); err != nil {
		return fmt.Errorf("%s=%s: a share is a number from 0 to 1", name, share)
	}
	for known, field := range map[string]*float64{
		"late": &f.Late, "duplicate": &f.Duplicate, "disorder": &f.Disorder, "garbage": &f.Garbage, "poison": &f.Poison,
		"unset_clock": &f.Unset, "stray": &f.Stray, "break": &f.Break, "skewed_clock": &f.Skew, "local_time": &f.Local, "slow": &f.Slow,
	} {
		if known == name {
			*field = v
			return nil
		}
	}
	return fmt.Errorf("%q is no fault", name)
}
