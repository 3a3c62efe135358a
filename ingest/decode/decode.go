// Package decode lists the formats that rione understands. Each has a folder
// here and turns the messages of one ecosystem into readings; none knows the
// registry, converts a unit or decides a time.
package decode

import (
	"rione/ingest"
	"rione/ingest/decode/native"
	"rione/ingest/decode/senml"
)

// Format is one kind of message that rione understands.
type Format struct {
	Name          string // as routes and commands write it
	Title         string
	Specification string // where the format is defined
	Topics        string // where its ecosystem publishes, "" where the route must say
	Yields        string // measurements that come of it
	New           func() ingest.Decoder
}

// Formats returns every format, in the order of the documentation.
func Formats() []Format {
	return []Format{
		{
			Name: "native", Title: "rione's own devices: flat JSON, backlogs, SenML",
			Specification: "ingest/decode/native, RFC 8428",
			Topics:        "sc/v1/{comune}/{kind}/{device_id}/{up|state|meta|event}",
			Yields:        "the kind's measurement and any other by name",
			New:           func() ingest.Decoder { return native.New() },
		},
		{
			Name: "senml", Title: "SenML in JSON",
			Specification: "RFC 8428, RFC 8798", Yields: "any measurement by name",
			New: func() ingest.Decoder { return senml.New() },
		},
		{
			Name: "senml-cbor", Title: "SenML in CBOR",
			Specification: "RFC 8428 section 6, RFC 8798", Yields: "any measurement by name",
			New: func() ingest.Decoder { return senml.New() },
		},
	}
}

// Lookup returns the format of that name.
func Lookup(name string) (Format, bool) {
	for _, f := range Formats() {
		if f.Name == name {
			return f, true
		}
	}
	return Format{}, false
}
