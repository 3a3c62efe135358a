package process

import (
	"encoding/binary"
	"errors"
	"maps"
	"slices"

	"rione/ingest/ledger"
)

// The state of a checkpoint, version 1: everything that decides about the next
// record, and what is still to be done for those before it. It is written with
// the sequence of the last record, so the two always fit.
//
//	'P' version
//	totals of the ledger · lines of the ledger · remembered readings: length and bytes each
//	decoders × {format state}: length and bytes each
const (
	stateMagic   = 'P'
	stateVersion = 1
)

// state is a checkpoint's state taken apart.
type state struct {
	totals   ledger.Totals
	lines    []byte            // points of the ledger, as line protocol
	memory   []byte            // as memory.append writes it
	decoders map[string][]byte // by format
}

// errState is returned for a state that cannot be read.
var errState = errors.New("the state of the last checkpoint is damaged or of a newer release")

// appendState appends a state whose last two parts stand in pipeline already.
func appendState(dst []byte, totals *ledger.Totals, lines, pipeline []byte) []byte {
	dst = append(dst, stateMagic, stateVersion)
	dst = appendBytes(dst, totals.Append(nil))
	dst = appendBytes(dst, lines)
	return append(dst, pipeline...)
}

// appendState appends the parts of a state that the pipeline owns.
func (p *pipeline) appendState(dst []byte) []byte {
	dst = appendBytes(dst, p.memory.append(nil))
	states := p.decoders.states()
	delete(states, moversState)
	delete(states, checksState)
	if last := p.checks.saved(p.tracks); len(last) > 0 {
		states[checksState] = last
	}
	if at := p.movers.state(); len(at) > 0 {
		states[moversState] = at
	}
	dst = binary.AppendUvarint(dst, uint64(len(states)))
	for _, format := range slices.Sorted(maps.Keys(states)) {
		dst = appendBytes(appendBytes(dst, format), states[format])
	}
	return dst
}

// moversState is the name under which the places of moving devices stand among
// the decoders' states; no format is called so.
const moversState = "moving devices"

// checksState is likewise that of the last values of series. A release that does
// not know it begins with none.
const checksState = "field checks"

// restore takes over the states that appendState wrote by name.
func (p *pipeline) restore(states map[string][]byte) {
	p.movers.restore(states[moversState])
	p.checks.restore(states[checksState])
	p.decoders.restore(states)
}

// parseState reads what append wrote; nothing gives the zero state. The result
// refers to data.
func parseState(data []byte) (state, error) {
	if len(data) == 0 {
		return state{}, nil
	}
	if len(data) < 2 || data[0] != stateMagic || data[1] != stateVersion {
		return state{}, errState
	}
	in := stateInput{rest: data[2:]}
	totals, err := ledger.ParseTotals(in.bytes())
	s := state{totals: totals, lines: in.bytes(), memory: in.bytes(), decoders: map[string][]byte{}}
	for n := in.uvarint(); n > 0 && !in.bad; n-- {
		format := string(in.bytes())
		s.decoders[format] = in.bytes()
	}
	if err != nil || in.bad || len(in.rest) > 0 {
		return state{}, errState
	}
	return s, nil
}

func appendBytes[T ~string | ~[]byte](dst []byte, s T) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(s)))
	return append(dst, s...)
}

// stateInput reads lengths and bytes; after a bad one everything is zero.
type stateInput struct {
	rest []byte
	bad  bool
}

func (in *stateInput) uvarint() uint64 {
	v, n := binary.Uvarint(in.rest)
	if n <= 0 {
		in.bad, in.rest = true, nil
		return 0
	}
	in.rest = in.rest[n:]
	return v
}

func (in *stateInput) bytes() []byte {
	n := in.uvarint()
	if n > uint64(len(in.rest)) {
		in.bad, in.rest = true, nil
		return nil
	}
	out := in.rest[:n:n]
	in.rest = in.rest[n:]
	return out
}
