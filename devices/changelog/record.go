package changelog

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/klauspost/compress/s2"

	"rione/devices"
	"rione/geo"
)

// maxSet bounds a change set in memory, so that a damaged length cannot claim
// more: some 1,500,000 entries.
const maxSet = 512 << 20

// set is a change set as it is stored: JSON, so that a person with a NATS
// client and S2 can read it, compressed. The types here are the stored format;
// those of package devices may change without touching it. A field that an
// older program would lose needs a new formatVersion.
type set struct {
	Revision uint64    `json:"revision,omitempty"` // of a checkpoint; a change set has that of its message
	Author   string    `json:"author,omitempty"`
	Note     string    `json:"note,omitempty"`
	Time     time.Time `json:"time,omitzero"`
	Devices  []entry   `json:"devices"`
}

type entry struct {
	ID         string        `json:"id"`
	Kind       string        `json:"kind"`
	Name       string        `json:"name,omitempty"`
	Format     string        `json:"format,omitempty"`
	ExternalID string        `json:"external_id,omitempty"`
	Interval   time.Duration `json:"interval_ns,omitempty"`
	Premises   bool          `json:"premises,omitempty"`
	Moving     bool          `json:"moving,omitempty"`
	SecretHash string        `json:"secret_hash,omitempty"`
	Retired    bool          `json:"retired,omitempty"`
	Model      string        `json:"model,omitempty"`
	Group      string        `json:"group,omitempty"`
	Via        string        `json:"via,omitempty"`
	Speaks     []string      `json:"speaks,omitempty"`
	SecretOld  string        `json:"secret_old,omitempty"`
	SecretEnds time.Time     `json:"secret_ends,omitzero"`
	CertsFrom  time.Time     `json:"certs_from,omitzero"`
	Pending    bool          `json:"pending,omitempty"`
	Placements []placement   `json:"placements"`
	Revision   uint64        `json:"revision,omitempty"` // in a checkpoint
	Updated    time.Time     `json:"updated,omitzero"`   // in a checkpoint

	Calibrations []calibration `json:"calibrations,omitempty"`
	Invalid      []invalid     `json:"invalid,omitempty"`
}

type placement struct {
	ValidFrom time.Time `json:"from,omitzero"`
	Comune    string    `json:"comune"`
	Zone      string    `json:"zone,omitempty"`
	Lat       float64   `json:"lat"`
	Lon       float64   `json:"lon"`
	Uncertain bool      `json:"uncertain,omitempty"`
	Cell      string    `json:"cell"`
}

// encodeSet returns the compressed form of s.
func encodeSet(s *set) ([]byte, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encode change set: %w", err)
	}
	if len(text) > maxSet {
		return nil, fmt.Errorf("the change set takes %d MiB, the limit is %d: split the import", len(text)>>20, maxSet>>20)
	}
	return s2.Encode(nil, text), nil
}

// expand returns the JSON of an encoded set.
func expand(encoded []byte) ([]byte, error) {
	if n, err := s2.DecodedLen(encoded); err != nil || n > maxSet {
		return nil, errors.New("change set is damaged: impossible length")
	}
	text, err := s2.Decode(nil, encoded)
	if err != nil {
		return nil, fmt.Errorf("change set is damaged: %w", err)
	}
	return text, nil
}

func decodeSet(encoded []byte) (*set, error) {
	text, err := expand(encoded)
	if err != nil {
		return nil, err
	}
	return parseSet(text)
}

// parseSet reads the JSON of a set.
func parseSet(text []byte) (*set, error) {
	s := &set{}
	if err := json.Unmarshal(text, s); err != nil {
		return nil, fmt.Errorf("change set is damaged: %w", err)
	}
	return s, nil
}

// changeSet returns s in the terms of package devices.
func (s *set) changeSet() devices.ChangeSet {
	c := devices.ChangeSet{Author: s.Author, Note: s.Note, Time: s.Time, Put: make([]devices.Device, len(s.Devices))}
	for i := range s.Devices {
		c.Put[i] = s.Devices[i].device()
	}
	return c
}

func newSet(c *devices.ChangeSet) *set {
	s := &set{Author: c.Author, Note: c.Note, Time: c.Time, Devices: make([]entry, len(c.Put))}
	for i := range c.Put {
		s.Devices[i] = newEntry(&c.Put[i])
	}
	return s
}

func newEntry(d *devices.Device) entry {
	e := entry{
		ID: d.ID, Kind: string(d.Kind), Name: d.Name, Format: d.Format, ExternalID: d.ExternalID,
		Interval: d.Interval, Premises: d.Premises, Moving: d.Moving, SecretHash: d.SecretHash, Retired: d.Retired,
		Model: d.Model, Group: d.Group, Via: d.Via, Speaks: d.Speaks,
		SecretOld: d.SecretOld, SecretEnds: d.SecretEnds, CertsFrom: d.CertsFrom, Pending: d.Pending,
		Placements: make([]placement, len(d.Placements)), Revision: d.Revision, Updated: d.Updated,
		Calibrations: storedCalibrations(d.Calibrations), Invalid: storedInvalid(d.Invalid),
	}
	for i, p := range d.Placements {
		e.Placements[i] = placement{
			ValidFrom: p.ValidFrom, Comune: p.Comune, Zone: p.Zone,
			Lat: p.Point.Lat, Lon: p.Point.Lon, Uncertain: p.Uncertain, Cell: p.Cell,
		}
	}
	return e
}

func (e *entry) device() devices.Device {
	d := devices.Device{
		ID: e.ID, Kind: devices.Kind(e.Kind), Name: e.Name, Format: e.Format, ExternalID: e.ExternalID,
		Interval: e.Interval, Premises: e.Premises, Moving: e.Moving, SecretHash: e.SecretHash, Retired: e.Retired,
		Model: e.Model, Group: e.Group, Via: e.Via, Speaks: e.Speaks,
		SecretOld: e.SecretOld, SecretEnds: e.SecretEnds, CertsFrom: e.CertsFrom, Pending: e.Pending,
		Placements: make([]devices.Placement, len(e.Placements)), Revision: e.Revision, Updated: e.Updated,
		Calibrations: calibrationsOf(e.Calibrations), Invalid: invalidOf(e.Invalid),
	}
	for i, p := range e.Placements {
		d.Placements[i] = devices.Placement{
			ValidFrom: p.ValidFrom, Comune: p.Comune, Zone: p.Zone,
			Point: geo.Point{Lat: p.Lat, Lon: p.Lon}, Uncertain: p.Uncertain, Cell: p.Cell,
		}
	}
	return d
}
