package downlink

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"rione/devices"
)

const (
	// round is how often commands that wait are tried: a device may have
	// subscribed meanwhile.
	round = 2 * time.Second
	// patience is how long one delivery may take.
	patience = 5 * time.Second
)

// confirmation is an acknowledgement of a command.
type confirmation struct {
	id     string
	detail string // what the device said
	failed bool   // the network could not deliver it
}

// deliver sends what can be sent, and notes what is acknowledged or expires.
func (d *Desk) deliver() {
	tick := time.NewTicker(round)
	defer tick.Stop()
	for {
		select {
		case <-d.life.Done():
			return
		case c := <-d.news:
			d.settle(c)
			continue
		case <-d.wake:
		case <-tick.C:
		}
		for _, h := range d.due() {
			if d.life.Err() != nil {
				return
			}
			d.advance(h)
		}
	}
}

// due returns the open commands, the oldest first, and forgets those that ended
// long ago.
func (d *Desk) due() []held {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.o.Now()
	var list []held
	for id, h := range d.commands {
		switch {
		case h.open():
			list = append(list, h)
		case now.Sub(h.Changed) > kept:
			delete(d.commands, id)
		}
	}
	slices.SortFunc(list, func(a, b held) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
	})
	return list
}

// advance sends a command that waits, or ends one whose time is over.
func (d *Desk) advance(h held) {
	switch {
	case !d.o.Now().Before(h.Expires):
		switch {
		case h.Detail != "":
		case h.State == Sent:
			h.Detail = "no acknowledgement came"
		default:
			h.Detail = "it could not be sent in time"
		}
		d.change(h, Expired)
	case h.State == Queued:
		d.send(h)
	}
}

// send tries to publish a command. It stays queued, with the reason, when it
// cannot be published now.
func (d *Desk) send(h held) {
	to := d.o.Registry.Snapshot().Device(h.Device)
	if to == nil || to.State() != devices.Approved {
		h.Detail = "the device is no longer in service"
		d.change(h, Expired)
		return
	}
	w, known := d.ways.of(to)
	if !known {
		d.wait(h, "waits for the device to be heard, since its network says where to send it")
		return
	}
	m, err := w.message(&h.Command, to)
	if err != nil {
		h.Detail = err.Error()
		d.change(h, Expired)
		return
	}
	id := h.ID
	m.Acked = func() { d.confirm(confirmation{id: id}) }
	ctx, cancel := context.WithTimeout(d.life, patience)
	defer cancel()
	if err := d.o.Doors.Publish(ctx, m); err != nil {
		d.wait(h, err.Error())
		return
	}
	h.Topic, h.Detail = m.Topic, ""
	d.change(h, Sent)
}

// wait notes why a command is still queued.
func (d *Desk) wait(h held, why string) {
	if h.Detail != why {
		h.Detail = why
		d.change(h, Queued)
	}
}

// change keeps the new state. When another process was quicker its news will
// come by the watch.
func (d *Desk) change(h held, to State) {
	if h.State != to {
		h.State, h.Changed = to, d.o.Now().UTC()
	}
	ctx, cancel := context.WithTimeout(d.life, patience)
	defer cancel()
	err := d.put(ctx, h)
	if err != nil && !errors.Is(err, jetstream.ErrKeyExists) && d.life.Err() == nil {
		d.o.Logger.Error("what became of a command could not be kept; it is tried again", "command", h.ID, "state", to, "error", err)
	}
}

// settle notes an acknowledgement.
func (d *Desk) settle(c confirmation) {
	d.mu.Lock()
	h, there := d.commands[c.id]
	d.mu.Unlock()
	switch {
	case !there || !h.open():
		return
	case c.failed:
		h.Detail = c.detail
		d.change(h, h.State)
		return
	case c.detail != "":
		h.Detail = c.detail
	}
	d.change(h, Acknowledged)
}
