package api

import (
	"time"

	"rione/devices"
	"rione/geo"
)

// State tells how recently a device was heard of, by its expected interval.
type State string

// The states of devices.
const (
	Online  State = "online"  // within two and a half intervals
	Late    State = "late"    // within ten intervals
	Silent  State = "silent"  // longer ago
	Waiting State = "waiting" // never, and registered less than ten intervals ago
)

// assumedInterval is expected of a device that does not say.
const assumedInterval = 15 * time.Minute

// stateOf judges a device by the time of its newest reading.
func stateOf(d *devices.Device, seen, now time.Time) State {
	interval := d.Interval
	if interval <= 0 {
		interval = assumedInterval
	}
	known := seen
	if seen.IsZero() {
		known = d.Updated
	}
	switch age := now.Sub(known); {
	case age > 10*interval:
		return Silent
	case seen.IsZero():
		return Waiting
	case age > 5*interval/2:
		return Late
	}
	return Online
}

// place returns where a device is shown, false when nowhere. A device in a
// home is shown at the point that stands for its comune, whoever asks: the API
// and everything that filters by position see only this function.
func (s *Server) place(d *devices.Device) (geo.Point, bool) {
	at := d.Current()
	if !d.Premises {
		return at.Point, true
	}
	if c, ok := geo.ComuneByCode(at.Comune); ok {
		return c.Point, true
	}
	if s.o.Gazetteer != nil {
		return s.o.Gazetteer.Centre(at.Comune)
	}
	return geo.Point{}, false
}

// comuneName returns the comune's name, its code where the name is not known.
func comuneName(code string) string {
	if c, ok := geo.ComuneByCode(code); ok {
		return c.Name
	}
	return code
}
