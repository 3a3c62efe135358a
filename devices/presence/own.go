package presence

import (
	"time"

	"rione/devices/event"
)

// ownFault follows what is wrong with rione itself.
type ownFault struct {
	since time.Time // of the fault, zero while there is none
	well  time.Time // since when there is none, while the event is open
	event *event.Event
}

// judgeOurselves tells of time in which rione could not listen: of a stop once
// it is over, of a fault once it lasts. Both pause the clock by themselves.
func (e *Engine) judgeOurselves(stopped time.Duration, faults []string) {
	if stopped >= e.o.Fault {
		e.tellStop(stopped)
	}
	now, o := e.clock.now, &e.own
	if len(faults) == 0 {
		o.since = time.Time{}
		e.endFault()
		return
	}
	o.well = time.Time{}
	if o.since.IsZero() {
		o.since = now
	}
	text := faultText(faults)
	switch {
	case o.event == nil && now.Sub(o.since) >= e.o.Fault:
		o.event = e.ourEvent(event.Critical, o.since, text)
		e.out = append(e.out, *o.event)
	case o.event != nil && o.event.Text != text && now.Sub(o.event.Changed) >= tellAgain:
		o.event.Text, o.event.Step, o.event.Changed = text, event.Updated, now
		e.out = append(e.out, *o.event)
	}
}

// endFault closes the event once rione is well for a while.
func (e *Engine) endFault() {
	o, now := &e.own, e.clock.now
	if o.event == nil {
		return
	}
	if o.well.IsZero() {
		o.well = now
	}
	if now.Sub(o.well) >= e.o.Grace {
		closed := shut(*o.event, now)
		e.out = append(e.out, closed)
		o.event = nil
	}
}

// tellStop tells of a stop, which is over when it is known.
func (e *Engine) tellStop(stopped time.Duration) {
	from := e.clock.now.Add(-stopped)
	raised := e.ourEvent(event.Notice, from, stoppedText(from, stopped))
	e.out = append(e.out, *raised, shut(*raised, e.clock.now))
}

func (e *Engine) ourEvent(severity event.Severity, began time.Time, text string) *event.Event {
	now := e.clock.now
	return &event.Event{
		ID: event.NewID(event.OwnFault, "", began), Type: event.OwnFault, Severity: severity, State: event.Open, Step: event.Raised, Source: event.FromPresence,
		Text: text, Began: began, Raised: now, Changed: now,
	}
}

func shut(ev event.Event, now time.Time) event.Event {
	ev.State, ev.Step, ev.Changed, ev.Closed = event.Closed, event.Cleared, now, now
	return ev
}
