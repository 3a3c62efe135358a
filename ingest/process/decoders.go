package process

import (
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"rione/ingest"
)

// Stateful is a decoder that remembers something from message to message, such
// as the births of Sparkplug. Its state is kept with the checkpoint, so that
// messages processed again after a crash are decoded as they were before.
type Stateful interface {
	ingest.Decoder
	// State returns what the decoder remembers. It should be small: what is
	// over 512 KiB is not kept.
	State() []byte
	// Restore takes over what State returned, maybe of an older release; what
	// it cannot use it forgets. It is called before the first Decode.
	Restore(state []byte)
}

// maxDecoderState bounds what a checkpoint keeps of one decoder, bytes.
const maxDecoderState = 512 << 10

// decoders are the decoders of one pipeline, by what their routes look them up by.
type decoders struct {
	make  func(format string) ingest.Decoder
	log   *slog.Logger
	by    map[string]ingest.Decoder
	saved map[string][]byte // states of the last checkpoint

	talkers map[string]Talkative // of by, those that have something to say
}

func newDecoders(create func(string) ingest.Decoder, log *slog.Logger) *decoders {
	return &decoders{make: create, log: log, by: map[string]ingest.Decoder{}, saved: map[string][]byte{}, talkers: map[string]Talkative{}}
}

// of returns the decoder of a format, nil when there is none.
func (d *decoders) of(format string) ingest.Decoder {
	known, ok := d.by[format]
	if ok {
		return known
	}
	created := d.make(format)
	if s, ok := created.(Stateful); ok && len(d.saved[format]) > 0 {
		s.Restore(d.saved[format])
	}
	d.by[format] = created
	if t, ok := created.(Talkative); ok {
		d.talkers[format] = t
	}
	return created
}

// decode runs a decoder. One that panics is put aside, since nothing is known of
// its memory: the next message gets a new one with the state last saved.
func (d *decoders) decode(r *ingest.Route, m *ingest.Message, out *ingest.Readings) (err error) {
	format := r.Decoder()
	decoder := d.of(format)
	if decoder == nil {
		return ingest.Refuse(ingest.UnknownFormat, "the route names the format "+r.Format+", which does not exist; `rione decode --list` names those that do")
	}
	defer func() {
		if what := recover(); what != nil {
			d.log.Error("a decoder failed; the message is in quarantine", "format", r.Format, "sequence", m.Seq, "index", m.Index, "panic", fmt.Sprint(what))
			delete(d.by, format)
			delete(d.talkers, format)
			out.Reset()
			err = ingest.Refuse(ingest.Unparsable, "the decoder failed")
		}
	}()
	return decoder.Decode(m, out)
}

// states returns the states of the decoders that have one, and keeps them for
// decoders made anew.
func (d *decoders) states() map[string][]byte {
	for format, decoder := range d.by {
		s, ok := decoder.(Stateful)
		if !ok {
			continue
		}
		if state := s.State(); len(state) <= maxDecoderState {
			d.saved[format] = slices.Clone(state)
			continue
		}
		if _, had := d.saved[format]; had {
			d.log.Warn("a decoder's state is too large to be kept over a restart", "format", format, "limit_bytes", maxDecoderState)
			delete(d.saved, format)
		}
	}
	return d.saved
}

func (d *decoders) restore(states map[string][]byte) { maps.Copy(d.saved, states) }
