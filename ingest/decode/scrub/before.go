package scrub

import (
	"bytes"
	"sync"

	"rione/ingest"
)

// Before returns an intake that scrubs what it is given and passes it to in.
// formatOf returns the format of a route by name, "" when there is no such
// route. A message that cannot be scrubbed keeps its route, topic and client;
// its body is replaced by the reason and its length, which Decoder understands.
//
// Doors submit through it, and so does what replays their messages: a message
// that was scrubbed comes out as it went in.
func Before(in ingest.Intake, formatOf func(route string) string) ingest.Intake {
	b := &before{in: in, formatOf: formatOf, scrub: map[string]Func{}}
	for format := range formats {
		b.scrub[format] = For(format)
	}
	b.buffers.New = func() any { return new([]byte) }
	return b
}

type before struct {
	in       ingest.Intake
	formatOf func(route string) string
	scrub    map[string]Func
	buffers  sync.Pool // of *[]byte
}

// Submit implements ingest.Intake.
func (b *before) Submit(m *ingest.Message, a ingest.Acker, token uint64) error {
	scrub := b.scrub[b.formatOf(m.Route)]
	if scrub == nil || bytes.HasPrefix(m.Payload, []byte(marker)) {
		return b.in.Submit(m, a, token)
	}
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
