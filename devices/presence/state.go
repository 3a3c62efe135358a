package presence

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"rione/devices"
	"rione/devices/event"
)

// stateVersion begins a checkpoint.
const stateVersion = 1

// State returns what is to be kept over a restart: the clock and what is known
// of each device. Which events are open is known where events are kept. Before
// the first step there is nothing to keep.
func (e *Engine) State() []byte {
	if e.clock.now.IsZero() {
		return nil
	}
	b := []byte{stateVersion}
	b = binary.AppendVarint(b, e.clock.now.UnixNano())
	b = binary.AppendVarint(b, int64(e.clock.listened))
	b = binary.AppendUvarint(b, uint64(len(e.clock.pauses)))
	for _, p := range e.clock.pauses {
		b = binary.AppendVarint(b, p.from.UnixNano())
		b = binary.AppendVarint(b, p.to.UnixNano())
	}
	b = binary.AppendUvarint(b, uint64(len(e.order)))
	for _, d := range e.order {
		b = d.append(b)
	}
	return b
}

func (d *device) append(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(d.id())))
	b = append(b, d.id()...)
	for _, n := range [...]int64{int64(d.heard), d.heardAt, d.said, int64(d.lost), int64(d.free), d.cleared} {
		b = binary.AppendVarint(b, n)
	}
	full := byte(0)
	if d.rhythm.full {
		full = 1
	}
	b = append(b, byte(d.session), d.relapses, d.rhythm.next, full)
	for _, g := range d.rhythm.gaps {
		b = binary.AppendUvarint(b, uint64(g))
	}
	return b
}

// ErrDamaged is returned by Restore for a checkpoint that cannot be read. The
// engine knows nobody then, and judges each device from its next word on.
var ErrDamaged = errors.New("the checkpoint of presence is damaged")

// Restore takes over a checkpoint, nil when there is none, and the events that
// are open. It comes before the first step.
func (e *Engine) Restore(state []byte, open []event.Event, s *devices.Snapshot) error {
	var err error
	if len(state) > 0 {
		if err = e.restore(state); err != nil {
			e.clock, e.devices = clock{}, map[string]*device{}
		}
	}
	e.forgetSessions()
	e.follow(s)
	for _, ev := range open {
		if ev.Source == event.FromPresence && !ev.Ended() {
			e.reopen(ev)
		}
	}
	return err
}

// reopen goes on with an event that was open when rione stopped.
func (e *Engine) reopen(ev event.Event) {
	if ev.Type == event.OwnFault && ev.Most == 0 {
		e.own.since, e.own.event = ev.Began, &ev
		return
	}
	i := &incident{event: ev, members: map[*device]struct{}{}, recovered: never, told: ev.Changed}
	shortest := mostInterval
	for _, id := range ev.Devices {
		if d := e.devices[id]; d != nil && d.incident == nil {
			e.join(i, d)
			shortest = min(shortest, e.interval(d))
		}
	}
	i.unnamed = ev.Count - len(ev.Devices)
	i.event.Ack, i.event.State = nil, event.Open // the book knows who took it
	i.reach = e.clock.at(ev.Began) + shortest + e.o.Grace
	i.changed = len(i.members) != ev.Count
	e.incidents[ev.ID] = i
}

func (e *Engine) restore(state []byte) error {
	in := input{rest: state}
	if v := in.byte(); v != stateVersion {
		return fmt.Errorf("%w: version %d", ErrDamaged, v)
	}
	e.clock.now = time.Unix(0, in.varint()).UTC()
	e.clock.listened = time.Duration(in.varint())
	for range in.count(pausesKept) {
		e.clock.pauses = append(e.clock.pauses, pause{time.Unix(0, in.varint()).UTC(), time.Unix(0, in.varint()).UTC()})
	}
	for range in.count(len(in.rest)) {
		id, d := in.device()
		if in.broken {
			break
		}
		e.devices[id] = d
	}
	if in.broken || len(in.rest) > 0 || e.clock.listened < 0 {
		return ErrDamaged
	}
	return nil
}

// input reads what State wrote.
type input struct {
	rest   []byte
	broken bool
}

func (in *input) byte() byte {
	if len(in.rest) == 0 {
		in.broken = true
		return 0
	}
	b := in.rest[0]
	in.rest = in.rest[1:]
	return b
}

func (in *input) varint() int64 {
	v, n := binary.Varint(in.rest)
	return v * in.took(n)
}

func (in *input) uvarint() uint64 {
	v, n := binary.Uvarint(in.rest)
	return v * uint64(in.took(n))
}

// took goes on by the bytes of a number: 1 when there was one, else 0.
func (in *input) took(n int) int64 {
	if n <= 0 {
		in.broken = true
		return 0
	}
	in.rest = in.rest[n:]
	return 1
}

func (in *input) count(most int) int {
	n := in.uvarint()
	if n > uint64(most) {
		in.broken = true
		return 0
	}
	return int(n)
}

func (in *input) device() (id string, d *device) {
	n := in.count(len(in.rest))
	id, in.rest = string(in.rest[:n]), in.rest[n:]
	var v [6]int64
	for i := range v {
		v[i] = in.varint()
	}
	d = &device{
		heard: time.Duration(v[0]), heardAt: v[1], said: v[2], lost: time.Duration(v[3]), free: time.Duration(v[4]), cleared: v[5],
		session: session(in.byte()), relapses: min(in.byte(), mostRelapses),
	}
	d.rhythm.next, d.rhythm.full = in.byte(), in.byte() == 1
	for i := range d.rhythm.gaps {
		d.rhythm.gaps[i] = uint32(in.uvarint())
	}
	in.broken = in.broken || id == "" || d.session > lost || int(d.rhythm.next) >= len(d.rhythm.gaps) || d.heard < never
	return id, d
}
