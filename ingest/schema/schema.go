// Package schema is the contract of data as one Go value: every measurement
// that rione writes, its tags, its fields, their types and units. The encoder,
// the API's documentation, the dashboards' queries and the simulator's contract
// test are all checked against it.
package schema

// Type is the InfluxDB type of a field. A field keeps its type for ever.
type Type uint8

// The types of fields. Gauges are floats even when whole; counters and states
// are 64-bit integers.
const (
	Float Type = iota
	Int
	Text
)

// String names the type as InfluxDB does.
func (t Type) String() string {
	return [...]string{"float", "integer", "string"}[t]
}

// Role says how a field's values are to be read over time.
type Role uint8

// The roles of fields. States are 0 or 1, since InfluxQL's mean() refuses
// booleans and the mean of a state is its availability. Counters are stored raw.
const (
	Gauge Role = iota
	Counter
	State
)

// Field is one column of a measurement.
type Field struct {
	Name string
	Type Type
	Role Role
	Unit string  // canonical unit in UCUM's notation, "" where there is none
	Min  float64 // plausible range, both ends included; a value outside goes
	Max  float64 // to the measurement suspect. Min == Max: no range is known.
	Doc  string

	Limits Limits // of its changes
}

// Ranged tells whether the field has a plausible range.
func (f *Field) Ranged() bool { return f.Min != f.Max }

// Correctable tells whether a calibration of the field makes sense.
func (f *Field) Correctable() bool { return f.Type != Text && f.Role != State }

// Tag is an extra tag of a measurement, one that a payload (not the registry)
// provides.
type Tag struct {
	Name   string
	Values []string // the closed list of values; empty: any that fits the tag pattern
	Kind   bool     // a value means the same everywhere, and is none of one device's parts
	Doc    string
}

// Measurement is one table of the store.
type Measurement struct {
	Name   string
	Doc    string
	Tags   []Tag
	Fields []Field

	byName map[string]*Field
}

// Field returns the field of that name, or nil.
func (m *Measurement) Field(name string) *Field { return m.byName[name] }

// Tag returns the extra tag of that name, or nil.
func (m *Measurement) Tag(name string) *Tag {
	for i := range m.Tags {
		if m.Tags[i].Name == name {
			return &m.Tags[i]
		}
	}
	return nil
}

// index makes fields found by their names.
func (m *Measurement) index() {
	m.byName = make(map[string]*Field, len(m.Fields))
	for i := range m.Fields {
		m.byName[m.Fields[i].Name] = &m.Fields[i]
	}
}

// CommonTags are the tags that the registry gives to every point of a device.
func CommonTags() []string { return []string{"comune", "device_id", "s2_cell_id", "zone"} }

// CommonFields are the fields that every point of a device carries beside its
// own: position in degrees and the quality bits.
func CommonFields() []Field {
	return []Field{
		{Name: "lat", Unit: "deg", Min: -90, Max: 90, Doc: "latitude, WGS 84"},
		{Name: "lon", Unit: "deg", Min: -180, Max: 180, Doc: "longitude, WGS 84"},
		{Name: "q", Type: Int, Doc: "quality bits of the whole point, 0 good"},
	}
}

// All returns every measurement, in the order of the documentation. The result
// is shared and must not be changed.
func All() []*Measurement { return measurements }

// Lookup returns the measurement of that name, or nil.
func Lookup(name string) *Measurement { return byName[name] }

// DefaultOf returns the measurement that a device of the given kind reports
// when its payload names none, or nil for a kind that does not exist.
func DefaultOf(kind string) *Measurement { return byKind[kind] }

// Buckets that rione writes and reads.
const (
	BucketFixed  = "city"        // readings of fixed things
	BucketMovers = "city_movers" // readings of moving things
	BucketHourly = "city_1h"     // rollups
	BucketDaily  = "city_1d"     // rollups
)
