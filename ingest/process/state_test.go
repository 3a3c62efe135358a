package process

import (
	"bytes"
	"log/slog"
	"maps"
	"testing"

	"rione/ingest"
	"rione/ingest/ledger"
	"rione/ingest/record"
)

// remembering is a decoder whose state is the number of messages it has seen.
type remembering struct {
	seen byte
	size int
}

func (d *remembering) Decode(m *ingest.Message, _ *ingest.Readings) error {
	if string(m.Payload) == "panic" {
		panic("out of range")
	}
	d.seen++
	return nil
}

func (d *remembering) State() []byte { return append([]byte{d.seen}, make([]byte, d.size)...) }

func (d *remembering) Restore(state []byte) { d.seen = state[0] }

func TestADecoderThatFailsIsReplaced(t *testing.T) {
	var made []*remembering
	d := newDecoders(func(string) ingest.Decoder {
		made = append(made, &remembering{})
		return made[len(made)-1]
	}, slog.New(slog.DiscardHandler))
	var out ingest.Readings
	f := func(payload string, want ingest.Reason) {
		t.Helper()
		err := d.decode(&ingest.Route{Format: "any"}, &ingest.Message{Payload: []byte(payload)}, &out)
		if err == nil != (want == "") || err != nil && asRefusal(err).Reason != want {
			t.Errorf("%s: %v, want %q", payload, err, want)
		}
	}
	f("a", "")
	f("b", "")
	d.states() // a checkpoint
	f("c", "")
	f("panic", ingest.Unparsable)
	f("d", "")
	if len(made) != 2 || made[1].seen != 3 {
		t.Errorf("%d decoders, the last one has seen %d; want a second one that goes on from the checkpoint", len(made), made[len(made)-1].seen)
	}
}

// A mapping that was changed is another decoder, from the next message on.
func TestAChangedMappingIsUsedAtOnce(t *testing.T) {
	var made []string
	d := newDecoders(func(format string) ingest.Decoder { made = append(made, format); return &remembering{} }, slog.New(slog.DiscardHandler))
	r := ingest.Route{Format: ingest.FormatMapping, Mapping: `{"readings": []}`}
	for _, mapping := range []string{`{"a": 1}`, `{"a": 1}`, `{"a": 2}`} {
		r.Mapping = mapping
		if err := d.decode(&r, &ingest.Message{Payload: []byte("a")}, &ingest.Readings{}); err != nil {
			t.Fatal(err)
		}
	}
	if len(made) != 2 || made[0] != `{"a": 1}` || made[1] != `{"a": 2}` {
		t.Errorf("made: %q", made)
	}
}

func TestNoDecoder(t *testing.T) {
	d := newDecoders(func(string) ingest.Decoder { return nil }, slog.New(slog.DiscardHandler))
	if err := d.decode(&ingest.Route{Format: "klingon"}, &ingest.Message{}, &ingest.Readings{}); err == nil || asRefusal(err).Reason != ingest.UnknownFormat {
		t.Errorf("%v", err)
	}
}

func TestALargeStateIsNotKept(t *testing.T) {
	one := &remembering{}
	d := newDecoders(func(string) ingest.Decoder { return one }, slog.New(slog.DiscardHandler))
	d.of("any")
	if len(d.states()) != 1 {
		t.Error("a small state is not kept")
	}
	one.size = maxDecoderState
	if len(d.states()) != 0 {
		t.Error("a large state is kept, or the one before it")
	}
}

func aState() (whole []byte, memory []byte) {
	p := &pipeline{memory: newMemory(), movers: newMovers(nil), decoders: newDecoders(func(string) ingest.Decoder { return &remembering{seen: 9} }, slog.New(slog.DiscardHandler))}
	p.memory.note(seen{1, 2})
	p.decoders.of("one")
	p.decoders.of("two")
	var totals ledger.Totals
	ledger.NewPage().Record(1, received, &record.Header{Epoch: 5, Doors: []record.DoorCount{{Door: "mqtt", Total: 77}}}, &totals)
	return appendState(nil, &totals, []byte("ledger,door=mqtt acked=1i 1\n"), p.appendState(nil)), p.memory.append(nil)
}

func TestState(t *testing.T) {
	data, memory := aState()
	s, err := parseState(data)
	if err != nil {
		t.Fatal(err)
	}
	if string(s.lines) != "ledger,door=mqtt acked=1i 1\n" || !bytes.Equal(s.memory, memory) || len(s.totals.Append(nil)) < 5 {
		t.Errorf("%+v", s)
	}
	if want := map[string][]byte{"one": {9}, "two": {9}}; !maps.EqualFunc(s.decoders, want, bytes.Equal) {
		t.Errorf("decoders %v", s.decoders)
	}
	if s, err := parseState(nil); err != nil || s.memory != nil {
		t.Errorf("no state: %v", err)
	}
	for n := 1; n < len(data); n++ {
		if _, err := parseState(data[:n]); err == nil {
			t.Errorf("the first %d of %d bytes are read without an error", n, len(data))
		}
	}
	data[1]++
	if _, err := parseState(data); err == nil {
		t.Error("a newer version is read")
	}
}

func FuzzParseState(f *testing.F) {
	data, _ := aState()
	f.Add(data)
	f.Add([]byte{stateMagic, stateVersion, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := parseState(data)
		if err == nil {
			_ = newMemory().restore(s.memory)
		}
	})
}
