package changelog

import (
	"errors"
	"fmt"

	"rione/devices"
)

// fold is the registry as far as the stream was read.
type fold struct {
	snapshot *devices.Snapshot
	seen     uint64 // sequence of the last message read
	open     assembler
}

// outcome is what a message did to the fold.
type outcome struct {
	changed bool // the snapshot is a new one
	gap     bool // messages before this one are missing from the stream
}

// message takes the next message of the stream. An error other than errVersion
// leaves the fold as if the set had not been there.
func (f *fold) message(seq uint64, data []byte) (outcome, error) {
	out := outcome{gap: seq != f.seen+1}
	f.seen = seq
	if out.gap {
		f.open.reset()
	}
	p, err := parsePart(data)
	if err != nil {
		f.open.reset()
		return out, err
	}
	encoded := f.open.add(p)
	if encoded == nil {
		return out, nil
	}
	s, err := decodeSet(encoded)
	if err != nil {
		return out, err
	}
	next, err := f.snapshot.With(seq, s.changeSet())
	if err != nil {
		return out, fmt.Errorf("change set does not fit the registry: %w", err)
	}
	f.snapshot, out.changed = next, true
	return out, nil
}

// fatal reports whether reading on would be wrong.
func fatal(err error) bool { return errors.Is(err, errVersion) }
