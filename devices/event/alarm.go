package event

import (
	"cmp"
	"context"
	"time"
)

// Alarm is what a device itself says is the matter.
type Alarm struct {
	Device   string
	Comune   string
	Type     Type
	Severity Severity
	Ends     bool // it is over
	Text     string
	Time     time.Time // device time
}

// staleAlarm is the age beyond which an alarm is history: it came out of a
// backlog or a replay, and nobody is to be called for it.
const staleAlarm = 24 * time.Hour

// Alarm raises, updates or closes the event of a device's alarm: one of a type
// and device is open at a time. The same alarm told twice changes nothing.
func (b *Book) Alarm(ctx context.Context, a Alarm) error {
	now := b.o.Now().UTC()
	b.mu.Lock()
	defer b.mu.Unlock()
	open := b.openAlarm(&a)
	switch {
	case now.Sub(a.Time) > staleAlarm, open == nil && a.Ends, open == nil && b.events[NewID(a.Type, a.Device, a.Time)] != nil:
		return nil
	case open == nil:
		return b.store(ctx, Event{
			ID: NewID(a.Type, a.Device, a.Time), Type: a.Type, Severity: a.Severity, State: Open, Step: Raised, Source: FromDevice,
			Comune: a.Comune, Device: a.Device, Devices: []string{a.Device}, Count: 1, Most: 1, Text: a.Text,
			Began: a.Time, Raised: now, Changed: now,
		})
	case a.Time.Before(open.Began):
		return nil
	}
	e := *open
	e.Text, e.Severity, e.Changed = cmp.Or(a.Text, e.Text), max(a.Severity, e.Severity), now
	if e.Step = Updated; a.Ends {
		e.Step, e.State, e.Closed, e.Count, e.Devices = Cleared, Closed, now, 0, nil
	} else if e.Text == open.Text && e.Severity == open.Severity {
		return nil
	}
	return b.store(ctx, e)
}

func (b *Book) openAlarm(a *Alarm) *Event {
	for _, e := range b.events {
		if e.Source == FromDevice && e.Device == a.Device && e.Type == a.Type && !e.Ended() {
			return e
		}
	}
	return nil
}
