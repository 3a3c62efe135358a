// Package simulator plays a city: a seeded fleet of devices with plausible,
// coupled signals publishes to an MQTT door on an open-loop schedule, and what
// the store then holds is read back and compared, reading by reading. It
// encodes by itself and shares no code with the ingest side, so that one
// misreading cannot hide in both.
package simulator

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"rione/geo"
	"rione/simulator/encode"
	"rione/simulator/signal"
)

// Place is a comune that the city's devices stand in.
type Place struct {
	Code       string   // ISTAT code, six digits
	Name       string   // for people
	Lat, Lon   float64  // a point inside, WGS 84 degrees
	Radius     float64  // devices stand within it, metres; 0 = 450, which no registration refuses
	Population int      // the larger, the more devices; 0 = 10,000
	Zones      []string // municipi or quartieri: sectors around the point; may be empty
}

// CityOptions say which city to make.
type CityOptions struct {
	Seed    uint64
	Devices int      // how many, gateways included
	Comuni  []Place  // at least one
	Formats []string // what the devices speak, names of package encode; nil = native only
	Prefix  string   // of the device ids; "" = "sim"
	Secrets bool     // give each device a secret of its own
	Push    bool     // everything goes to the HTTP door
	Network string   // public Wi-Fi network that native access points speak of; "" = none
	// ZoneOf says which zone of a comune a position is in, "" for none;
	// nil = the sectors of Place.Zones.
	ZoneOf func(comune string, p geo.Point) string
}

// Limits of a city.
const (
	MaxDevices    = 1_000_000
	defaultRadius = 450 // m
	defaultPeople = 10_000
)

var (
	codePattern   = regexp.MustCompile(`^[0-9]{6}$`)
	prefixPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,23}$`)
)

// Validate returns what is wrong with the options and how to mend it.
func (o *CityOptions) Validate() error {
	switch {
	case len(o.Comuni) == 0:
		return errors.New("a city needs at least one comune")
	case o.Devices < 1 || o.Devices > MaxDevices:
		return fmt.Errorf("%d devices: ask for 1 to %d", o.Devices, MaxDevices)
	case o.Prefix != "" && !prefixPattern.MatchString(o.Prefix):
		return fmt.Errorf("prefix %q: use up to 24 of a-z, 0-9 and -", o.Prefix)
	}
	for _, p := range o.Comuni {
		if !codePattern.MatchString(p.Code) {
			return fmt.Errorf("comune %q: the ISTAT code has six digits, such as 058091", p.Code)
		}
		if err := (geo.Point{Lat: p.Lat, Lon: p.Lon}).Check(); err != nil {
			return fmt.Errorf("comune %s: %w", p.Code, err)
		}
	}
	for _, name := range o.Formats {
		f, err := encode.Lookup(name)
		if err != nil {
			return err
		}
		if _, session := f.(encode.Mortal); session && o.Push {
			return fmt.Errorf("%s is a session of MQTT and cannot be pushed; leave it out", name)
		}
	}
	return nil
}

// City is a fleet of devices. It is immutable: the same options make the same
// city, and the same city says the same things at the same times.
type City struct {
	seed    uint64
	world   *signal.World
	network string
	devices []Device
}

// Device is one device of the city.
type Device struct {
	encode.Device
	Zone     string
	Format   string
	Secret   string // "" when the city has none
	At       geo.Point
	Interval time.Duration // between two messages
	Phase    time.Duration // of the first message, within the interval
	Via      int           // index of the device whose connection carries it; its own for most

	seed   uint64
	format encode.Format
}

// Devices returns the devices, gateways before those that they carry. The
// slice is shared and must not be changed.
func (c *City) Devices() []Device { return c.devices }

// pushes tells whether messages of the city go to the HTTP door.
func (c *City) pushes() bool {
	return slices.ContainsFunc(c.devices, func(d Device) bool { return d.Pushed })
}

// source returns the sensors of device i at the beginning of their life.
func (c *City) source(i int) *signal.Source {
	d := &c.devices[i]
	s, err := signal.NewSource(c.world, signal.Config{Seed: d.seed, Kind: d.Kind, At: d.At, Radio: d.format.Radio(), Network: c.network})
	if err != nil {
		panic(err) // kinds come from our own table
	}
	return s
}
