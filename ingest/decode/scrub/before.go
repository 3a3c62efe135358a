package scrub

import (
	"bytes"
	"sync"

	"rione/ingest"
	"rione/ingest/decode/wire"
)

// Options of Before.
type Options struct {
	// Route returns the route of a message, nil when none fits. Required.
	Route func(m *ingest.Message) *ingest.Route
	// Public are the names of Wi-Fi networks that may be kept.
	Public wire.Names
}

// Before returns an intake that scrubs what it is given and passes it to in. A
// message that cannot be scrubbed keeps its route, topic and client; its body is
// replaced by the reason and its length, which Refused understands. Of a message
// that fits no route nobody knows what belongs to persons: only its shape is
// kept.
//
// Doors submit through it, and so does what replays their messages: a message
// that was scrubbed comes out as it went in.
func Before(in ingest.Intake, o Options) ingest.Intake {
	b := &before{in: in, opt: o, scrub: map[string]Func{}}
	for format := range formats {
		b.scrub[format] = For(format)
	}
	b.buffers.New = func() any { return new([]byte) }
	return b
}

type before struct {
	in      ingest.Intake
	opt     Options
	scrub   map[string]Func
	buffers sync.Pool // of *[]byte
}

// Submit implements ingest.Intake.
func (b *before) Submit(m *ingest.Message, a ingest.Acker, token uint64) error {
	r := b.opt.Route(m)
	switch {
	case bytes.HasPrefix(m.Payload, []byte(marker)):
	case r == nil || r.Scrub == ingest.ScrubShape:
		clean := *m
		clean.Payload = shape(m.Payload)
		return b.in.Submit(&clean, a, token)
	case ours(r.Format):
		if err := networks(m.Payload, b.opt.Public); err != nil {
			clean := *m
			clean.Payload = refused(len(m.Payload), err)
			return b.in.Submit(&clean, a, token)
		}
	case b.scrub[r.Format] != nil:
		return b.scrubbed(b.scrub[r.Format], m, a, token)
	}
	return b.in.Submit(m, a, token)
}

// ours tells the formats of our own devices, which carry nothing of persons but,
// against the contract, names of their networks.
func ours(format string) bool {
	return format == "native" || format == "senml" || format == "senml-cbor"
}

func (b *before) scrubbed(scrub Func, m *ingest.Message, a ingest.Acker, token uint64) error {
	buf := b.buffers.Get().(*[]byte)
	defer b.buffers.Put(buf)
	clean := *m
	var err error
	if *buf, err = scrub((*buf)[:0], m.Payload); err != nil {
		clean.Payload = refused(len(m.Payload), err)
	} else {
		clean.Payload = *buf
	}
	return b.in.Submit(&clean, a, token)
}
