package process

import (
	"time"

	"rione/ingest"
)

// ClockPolicy says what becomes of a reading whose time is impossible: in the
// future by more than five minutes, or before 2015.
type ClockPolicy string

// The clock policies.
const (
	AcceptTime      ClockPolicy = "accept"     // keep it, flagged
	UseServerTime   ClockPolicy = "server"     // take the network server's time, else the receive time, flagged
	QuarantineClock ClockPolicy = "quarantine" // refuse the reading
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
	time    time.Time
	quality ingest.Quality
}

// anchor maps the times of a device without a set clock to receive time, so
// that the readings of a backlog keep their distances.
type anchor struct{ shift time.Duration }

// anchorOf puts the newest of the unset times of a message at its receipt.
func anchorOf(list []ingest.Reading, received time.Time) anchor {
	var newest time.Time
	for i := range list {
		if t := list[i].Time; t.Before(epochOfSensors) && t.After(newest) {
			newest = t
		}
	}
	if newest.IsZero() {
		return anchor{}
	}
	return anchor{shift: received.Sub(newest)}
}

// timeOf decides the time of a reading: device time, else network-server time,
// else receive time. The digits of the message's own sequence stand below the
// resolution of the first two, so that two readings of one millisecond stay
// two. The result is the same on a redelivery.
func (c ClockPolicy) timeOf(r *ingest.Reading, m *ingest.Message, a anchor) (stamp, *ingest.Refusal) {
	s := stamp{time: r.Time}
	switch {
	case !r.Time.IsZero() && c.impossible(r.Time, m.Received):
		if c == QuarantineClock {
			return s, ingest.Refuse(ingest.Clock, "device time "+r.Time.UTC().Format(time.RFC3339)+" is impossible; set the device's clock")
		}
		s.quality |= ingest.TimeReplaced
		if c == UseServerTime {
			s.time = replacement(r, m, a)
		}
	case r.Time.IsZero() && !r.ServerTime.IsZero():
		s.time = r.ServerTime
	case r.Time.IsZero():
		return stamp{time: m.Received}, nil
	}
	s.time = withSequence(s.time, r)
	if m.Received.Sub(s.time) > lateAfter {
		s.quality |= ingest.Late
	}
	return s, nil
}

func (c ClockPolicy) impossible(t, received time.Time) bool {
	return t.After(received.Add(futureLimit)) || t.Before(epochOfSensors)
}

func replacement(r *ingest.Reading, m *ingest.Message, a anchor) time.Time {
	if r.Time.Before(epochOfSensors) && a.shift != 0 {
		return r.Time.Add(a.shift)
	}
	if !r.ServerTime.IsZero() {
		return r.ServerTime
	}
	return m.Received
}

// withSequence puts the digits of the sequence below the resolution of t.
func withSequence(t time.Time, r *ingest.Reading) time.Time {
	if !r.HasSeq || r.Resolution <= 1 {
		return t
	}
	return t.Truncate(r.Resolution).Add(time.Duration(r.Seq % uint64(r.Resolution)))
}
