package process

import (
	"time"

	"rione/ingest"
)

// ClockPolicy says what becomes of a reading whose time is impossible: in the
// future by more than five minutes, before 2015, or local time without an
// offset.
type ClockPolicy string

// The clock policies.
const (
	AcceptTime      ClockPolicy = "accept"     // keep it, flagged; local time is read as Italy's
	UseServerTime   ClockPolicy = "server"     // take the network server's time, else the receive time, flagged
	QuarantineClock ClockPolicy = "quarantine" // refuse the reading

	// OfHistory is for what an administrator brings in, and for nothing else: no
	// time is too old, and none is put in place of another. A reading of the past
	// at the time at which it is brought in would be false, and another one each
	// time.
	OfHistory ClockPolicy = "history"
)

const (
	futureLimit = 5 * time.Minute
	lateAfter   = 15 * time.Minute
)

// epochOfSensors is the year before which no device of today was switched on; a
// clock that says so was never set.
var epochOfSensors = time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)

// stamp is the time of a point with what had to be done for it.
type stamp struct {
	time     time.Time
	quality  ingest.Quality
	received bool // it is the message's, since the reading has none of its own: others of the same moment are others
}

// clock returns the policy of the message's route, else the city's.
func (p *pipeline) clock() ClockPolicy {
	if p.msg.Door == ingest.ImportDoor {
		return OfHistory
	}
	if c := p.msg.route.Clock; c != "" {
		return ClockPolicy(c) // the table has checked it
	}
	return p.opt.Clock
}

// fault is what is wrong with a device's time.
type fault uint8

const (
	noFault fault = iota
	unset         // before 2015
	ahead         // in the future
	local         // without an offset
	faults
)

// faultOf tells what is wrong with r's time, and the time that its device says.
func faultOf(r *ingest.Reading, received time.Time) (fault, time.Time) {
	switch {
	case r.Time.IsZero() && !r.LocalTime.IsZero():
		return local, r.LocalTime
	case r.Time.IsZero():
		return noFault, r.Time
	case r.Time.Before(epochOfSensors):
		return unset, r.Time
	case r.Time.Sub(received) > futureLimit:
		return ahead, r.Time
	}
	return noFault, r.Time
}

// anchors hold, for each fault, the newest time of a message that has it. That
// one is put at the time of the message, and the others keep their distances
// from it: so a backlog of a device without a set clock stays one.
type anchors [faults]time.Time

func anchorsOf(list []ingest.Reading, received time.Time) (a anchors) {
	for i := range list {
		if f, t := faultOf(&list[i], received); f != noFault && t.After(a[f]) {
			a[f] = t
		}
	}
	return a
}

// timeOf decides the time of a reading: device time, else network-server time,
// else receive time. The digits of the message's own sequence stand below the
// resolution of device time, so that two readings of one millisecond stay two.
// The result is the same whenever the message is read from the journal.
func (c ClockPolicy) timeOf(r *ingest.Reading, m *ingest.Message, a *anchors) (stamp, *ingest.Refusal) {
	f, t := faultOf(r, m.Received)
	s := stamp{time: t}
	switch {
	case c == OfHistory:
		if refusal := ofHistory(f, t); refusal != nil {
			return s, refusal
		}
	case f != noFault:
		if c == QuarantineClock || !c.representable(t) {
			return s, impossible(f, t)
		}
		s.quality |= ingest.TimeReplaced
		s.time = c.replace(f, t, r, m, a)
		s.received = s.time.Equal(networkTime(r, m))
	case t.IsZero():
		s.time = networkTime(r, m)
		s.received = s.time.Equal(m.Received)
		if s.received {
			return s, nil
		}
	}
	s.time = withSequence(s.time, r)
	if m.Received.Sub(s.time) > lateAfter {
		s.quality |= ingest.Late
	}
	return s, nil
}

func impossible(f fault, t time.Time) *ingest.Refusal {
	return ingest.Refuse(ingest.Clock, "device time "+t.UTC().Format(time.RFC3339)+" "+f.String())
}

// ofHistory refuses the times that a reading of the past cannot have.
func ofHistory(f fault, t time.Time) *ingest.Refusal {
	switch {
	case t.IsZero():
		return ingest.Refuse(ingest.Clock, "a reading of the past needs its time")
	case f == ahead || f == local:
		return impossible(f, t)
	case !AcceptTime.representable(t):
		return ingest.Refuse(ingest.Clock, "device time "+t.UTC().Format(time.RFC3339)+" is beyond what the store can hold, 1700 to 2200")
	}
	return nil
}

// representable tells whether a time that is kept fits the store, whose times
// are 64-bit nanoseconds.
func (c ClockPolicy) representable(t time.Time) bool {
	return c != AcceptTime || t.Year() >= 1700 && t.Year() <= 2200
}

func (c ClockPolicy) replace(f fault, t time.Time, r *ingest.Reading, m *ingest.Message, a *anchors) time.Time {
	if c == AcceptTime {
		if f == local {
			return italian(t, m.Received)
		}
		return t
	}
	base := networkTime(r, m)
	if at := base.Add(t.Sub(a[f])); at.After(epochOfSensors) {
		return at
	}
	return base // the message's times lie decades apart: there is no backlog to keep
}

// networkTime is the time that the network server gave the message, if it is a
// possible one, else the receive time.
func networkTime(r *ingest.Reading, m *ingest.Message) time.Time {
	t := r.ServerTime
	if t.Before(epochOfSensors) || t.After(m.Received.Add(futureLimit)) {
		return m.Received
	}
	return t
}

// withSequence puts the digits of the sequence below the resolution of t.
func withSequence(t time.Time, r *ingest.Reading) time.Time {
	if !r.HasSeq || r.Resolution <= 1 {
		return t
	}
	return t.Truncate(r.Resolution).Add(time.Duration(r.Seq % uint64(r.Resolution)))
}

// italian reads a wall clock as Italy's. The hour that comes twice in an autumn
// night is taken as the one that is nearer to near, its second pass when both
// are as near; the hour that a spring night skips is read by the clock as it was
// before.
func italian(wall, near time.Time) time.Time {
	winter, summer := wall.Add(-time.Hour), wall.Add(-2*time.Hour)
	switch inSummer, inWinter := summerTime(summer), !summerTime(winter); {
	case inSummer && inWinter:
		if near.Sub(summer).Abs() < near.Sub(winter).Abs() {
			return summer
		}
	case inSummer:
		return summer
	}
	return winter
}

// summerTime tells whether summer time is in force in the European Union: from
// the last Sunday of March to that of October, 01:00 UTC each. Source:
// Directive 2000/84/EC.
func summerTime(t time.Time) bool {
	return !t.Before(lastSunday(t.Year(), time.March)) && t.Before(lastSunday(t.Year(), time.October))
}

// lastSunday returns 01:00 UTC of the last Sunday of a month of 31 days.
func lastSunday(year int, month time.Month) time.Time {
	last := time.Date(year, month, 31, 1, 0, 0, 0, time.UTC)
	return last.AddDate(0, 0, -int(last.Weekday()))
}

// String says what is wrong, for a person.
func (f fault) String() string {
	return [...]string{"is fine", "is before 2015: the clock was never set", "is in the future: set the device's clock", "has no offset: let the device say one"}[f]
}
