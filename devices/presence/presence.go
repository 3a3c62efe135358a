// Package presence judges who should have spoken by now: it tells a device that
// is silent from one that was disconnected, from a gateway that is down, from a
// comune that is cut off, and all of them from a fault of rione's own. It is
// pure: time, what was heard and what is registered come in, events come out.
package presence

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"rione/devices"
	"rione/devices/event"
)

// Options are the rules; what is 0 gets its default.
type Options struct {
	Missed   int           // intervals that a device may miss; default 3
	Grace    time.Duration // added to every wait: jitter, transport, storage; default 2 min
	Interval time.Duration // of devices that declare none, until it is learned; default 1 h
	Gap      time.Duration // without a step after which rione counts as stopped; default 1 min
	Fault    time.Duration // that a fault of rione's own lasts until it is told; default 2 min
	Share    float64       // of what should have spoken that must be silent for a common cause; default 0.6
	Units    int           // least units that make a comune-wide cause; default 4
}

// Validate returns what is wrong with the options.
func (o *Options) Validate() error {
	if o.Missed < 0 || o.Grace < 0 || o.Interval < 0 || o.Gap < 0 || o.Fault < 0 || o.Units < 0 {
		return errors.New("presence: negative counts and times make no sense")
	}
	if o.Share < 0 || o.Share > 1 {
		return errors.New("presence: share must be from 0 to 1")
	}
	return nil
}

func (o Options) withDefaults() Options {
	o.Missed = cmp.Or(o.Missed, 3)
	o.Grace = cmp.Or(o.Grace, 2*time.Minute)
	o.Interval = cmp.Or(o.Interval, time.Hour)
	o.Gap = cmp.Or(o.Gap, time.Minute)
	o.Fault = cmp.Or(o.Fault, 2*time.Minute)
	o.Share = cmp.Or(o.Share, 0.6)
	o.Units = cmp.Or(o.Units, 4)
	return o
}

// Word is the last that was heard of a device.
type Word struct {
	Received time.Time // by rione
	Said     time.Time // device time of its newest reading
}

// Session is a device's coming or going at a door.
type Session struct {
	Device string
	Up     bool
	Clean  bool      // of an end: the client said goodbye
	At     time.Time //
}

// Input is what happened since the step before.
type Input struct {
	Snapshot *devices.Snapshot
	Windows  []event.Window  // maintenance
	Heard    map[string]Word // by device id
	Sessions []Session       // in their order
	Faults   []string        // what is wrong with rione itself now, for people; nothing is judged meanwhile
}

// Engine judges. It is used by one goroutine at a time.
type Engine struct {
	o       Options
	clock   clock
	resumed time.Duration // when rione was last back, on the clock
	seen    *devices.Snapshot
	devices map[string]*device
	order   []*device            // by id
	comuni  map[string][]*device // units: devices that no other carries, gateways with theirs

	incidents map[string]*incident // open, by the event's id
	own       ownFault
	out       []event.Event // of the step under way
}

// New returns an engine that knows nobody.
func New(o Options) (*Engine, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	return &Engine{o: o.withDefaults(), devices: map[string]*device{}, incidents: map[string]*incident{}}, nil
}

// Step takes in what happened until now and returns what has changed of events,
// in order. Calls come in the order of time.
func (e *Engine) Step(now time.Time, in Input) []event.Event {
	e.out = nil
	now = now.UTC()
	wasWell, isWell := e.clock.well, len(in.Faults) == 0
	stopped := e.clock.advance(now, isWell, e.o.Gap)
	if stopped > 0 || isWell && !wasWell {
		e.resumed = e.clock.listened
	}
	if stopped > 0 {
		e.forgetSessions()
	}
	e.follow(in.Snapshot)
	e.listen(&in)
	e.judgeOurselves(stopped, in.Faults)
	e.cover(in.Windows)
	e.recover()
	if isWell {
		e.explain(e.overdue())
	}
	e.tell()
	return e.out
}

// follow takes over a registry that changed.
func (e *Engine) follow(s *devices.Snapshot) {
	if s == nil || s == e.seen {
		return
	}
	e.seen = s
	e.order, e.comuni = e.order[:0], map[string][]*device{}
	for _, entry := range s.All() {
		if d := e.devices[entry.ID]; entry.State() == devices.Approved {
			if d == nil {
				d = &device{heard: never, lost: never, free: e.clock.listened}
				e.devices[entry.ID] = d
			}
			d.take(entry)
			e.order = append(e.order, d)
		}
	}
	for id, d := range e.devices {
		if entry := s.Device(id); entry == nil || entry.State() != devices.Approved {
			e.leave(d)
			delete(e.devices, id)
		}
	}
	e.group()
}

// group finds out who carries whom, and the units of each comune.
func (e *Engine) group() {
	for _, d := range e.order {
		if d.entry.Via != "" {
			if g := e.devices[d.entry.Via]; g != nil && g.entry.Via == "" {
				d.gateway = g
				g.carries = append(g.carries, d)
			}
		}
	}
	for _, d := range e.order {
		if d.gateway == nil {
			comune := d.comune()
			e.comuni[comune] = append(e.comuni[comune], d)
		}
	}
}

// listen takes in what was heard, and who came and went.
func (e *Engine) listen(in *Input) {
	for id, w := range in.Heard {
		if d := e.devices[id]; d != nil {
			d.hear(w, e.clock.at(w.Received))
		}
	}
	for _, s := range in.Sessions {
		if d := e.devices[s.Device]; d != nil {
			d.meet(s, e.clock.at(s.At))
		}
	}
}

// forgetSessions after a stop: nobody knows who went meanwhile.
func (e *Engine) forgetSessions() {
	for _, d := range e.devices {
		if d.session == up {
			d.session = unknown
		}
	}
}

// cover notes which devices are in maintenance. A gateway's window covers what
// it carries, whatever names the gateway.
func (e *Engine) cover(windows []event.Window) {
	var on []event.Window
	for _, w := range windows {
		if w.Active(e.clock.now) {
			on = append(on, w)
		}
	}
	for _, d := range e.order {
		d.covered = covered(on, d.entry) || d.gateway != nil && len(on) > 0 && covered(on, d.gateway.entry)
		if d.covered {
			d.free = e.clock.listened
		}
	}
}

func covered(windows []event.Window, d *devices.Device) bool {
	return slices.ContainsFunc(windows, func(w event.Window) bool { return w.Covers(d) })
}

// overdue returns the watched devices that should have spoken and that no event
// explains yet, by id.
func (e *Engine) overdue() (list []*device) {
	for _, d := range e.order {
		if d.incident == nil && !d.covered && e.isOverdue(d) {
			list = append(list, d)
		}
	}
	return list
}

// isOverdue tells whether a device is silent for too long: intervals that it may
// miss and the grace, or one interval after its session was lost. After a stop
// of rione's own, or maintenance, it has time to come back.
func (e *Engine) isOverdue(d *device) bool {
	if d.heard == never {
		return false
	}
	since := max(d.heard+time.Duration(e.o.Missed)*e.interval(d), e.chance(d))
	if d.session == lost && d.lost >= d.heard {
		since = min(since, max(d.lost+e.interval(d), e.chance(d)))
	}
	return e.clock.listened > since+e.o.Grace
}

// mostWait bounds what a device is given to come back after a stop, and how long
// it must speak until it is believed.
const mostWait = 10 * time.Minute

// chance is until when a device may need to come back.
func (e *Engine) chance(d *device) time.Duration {
	return max(d.free, e.resumed) + min(e.interval(d), mostWait)
}

// isLate tells whether a device missed a word: weaker than overdue, it supports
// a common cause and raises none.
func (e *Engine) isLate(d *device) bool {
	return d.heard != never && e.clock.listened > max(d.heard+e.interval(d), e.chance(d))+e.o.Grace
}

// Bounds of the interval that is declared, and of one that is learned.
const (
	leastInterval, mostInterval = time.Second, 7 * 24 * time.Hour
	leastLearned, mostLearned   = time.Minute, 24 * time.Hour
)

// interval returns how often a device speaks: as declared, else as learned,
// else the default.
func (e *Engine) interval(d *device) time.Duration {
	if declared := d.entry.Interval; declared > 0 {
		return min(max(declared, leastInterval), mostInterval)
	}
	if learned := d.rhythm.usual(); learned > 0 {
		return min(max(learned, leastLearned), mostLearned)
	}
	return e.o.Interval
}

// Count says how many devices are watched, and how many registered ones were
// never heard: those are not judged.
func (e *Engine) Count() (watched, unheard int) {
	for _, d := range e.order {
		if d.heard == never {
			unheard++
		}
	}
	return len(e.order) - unheard, unheard
}

// Status is what is known of one device.
type Status struct {
	Heard    time.Time     // when rione last received a word, zero never
	Said     time.Time     // device time of its newest reading
	Interval time.Duration // expected
	Session  string        // "", "up", "ended" or "lost"
	Event    string        // id of the event that it is in, "" none
}

// Status returns what is known of a device, nothing of one that is not watched.
func (e *Engine) Status(id string) (s Status, known bool) {
	d := e.devices[id]
	if d == nil || d.heard == never {
		return s, false
	}
	s = Status{Heard: timeOf(d.heardAt), Said: timeOf(d.said), Interval: e.interval(d), Session: d.session.String()}
	if d.incident != nil {
		s.Event = d.incident.event.ID
	}
	return s, true
}

func byID(a, b *device) int { return strings.Compare(a.id(), b.id()) }
