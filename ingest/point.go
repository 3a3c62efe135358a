package ingest

import (
	"time"

	"rione/devices"
	"rione/geo"
	"rione/ingest/schema"
)

// Point is a normalized reading: canonical fields, types and units, with the
// place that was valid at its time. It is one line of the store.
type Point struct {
	Measurement *schema.Measurement
	Device      *devices.Device    // nil for points that are of no device
	Place       *devices.Placement // nil like Device
	Tags        []Tag              // extra tags
	Fields      []FieldValue
	Position    geo.Point // where the reading was taken, degrees
	Quality     Quality
	Time        time.Time // UTC, with the digits of the sequence below its resolution
	Received    time.Time // by the door, UTC; zero where no message is behind it, or one of history
}

// FieldValue is one field of a point. Which member holds the value follows
// from the field's type.
type FieldValue struct {
	Field *schema.Field
	Float float64
	Int   int64
	Text  string
}
