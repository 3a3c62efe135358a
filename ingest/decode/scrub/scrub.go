// Package scrub takes persons out of messages before they are committed. A few
// formats carry what belongs to people: addresses of their phones, their names
// at a captive portal, the addresses of their homes. What a decoder reads of
// these formats is listed here; everything else is cut out, and lists of
// people become lists of as many nobodies.
//
// What comes out is a message of the same format with the same meaning: it
// decodes to the same readings. A message that cannot be read cannot be
// scrubbed, so nothing of it is kept but its length and the reason.
package scrub

import (
	"sync"

	"rione/ingest/decode/wire"
)

// Func appends payload to dst without what belongs to persons. For a payload
// that it does not understand it returns dst and a *ingest.Refusal, which
// quotes nothing. It may be called by many goroutines at once.
type Func func(dst, payload []byte) ([]byte, error)

// For returns what scrubs messages of that format, nil where there is nothing
// to scrub.
func For(format string) Func {
	keep, ok := formats[format]
	if !ok {
		return nil
	}
	parsers := &sync.Pool{New: func() any { return new(wire.Parser) }}
	return func(dst, payload []byte) ([]byte, error) {
		p := parsers.Get().(*wire.Parser)
		defer parsers.Put(p)
		v, err := p.Parse(payload)
		if err != nil {
			return dst, err
		}
		begin := len(dst)
		dst, err = keep.append(dst, v)
		if err != nil {
			return dst[:begin], err
		}
		return dst, nil
	}
}
