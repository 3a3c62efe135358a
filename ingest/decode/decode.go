// Package decode lists the formats that rione understands. Each has a folder
// here and turns the messages of one ecosystem into readings; none knows the
// registry, converts a unit or decides a time. See DESIGN.md.
package decode

import (
	"rione/ingest"
	"rione/ingest/decode/scrub"
)

// Format is one kind of message that rione understands.
type Format struct {
	Name          string // as routes and commands write it
	Title         string
	Specification string // where the format is defined
	Topics        string // where its ecosystem publishes, "" where the route must say
	Yields        string // measurements that come of it

	// New returns a decoder, which serves one goroutine. One that remembers
	// something between messages implements Stateful.
	New func() ingest.Decoder
}

// Stateful is a decoder that remembers something between messages and may have
// something to say to devices because of it.
type Stateful interface {
	ingest.Decoder
	// MarshalBinary and UnmarshalBinary carry what it remembers over a restart.
	MarshalBinary() ([]byte, error)
	UnmarshalBinary(state []byte) error
	// Commands returns what is to be sent because of the messages decoded since
	// the last call.
	Commands() []ingest.Command
}

// scrubbed gives the formats that are scrubbed before the commit a decoder that
// knows what could not be.
func scrubbed(list []Format) []Format {
	for i := range list {
		if scrub.For(list[i].Name) == nil {
			continue
		}
		plain := list[i].New
		list[i].New = func() ingest.Decoder { return scrub.Decoder(plain()) }
	}
	return list
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
