package app

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"rione/devices/event"
	"rione/devices/presence"
	"rione/ingest"
	"rione/ingest/broker"
	"rione/ingest/schema"
)

// listener gathers what presence hears between two steps: who said something
// that was stored, who came and went at the MQTT door, and alarms.
type listener struct {
	alarms  chan event.Alarm
	dropped atomic.Uint64 // alarms

	mu       sync.Mutex
	words    map[string]presence.Word
	sessions map[string]presence.Session
	last     time.Time // newest receive time of all words
}

var (
	_ ingest.Feed       = (*listener)(nil)
	_ broker.Attendance = (*listener)(nil)
)

// alarmsWaiting bounds the alarms between two moments in which they are noted.
const alarmsWaiting = 1024

func newListener() *listener {
	return &listener{
		alarms: make(chan event.Alarm, alarmsWaiting),
		words:  map[string]presence.Word{}, sessions: map[string]presence.Session{},
	}
}

// Stored implements ingest.Feed. A point that says its device is offline is the
// end of a session, not a word of the device.
func (l *listener) Stored(points []ingest.Point) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range points {
		p := &points[i]
		if p.Device == nil || p.Received.IsZero() {
			continue
		}
		switch p.Measurement.Name {
		case "event":
			l.alarm(p)
		case "device":
			if online, said := fieldOf(p, "online"); said && online.Int == 0 {
				l.sessions[p.Device.ID] = presence.Session{Device: p.Device.ID, At: p.Received}
				continue
			}
		}
		l.word(p)
	}
}

func (l *listener) word(p *ingest.Point) {
	w := l.words[p.Device.ID]
	if p.Received.After(w.Received) {
		w.Received = p.Received
	}
	if p.Time.After(w.Said) {
		w.Said = p.Time
	}
	l.words[p.Device.ID] = w
	if p.Received.After(l.last) {
		l.last = p.Received
	}
}

// alarm hands on what a device says is the matter. A birth is none.
func (l *listener) alarm(p *ingest.Point) {
	a := event.Alarm{Device: p.Device.ID, Comune: p.Place.Comune, Type: "alarm", Severity: event.Warning, Time: p.Time.UTC()}
	for _, t := range p.Tags {
		if t.Name == "type" {
			a.Type = event.Type(strings.Clone(t.Value))
		}
	}
	if a.Type == "birth" {
		return
	}
	if v, said := fieldOf(p, "severity"); said {
		a.Severity = event.Severity(v.Int)
	}
	if v, said := fieldOf(p, "state"); said {
		a.Ends = v.Int == 0
	}
	v, _ := fieldOf(p, "text")
	if a.Text = strings.Clone(v.Text); a.Text == "" {
		a.Text = a.Device + ": " + string(a.Type)
	}
	select {
	case l.alarms <- a:
	default:
		l.dropped.Add(1)
	}
}

func fieldOf(p *ingest.Point, name string) (v ingest.FieldValue, said bool) {
	for i := range p.Fields {
		if p.Fields[i].Field.Name == name {
			return p.Fields[i], true
		}
	}
	return v, false
}

// Came implements broker.Attendance.
func (l *listener) Came(identity string) { l.attend(presence.Session{Device: identity, Up: true}) }

// Left implements broker.Attendance.
func (l *listener) Left(identity string, goodbye bool) {
	l.attend(presence.Session{Device: identity, Clean: goodbye})
}

func (l *listener) attend(s presence.Session) {
	s.At = time.Now().UTC()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sessions[s.Device] = s
}

// take returns what was gathered and begins anew.
func (l *listener) take() presence.Input {
	l.mu.Lock()
	defer l.mu.Unlock()
	in := presence.Input{Heard: l.words, Sessions: slices.Collect(maps.Values(l.sessions))}
	l.words = make(map[string]presence.Word, len(l.words))
	clear(l.sessions)
	return in
}

// newest returns when the last word was received that was stored.
func (l *listener) newest() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}

// eventMeasurement is the measurement of events.
func eventMeasurement() *schema.Measurement { return schema.Lookup("event") }
