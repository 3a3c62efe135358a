// Package devices knows who publishes: the city's devices, where they stand
// and stood, and what they are called by the networks that speak for them.
package devices

import (
	"time"

	"rione/geo"
)

// Kind is what a device is. It decides the measurement that its readings go to
// when the payload names none.
type Kind string

// The kinds of devices.
const (
	WifiAP  Kind = "wifi_ap"  // public Wi-Fi access point
	BBNode  Kind = "bb_node"  // broadband node: ONT, DSL CPE, cabinet, FWA
	BBProbe Kind = "bb_probe" // active measurements
	Air     Kind = "air"
	Noise   Kind = "noise"
	Weather Kind = "weather"
	Water   Kind = "water"
	Traffic Kind = "traffic"
	Parking Kind = "parking"
	Light   Kind = "light"
	Bin     Kind = "bin"
	People  Kind = "people"
	Gateway Kind = "gateway" // carries what others say
)

// Kinds returns every kind, in the order of the documentation.
func Kinds() []Kind {
	return []Kind{WifiAP, BBNode, BBProbe, Air, Noise, Weather, Water, Traffic, Parking, Light, Bin, People, Gateway}
}

// Device is one entry of the registry. A Device handed out by a Snapshot is
// shared and must not be changed.
type Device struct {
	ID         string      `json:"device_id"`          // [a-z0-9-]{3,64}, the MQTT client id
	Kind       Kind        `json:"kind"`               //
	Premises   bool        `json:"premises,omitempty"` // stands in a home: shown and published by zone only
	Moving     bool        `json:"moving,omitempty"`   // has no fixed place: each reading says where it was taken
	Pending    bool        `json:"pending,omitempty"`  // enrolled by itself and not approved yet
	Retired    bool        `json:"retired,omitempty"`  //
	Placements []Placement `json:"placements"`         // ascending by ValidFrom, at least one

	Calibrations []Calibration `json:"calibrations,omitempty"` // ascending by From
	Invalid      []Invalid     `json:"invalid,omitempty"`      // periods that are not to be believed, ascending by From

	Name       string        `json:"name,omitempty"`        // for people
	Format     string        `json:"format,omitempty"`      // format of its payloads, "" when the route says it
	ExternalID string        `json:"external_id,omitempty"` // devEUI, serial, chip id …, lower case, unique
	Interval   time.Duration `json:"-"`                     // expected time between two readings, 0 unknown
	Model      string        `json:"model,omitempty"`       // maker's name of it, for people and for rules
	Group      string        `json:"group,omitempty"`       // that operators made, such as a lot or a contract
	Via        string        `json:"via,omitempty"`         // id of the gateway that speaks for it, "" when none is named
	Speaks     []string      `json:"speaks,omitempty"`      // of a gateway: beginnings of the ids and external identities it speaks for
	SecretHash string        `json:"-"`                     // of the device's secret, "" when it has none
	SecretOld  string        `json:"-"`                     // hash of the secret before, good until SecretEnds
	SecretEnds time.Time     `json:"-"`                     // end of the overlap of a rotation, zero without one
	CertsFrom  time.Time     `json:"certs_from,omitzero"`   // client certificates that were issued before are revoked
	Revision   uint64        `json:"revision"`              // sequence of the change set that wrote this entry
	Updated    time.Time     `json:"updated"`               // when that was
}

// Placement is where a device stood from a time on.
type Placement struct {
	ValidFrom time.Time `json:"valid_from,omitzero"` // zero: since ever
	Comune    string    `json:"comune"`              // ISTAT code, six digits
	Zone      string    `json:"zone,omitempty"`      // municipio or quartiere, "" where none is known
	Point     geo.Point `json:"point"`               //
	Uncertain bool      `json:"uncertain,omitempty"` // Point stands for the comune: no position was given
	Cell      string    `json:"s2_cell_id"`          // token of the level-13 cell that holds Point
}

// At returns the placement that was valid at t, the first one for times before
// all of them. It never returns nil.
func (d *Device) At(t time.Time) *Placement { return &d.Placements[d.placedAt(t)] }

// Current returns the placement that is valid now and from now on.
func (d *Device) Current() *Placement { return &d.Placements[len(d.Placements)-1] }
