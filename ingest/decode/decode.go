// Package decode lists the formats that rione understands. Each has a folder
// here and turns the messages of one ecosystem into readings; none knows the
// registry, converts a unit or decides a time. See DESIGN.md.
package decode

import "rione/ingest"

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

// Lookup returns the format of that name.
func Lookup(name string) (Format, bool) {
	for _, f := range Formats() {
		if f.Name == name {
			return f, true
		}
	}
	return Format{}, false
}
