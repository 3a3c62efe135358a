package ledger

import (
	"encoding/binary"
	"errors"
	"slices"

	"rione/ingest/record"
)

// maxEpochs bounds the intakes whose totals are kept. Of more, the one that was
// silent for longest is forgotten.
const maxEpochs = 64

// Totals are the doors' cumulative counts after a record, by epoch of the
// intake that wrote it: several intakes may write to one journal. The zero value
// is that of an empty journal.
type Totals struct {
	epochs []epoch // the one heard last stands last
}

type epoch struct {
	began uint64 // Unix nanoseconds
	doors []record.DoorCount
}

// advance adds to acked what h's doors acked since the record before of the
// same epoch.
func (t *Totals) advance(h *record.Header, acked map[string]int64) {
	e := t.epoch(h.Epoch)
	for _, d := range h.Doors {
		before := e.door(d.Door)
		if d.Total > before.Total {
			acked[d.Door] += int64(d.Total - before.Total)
			before.Total = d.Total
		}
	}
}

// epoch returns the epoch of that begin, as the last one of the list.
func (t *Totals) epoch(began uint64) *epoch {
	e := epoch{began: began}
	last := len(t.epochs) - 1
	for i := last; i >= 0; i-- {
		if t.epochs[i].began != began {
			continue
		}
		if i == last {
			return &t.epochs[i]
		}
		e = t.epochs[i]
		t.epochs = slices.Delete(t.epochs, i, i+1)
		break
	}
	if len(t.epochs) == maxEpochs {
		t.epochs = slices.Delete(t.epochs, 0, 1)
	}
	t.epochs = append(t.epochs, e)
	return &t.epochs[len(t.epochs)-1]
}

func (e *epoch) door(name string) *record.DoorCount {
	for i := range e.doors {
		if e.doors[i].Door == name {
			return &e.doors[i]
		}
	}
	e.doors = append(e.doors, record.DoorCount{Door: name})
	return &e.doors[len(e.doors)-1]
}

// Append appends the totals as bytes that ParseTotals reads: varints, and names
// as their length and bytes.
//
//	epochs × {began doors × {name total}}
func (t *Totals) Append(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(t.epochs)))
	for _, e := range t.epochs {
		dst = binary.AppendUvarint(dst, e.began)
		dst = binary.AppendUvarint(dst, uint64(len(e.doors)))
		for _, d := range e.doors {
			dst = binary.AppendUvarint(dst, uint64(len(d.Door)))
			dst = append(dst, d.Door...)
			dst = binary.AppendUvarint(dst, d.Total)
		}
	}
	return dst
}

// errTotals is returned for bytes that Append did not write.
var errTotals = errors.New("totals of the ledger cannot be read")

// ParseTotals reads what Append wrote.
func ParseTotals(data []byte) (Totals, error) {
	in := input{rest: data}
	var t Totals
	for range in.count(maxEpochs) {
		e := epoch{began: in.uvarint()}
		for range in.count(len(data)) {
			name := in.text()
			e.doors = append(e.doors, record.DoorCount{Door: name, Total: in.uvarint()})
		}
		t.epochs = append(t.epochs, e)
	}
	if in.bad || len(in.rest) > 0 {
		return Totals{}, errTotals
	}
	return t, nil
}

// input reads varints and texts; after a bad one everything is zero.
type input struct {
	rest []byte
	bad  bool
}

func (in *input) uvarint() uint64 {
	v, n := binary.Uvarint(in.rest)
	if n <= 0 {
		in.bad, in.rest = true, nil
		return 0
	}
	in.rest = in.rest[n:]
	return v
}

// count reads a number of things that must not be above limit.
func (in *input) count(limit int) int {
	n := in.uvarint()
	if n > uint64(limit) {
		in.bad, in.rest = true, nil
		return 0
	}
	return int(n)
}

func (in *input) text() string {
	n := in.uvarint()
	if n > uint64(len(in.rest)) {
		in.bad, in.rest = true, nil
		return ""
	}
	s := string(in.rest[:n])
	in.rest = in.rest[n:]
	return s
}
