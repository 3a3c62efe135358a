// Package decode lists the formats that rione understands. Each has a folder
// here and turns the messages of one ecosystem into readings; none knows the
// registry, converts a unit or decides a time. See DESIGN.md.
package decode

import (
	"slices"
	"strings"

	"rione/ingest"
	"rione/ingest/decode/lorawan"
	"rione/ingest/decode/mapping"
	"rione/ingest/decode/wire"
)

// Format is one kind of message that rione understands.
type Format struct {
	Name          string // as routes and commands write it
	Title         string
	Specification string // where the format is defined
	Topics        string // where its ecosystem publishes, "" where the route must say
	Yields        string // measurements that come of it

	// New returns a decoder, which serves one goroutine. One that remembers
	// something between messages carries that over a restart by State and
	// Restore, and one that has something to say to devices by Commands: the
	// processor looks for both.
	New func() ingest.Decoder
}

// Options are what a city decides of its formats. The zero Options are good.
type Options struct {
	PublicNetworks wire.Names      // names of Wi-Fi networks that may be stored; none by default
	Scripts        lorawan.Scripts // codecs in JavaScript, or nil
}

// Formats returns every format, in the order of the documentation.
func Formats() []Format { return Options{}.Formats() }

// Lookup returns the format of that name.
func Lookup(name string) (Format, bool) { return Options{}.Lookup(name) }

// Formats returns every format, in the order of the documentation.
func (o Options) Formats() []Format {
	return slices.Concat(openFormats(), o.networkFormats(), platformFormats())
}

// Mapping returns the format that the text of a mapping file describes. Its errors
// name the line and the member.
func Mapping(text string) (Format, error) {
	m, err := mapping.Parse([]byte(text))
	if err != nil {
		return Format{}, err
	}
	return Format{
		Name: ingest.FormatMapping, Title: "JSON of the city's own", Specification: "a mapping, kept with its route",
		Yields: "what the mapping names", New: m.New,
	}, nil
}

// Lookup returns the format of that name, or the one that a mapping describes,
// which begins with a brace.
func (o Options) Lookup(name string) (Format, bool) {
	if strings.HasPrefix(name, "{") {
		f, err := Mapping(name)
		return f, err == nil
	}
	for _, f := range o.Formats() {
		if f.Name == name {
			return f, true
		}
	}
	return Format{}, false
}
