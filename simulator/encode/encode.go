// Package encode writes readings as devices and the networks that speak for
// them do. It is written from the formats' specifications alone and shares
// nothing with the decoders that it is to test.
package encode

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"rione/simulator/signal"
)

// Device is what an encoder needs to know of a device.
type Device struct {
	ID         string
	Kind       string
	Comune     string // ISTAT code
	Name       string
	ExternalID string // devEUI, serial …; "" for native devices
	Gateway    string // id of the gateway that carries it, "" for none
	Pushed     bool   // its messages go to the HTTP door, not over MQTT
}

// Message is what a device says at one time.
type Message struct {
	Device   *Device
	Time     time.Time // whole milliseconds
	Seq      uint64
	Local    bool // native: the time is written as Italy's, with its offset
	Readings []signal.Reading
}

// Format is one way of writing messages.
type Format interface {
	// Name is the format's name in registry and routes.
	Name() string
	// Speaks tells whether devices of that kind use the format.
	Speaks(kind string) bool
	// Carried tells whether such devices reach the broker through a gateway.
	Carried() bool
	// Radio tells whether battery and radio are reported beside the readings.
	Radio() bool
	// Pushed tells whether a server pushes the messages of such devices to the
	// HTTP door.
	Pushed() bool
	// Resolution is that of the format's times.
	Resolution() time.Duration
	// Identity returns how the format names d where that is not its id, else "".
	Identity(d *Device, seed uint64) string
	// Trim leaves of rs what the format can carry, as it is to be stored.
	Trim(rs *signal.Readings)
	// Topic returns where message seq of a device goes: a topic of MQTT, or the
	// path at the HTTP door.
	Topic(d *Device, seq uint64) string
	// Append appends the payload of m.
	Append(dst []byte, m *Message) []byte
}

// direct is what most formats have in common: a connection of the device's own,
// times in milliseconds, and room for every reading.
type direct struct{}

// Carried implements Format.
func (direct) Carried() bool { return false }

// Radio implements Format.
func (direct) Radio() bool { return false }

// Pushed implements Format.
func (direct) Pushed() bool { return false }

// Resolution implements Format.
func (direct) Resolution() time.Duration { return time.Millisecond }

// Identity implements Format.
func (direct) Identity(*Device, uint64) string { return "" }

// Trim implements Format.
func (direct) Trim(*signal.Readings) {}

// Formats returns every format.
func Formats() []Format {
	return []Format{native{}, senml{}, chirpstack{}, tts{}, ucentral{}, netjson{}, bulkdata{}, ngsi{}, ngsi{linked: true}, sparkplug{}}
}

// Lookup returns the format of that name.
func Lookup(name string) (Format, error) {
	all := Formats()
	if i := slices.IndexFunc(all, func(f Format) bool { return f.Name() == name }); i >= 0 {
		return all[i], nil
	}
	var names []string
	for _, f := range all {
		names = append(names, f.Name())
	}
	return nil, fmt.Errorf("format %q is not one of %s", name, strings.Join(names, ", "))
}

// defaults says which measurement a device of a kind means when it names none.
var defaults = map[string]string{
	"wifi_ap": "wifi_ap", "bb_node": "bb_link", "bb_probe": "bb_probe", "air": "air", "noise": "noise",
	"weather": "weather", "water": "water", "traffic": "traffic", "parking": "parking_spot", "light": "light",
	"bin": "bin", "people": "people", "gateway": "device",
}

// pushPath is where the HTTP door takes messages of a format.
func pushPath(format string, d *Device) string { return "/ingest/v1/" + format + "/" + d.Comune }

// appendNumber appends v in the shortest decimal form that means it.
func appendNumber(dst []byte, v float64) []byte { return strconv.AppendFloat(dst, v, 'f', -1, 64) }

// appendString appends a JSON string of s, which holds only characters that
// JSON does not escape: names and ids of our own.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	dst = append(dst, s...)
	return append(dst, '"')
}

// appendKey appends a JSON key and its colon, after a comma where one is due.
func appendKey(dst []byte, key string) []byte {
	if last := dst[len(dst)-1]; last != '{' && last != '[' {
		dst = append(dst, ',')
	}
	return append(appendString(dst, key), ':')
}
