package presence

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"rione/devices/event"
)

// incident is an open event with the devices that it explains.
type incident struct {
	event     event.Event
	reach     time.Duration // who was heard later than this is silent for another reason
	members   map[*device]struct{}
	recovered time.Duration // since when its cause seems over, never while it lasts
	unnamed   int           // devices that are silent too, of which a restart knows only the number, since events name so many and no more
	gateway   bool          // the gateway that it is about is, or was, a member
	changed   bool          // members joined or left since it was told
	told      time.Time
}

// width orders causes by how much they concern.
type width uint8

const (
	none width = iota
	alone
	ofGateway
	ofComune
	ofCity
)

func (i *incident) width() width {
	if i == nil {
		return none
	}
	switch i.event.Type {
	case event.GatewayDown:
		return ofGateway
	case event.ComuneWide:
		return ofComune
	case event.OwnFault:
		return ofCity
	}
	return alone
}

// shared tells whether the incident is a cause that several devices share.
func (i *incident) shared() bool { return i.width() > alone }

// about is what an incident is raised for.
type about struct {
	kind     event.Type
	severity event.Severity
	comune   string
	device   string
}

// raise opens an incident with its members.
func (e *Engine) raise(a about, members []*device) *incident {
	i := &incident{members: map[*device]struct{}{}, recovered: never, told: e.clock.now}
	i.event = event.Event{
		ID: event.NewID(a.kind, cmp.Or(a.device, a.comune), e.clock.now), Type: a.kind, Severity: a.severity, Comune: a.comune, Device: a.device,
		State: event.Open, Step: event.Raised, Source: event.FromPresence,
		Raised: e.clock.now, Changed: e.clock.now, Began: e.clock.now,
	}
	var onset int64
	shortest := mostInterval
	for _, d := range members {
		e.join(i, d)
		onset, i.reach = max(onset, d.heardAt), max(i.reach, d.heard)
		shortest = min(shortest, e.interval(d))
		if d.session == lost {
			i.reach = max(i.reach, d.lost)
		}
	}
	if onset > 0 {
		i.event.Began = timeOf(onset)
	}
	i.reach += shortest + e.o.Grace
	e.incidents[i.event.ID] = i
	return i
}

// raiseShared opens an incident of several devices. Narrower ones that the same
// cause explains, since some devices are missed sooner than others, become part
// of it.
func (e *Engine) raiseShared(c cause, a about, members []*device) *incident {
	i := e.raise(a, members)
	for _, id := range slices.Sorted(maps.Keys(e.incidents)) {
		other := e.incidents[id]
		if other.width() >= i.width() || !e.explains(i, c, other) {
			continue
		}
		for d := range other.members {
			e.leave(d)
			e.join(i, d)
		}
		other.event.Text += "; part of " + i.event.ID
	}
	return i
}

// explains tells whether all that another incident is about fits this one.
func (e *Engine) explains(i *incident, c cause, other *incident) bool {
	for d := range other.members {
		fits := i.width() == ofCity || i.width() == ofComune && d.comune() == i.event.Comune ||
			d.id() == i.event.Device || d.gateway != nil && d.gateway.id() == i.event.Device
		if !fits || d.back != never || d.heard > i.reach || !e.holds(c, d) {
			return false
		}
	}
	return true
}

// announce gives the incident its text and tells it for the first time.
func (e *Engine) announce(i *incident, text string) {
	i.event.Text = text
	i.changed = false
	e.list(i)
	e.out = append(e.out, i.event)
}

func (e *Engine) join(i *incident, d *device) {
	d.incident, d.joined, d.back = i, d.heard, never
	i.members[d] = struct{}{}
	i.unnamed = max(0, i.unnamed-1)
	i.changed = true
	i.gateway = i.gateway || d.id() == i.event.Device
}

// leave takes a device out of the incident that it is in.
func (e *Engine) leave(d *device) {
	if i := d.incident; i != nil {
		delete(i.members, d)
		i.changed = true
		d.incident = nil
	}
}

// list writes the members into the event.
func (e *Engine) list(i *incident) {
	ids := make([]string, 0, len(i.members))
	for d := range i.members {
		ids = append(ids, d.id())
	}
	slices.Sort(ids)
	i.event.Count = len(ids)
	i.event.Most = max(i.event.Most, len(ids))
	i.event.Devices = ids[:min(len(ids), event.MaxDevices)]
}

// tellAgain is the shortest time between two changes of members that are told.
const tellAgain = time.Minute

// tell closes the incidents that nobody is in any more, and tells of members
// that joined or left, not too often.
func (e *Engine) tell() {
	for _, id := range slices.Sorted(maps.Keys(e.incidents)) {
		i := e.incidents[id]
		closes := len(i.members) == 0
		if !closes && (!i.changed || e.clock.now.Sub(i.told) < tellAgain) {
			continue
		}
		e.list(i)
		i.changed, i.told, i.event.Changed, i.event.Step = false, e.clock.now, e.clock.now, event.Updated
		if closes {
			i.event.Step, i.event.State, i.event.Closed = event.Cleared, event.Closed, e.clock.now
			delete(e.incidents, id)
		}
		e.out = append(e.out, i.event)
	}
}

// recover lets devices leave that speak again. Of a shared cause that seems
// over, those leave too that did not come back with the others: they are silent
// for a reason of their own now.
func (e *Engine) recover() {
	for _, d := range e.order {
		if d.incident != nil && e.isBack(d) {
			e.clear(d)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(e.incidents)) {
		i := e.incidents[id]
		if !i.shared() || !e.isOver(i) {
			continue
		}
		for d := range i.members {
			wait := time.Duration(e.o.Missed)*e.interval(d) + e.o.Grace
			if d.back == never && e.clock.listened > i.recovered+wait {
				e.leave(d)
			}
		}
	}
}

// isBack tells whether a device has spoken since it joined and kept on speaking
// long enough to be believed.
func (e *Engine) isBack(d *device) bool {
	switch {
	case d.heard > d.joined && d.back == never:
		d.back = d.heard
	case d.back != never && e.isLate(d):
		d.back, d.joined = never, d.heard // silent again, before it was believed
	}
	return d.back != never && e.clock.listened-d.back >= e.settling(d)
}

// Whoever is silent again and again within a day must speak longer each time
// until it is believed.
const (
	relapseTime  = 24 * time.Hour
	mostSettling = 12 * time.Hour
	mostRelapses = 10
)

func (e *Engine) settling(d *device) time.Duration {
	settle := min(e.interval(d), mostWait)
	if d.incident.shared() {
		return settle
	}
	return min(settle<<d.relapses, mostSettling)
}

// clear ends a device's silence.
func (e *Engine) clear(d *device) {
	if !d.incident.shared() {
		d.cleared = e.clock.now.UnixNano()
	}
	e.leave(d)
}

// relapse counts an event of a device's own.
func (e *Engine) relapse(d *device) {
	if d.cleared == 0 || e.clock.now.Sub(timeOf(d.cleared)) > relapseTime {
		d.relapses = 0
		return
	}
	d.relapses = min(d.relapses+1, mostRelapses)
}

// isOver tells whether a shared cause seems over: the gateway speaks again, or
// half of the devices do.
func (e *Engine) isOver(i *incident) bool {
	if i.recovered != never {
		return true
	}
	spoke := i.event.Most - len(i.members) - i.unnamed
	for d := range i.members {
		if d.back != never {
			spoke++
		}
	}
	gateway := e.devices[i.event.Device]
	if i.gateway && gateway != nil && gateway.incident != i || spoke > 0 && 2*spoke >= i.event.Most {
		i.recovered = e.clock.listened
	}
	return i.recovered != never
}
