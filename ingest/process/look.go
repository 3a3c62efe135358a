package process

import (
	"bytes"
	"errors"
	"strings"
	"time"

	"rione/devices"
	"rione/ingest"
)

// look is a second look at messages of the journal, by a replay or a tail: which
// ones it is about, and who wants to know what became of them. The processor
// itself has none; every method takes nil for that.
type look struct {
	names  map[string]bool // ids and external identities of the devices, lower case; nil: of all
	format string          // of the route, "" for any
	from   time.Time       // messages received before only remind decoders and checks
	points bool            // and yet their points of that time and later are written
	until  time.Time       // points of this time and later are not written; zero: all are
	again  bool            // what is known already is written all the same
	tell   func(Trace)     // hears of each message that the look is about; nil: nobody asks
	trace  *Trace          // of the message under way, nil without tell

	journaled time.Time // of the record under way
}

// errPassedOver ends the way of a message that the look is not about.
var errPassedOver = errors.New("the message is not looked for")

// namesOf returns what the chosen devices may be called, nil for no choice. An
// identity that is not registered stands for itself.
func namesOf(s *devices.Snapshot, chosen []string) map[string]bool {
	if len(chosen) == 0 {
		return nil
	}
	names := make(map[string]bool, 2*len(chosen))
	for _, id := range chosen {
		names[strings.ToLower(id)] = true
		d := s.Device(id)
		if d == nil {
			d = s.Resolve(id)
		}
		if d != nil {
			names[d.ID] = true
			if d.ExternalID != "" {
				names[d.ExternalID] = true
			}
		}
	}
	return names
}

func (l *look) named(identity string) bool {
	return l.names == nil || l.names[identity] || l.names[strings.ToLower(identity)]
}

// passesOver tells before the message is decoded that it holds nothing of what
// is looked for: it is of another format, or from somebody who may not speak for
// any of the devices.
func (l *look) passesOver(p *pipeline) bool {
	if l == nil {
		return false
	}
	if l.format != "" && l.format != p.msg.route.Format {
		return true
	}
	if l.names == nil || l.attributed(&p.msg) {
		return false
	}
	for name := range l.names {
		if d := p.snapshot.Device(name); d != nil && p.maySpeakFor(p.msg.Message, d) {
			return false
		}
	}
	return true
}

// attributed tells whether the message is of a device that is looked for, as far
// as that can be seen without decoding it.
func (l *look) attributed(m *current) bool {
	if l.names == nil || l.names[strings.ToLower(m.Client)] {
		return true
	}
	if m.route != nil && l.named(m.route.DeviceOf(m.Message)) {
		return true
	}
	for level := range strings.SplitSeq(m.Topic, "/") {
		if l.named(level) {
			return true
		}
	}
	return false
}

// mentioned tells whether the body of a message that nobody could decode has the
// name of a device that is looked for.
func (l *look) mentioned(m *ingest.Message) bool {
	body := bytes.ToLower(m.Payload)
	for name := range l.names {
		if bytes.Contains(body, []byte(name)) {
			return true
		}
	}
	return false
}

// wants tells whether the reading under way, of the identity just resolved, is
// looked for, and notes that the message holds one.
func (l *look) wants(m *current) bool {
	if l == nil {
		return true
	}
	if !l.named(m.identity) && (m.device == nil || !l.named(m.device.ID)) {
		return false
	}
	m.wanted = true
	return true
}

// keeps tells whether a point is to be written.
func (l *look) keeps(m *current, pt *ingest.Point) bool {
	if l == nil {
		return true
	}
	begun := !m.Received.Before(l.from) || l.points && !pt.Time.Before(l.from)
	return begun && (l.until.IsZero() || pt.Time.Before(l.until))
}

// writesAgain tells whether a point is written although it is known.
func (l *look) writesAgain() bool { return l != nil && l.again }

// ignores tells that nothing became of the message which the look is about.
func (l *look) ignores(m *current) bool {
	if l == nil {
		return false
	}
	if m.Received.Before(l.from) && m.points == 0 {
		return true
	}
	if !m.wanted && !l.attributed(m) && (len(m.refused) == 0 || !l.mentioned(m.Message)) {
		return true
	}
	return m.outside > 0 && m.points == 0 && m.duplicates == 0
}
