package simulator

import (
	"fmt"
	"time"

	"rione/simulator/encode"
	"rione/simulator/signal"
)

// Faults say what goes wrong on purpose. Shares are 0 (none) to 1 (all); which
// messages and devices they strike is decided by the seed, so faults are of the
// plan like any other message. None of them may change what the store holds.
type Faults struct {
	// Shares of messages.
	Late      float64 // sent only after the device's eight following ones
	Duplicate float64 // sent twice
	Disorder  float64 // sent after the device's next one
	Garbage   float64 // followed by a payload that means nothing
	Poison    float64 // followed by a payload made to hurt: deep, huge, not text
	Unset     float64 // of native devices: followed by one with a clock of 1970
	Stray     float64 // of native thermometers: followed by one that is colder than anything can be
	Break     float64 // followed by a connection that breaks without a goodbye

	// Shares of devices.
	Skew  float64 // the clock is off, by up to 90 s either way
	Local float64 // of native devices: time is written as local time with its offset
	Slow  float64 // of connections: a few bytes at a time

	Outages []Outage // connections that break together
}

// Outage is a time during which connections are down.
type Outage struct {
	At    time.Duration // since the beginning
	For   time.Duration // until they may come back; 0 = at once
	Every time.Duration // again and again; 0 = once
	Of    string        // "" all, "gateway", or an ISTAT code
}

// FaultCounts are the faults that a run played.
type FaultCounts struct {
	Late      int64 `json:"late"`
	Duplicate int64 `json:"duplicate"`
	Disorder  int64 `json:"disorder"`
	Garbage   int64 `json:"garbage"`
	Poison    int64 `json:"poison"`
	Unset     int64 `json:"unset_clock"`
	Stray     int64 `json:"stray"`
	Break     int64 `json:"break"`
	Skewed    int64 `json:"skewed_devices"`
	Local     int64 `json:"local_time_devices"`
	Slow      int64 `json:"slow_connections"`
	Outages   int64 `json:"outages"`
	Dropped   int64 `json:"dropped_by_outages"` // connections
}

func (f *Faults) validate() error {
	for _, share := range []float64{f.Late, f.Duplicate, f.Disorder, f.Garbage, f.Poison, f.Unset, f.Stray, f.Break, f.Skew, f.Local, f.Slow} {
		if !(share >= 0 && share <= 1) {
			return fmt.Errorf("faults: a share of %v: 0 (none) to 1 (every message)", share)
		}
	}
	for _, o := range f.Outages {
		switch {
		case o.At < 0 || o.For < 0 || o.Every < 0:
			return fmt.Errorf("faults: an outage at %v for %v: times cannot be negative", o.At, o.For)
		case o.Every > 0 && o.Every <= o.For:
			return fmt.Errorf("faults: an outage of %v every %v never ends", o.For, o.Every)
		case o.Of != "" && o.Of != gatewayFamily.kind && !codePattern.MatchString(o.Of):
			return fmt.Errorf("faults: an outage of %q: say nothing for all, gateway, or an ISTAT code", o.Of)
		}
	}
	return nil
}

// fault is something that may be done to a message or a device; a message may
// have several.
type fault uint64

const (
	garbage fault = iota + 1
	duplicate
	disorder
	breakage
	late
	poison
	unset
	skew
	local
	slow
	farewell // the last word of a device that has one
	stray
)

// lateBy is how many messages a late one lets pass.
const lateBy = 8

// strikes tells whether a fault of the given share is done to message k of d.
func (f fault) strikes(share float64, d *Device, k uint32) bool {
	return share > 0 && share > f.dice(d, uint64(k))
}

// dice returns a number in [0, 1) that belongs to the fault, the device and n.
func (f fault) dice(d *Device, n uint64) float64 {
	return float64(signal.Hash(d.seed^uint64(f), n)>>11) / (1 << 53)
}

// maxSkew keeps clocks within what a city takes for a clock.
const maxSkew = 90 * time.Second

// skewOf returns by how much the clock of d is off.
func (f *Faults) skewOf(d *Device) time.Duration {
	if !skew.strikes(f.Skew, d, 0) {
		return 0
	}
	return time.Duration((2*skew.dice(d, 1) - 1) * float64(maxSkew)).Truncate(time.Second)
}

// strayValue is what a broken thermometer says, °C: below absolute zero.
const strayValue = -274

// measuresHeat tells whether d is a native device that says a temperature.
func measuresHeat(d *Device) bool {
	return d.Format == nativeFormat && (d.Kind == "air" || d.Kind == "weather" || d.Kind == "bin")
}

// saysLocal tells whether d writes its time as local time.
func (f *Faults) saysLocal(d *Device) bool {
	return d.Format == nativeFormat && local.strikes(f.Local, d, 0)
}

// nativeFormat is the format whose devices write their time themselves.
const nativeFormat = "native"

// ordered tells whether the messages of d cannot overtake each other: a session
// with births means something in its order only.
func ordered(d *Device) bool {
	_, births := d.format.(encode.Mortal)
	return births
}
