// Package mapping reads JSON that no format knows, by a small declarative file
// that says where the values stand and what they are:
//
//	{
//	  "device": "/station/id",
//	  "time": "/when",
//	  "readings": [
//	    {
//	      "measurement": "air",
//	      "tags": {"grade": {"value": "indicative"}},
//	      "fields": {
//	        "temp_c": {"path": "/t", "unit": "°F"},
//	        "pm10_ugm3": "/pm/coarse"
//	      }
//	    },
//	    {
//	      "measurement": "parking_spot",
//	      "each": "/spots",
//	      "device": "/code",
//	      "fields": {"occupied": {"path": "/state", "values": {"LIBERO": 0, "OCCUPATO": 1}}}
//	    }
//	  ]
//	}
//
// Places are JSON Pointers (RFC 6901). The members of the file:
//
//	device    the device's own name; left out, the route names the device
//	time      Unix time of any unit, or RFC 3339
//	seq       the message's own number, which keeps two of one instant apart
//	readings  a list, of which each has
//	  each         an array: a reading for every element, whose places are within it
//	  measurement  as the schema calls it; left out, the default of the device's kind
//	  device, time, seq   where they stand in an element rather than in the message
//	  lat, lon     where the device is
//	  tags         extra tags: a place, or {"value": "a constant"}
//	  fields       canonical names: a place, or {"path", "unit", "scale", "offset", "values"}
//
// A value is the number at path, or what values says of it, times scale (1) plus
// offset (0), in unit (the field's own). What is absent or null is left out.
package mapping

import (
	"slices"
	"strings"

	"rione/ingest"
	"rione/ingest/quantity"
	"rione/ingest/schema"
)

// Mapping says what the JSON of one source means. It is immutable.
type Mapping struct {
	where
	readings []reading
}

// where is how a message or an element of it is identified.
type where struct{ device, time, seq path }

// reading is one kind of reading that a message holds.
type reading struct {
	where
	measurement *schema.Measurement // nil: the default of the device's kind
	each        path
	lat, lon    path
	tags        []tag
	fields      []field
}

type tag struct {
	name     string
	path     path
	constant string
}

type field struct {
	*schema.Field
	path          path
	unit          quantity.Unit
	scale, offset float64
	values        map[string]float64 // by the text or the literal of the value, or nil
}

// New returns a decoder of what the mapping describes.
func (m *Mapping) New() ingest.Decoder { return &decoder{mapping: m} }

func names[T any](of map[string]T) string {
	var list []string
	for name := range of {
		list = append(list, name)
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}
