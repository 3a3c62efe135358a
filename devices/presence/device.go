package presence

import (
	"slices"
	"time"

	"rione/devices"
)

// never stands for a time on the clock that has not been.
const never time.Duration = -1

// session is what is known of a device's session at a door.
type session uint8

const (
	unknown session = iota // no door of ours has seen one, or rione was stopped since
	up
	ended // the client said goodbye
	lost  // it did not, or its will was published
)

// String names the session for people and programs.
func (s session) String() string { return [...]string{"", "up", "ended", "lost"}[s] }

// device is what is known of one device. Durations are times on the clock.
type device struct {
	entry   *devices.Device
	gateway *device   // that carries it, nil none
	carries []*device // of a gateway

	heard   time.Duration // last word, by its receipt
	heardAt int64         // the same as Unix nanoseconds, 0 never
	said    int64         // device time of its newest reading, likewise
	session session
	lost    time.Duration // when the session was lost
	free    time.Duration // not judged before
	covered bool          // in maintenance now
	rhythm  rhythm

	incident *incident     // that explains its silence
	joined   time.Duration // heard when it joined
	back     time.Duration // since when it speaks again
	relapses uint8         // events of its own of late
	cleared  int64         // when the last of them was, Unix nanoseconds
}

func (d *device) id() string     { return d.entry.ID }
func (d *device) comune() string { return d.entry.Current().Comune }

// take takes over what the registry says.
func (d *device) take(entry *devices.Device) { d.entry, d.gateway, d.carries = entry, nil, nil }

// hear notes a word that was received at a time on the clock. A device that
// speaks is there, whatever became of its session.
func (d *device) hear(w Word, at time.Duration) {
	if said := w.Said.UnixNano(); !w.Said.IsZero() && said > d.said {
		d.said = said
	}
	received := w.Received.UnixNano()
	if received <= d.heardAt {
		return
	}
	if d.heard != never && d.incident == nil {
		d.rhythm.note(at - d.heard)
	}
	d.heardAt, d.heard = received, max(at, d.heard)
	if d.session == lost && d.heard > d.lost {
		d.session = unknown
	}
}

// meet notes that its session began or ended.
func (d *device) meet(s Session, at time.Duration) {
	switch {
	case s.Up:
		d.session = up
	case s.Clean:
		d.session = ended
	case d.session != lost:
		d.session, d.lost = lost, at
	}
}

// rhythm remembers the last pauses between words, to learn the interval of a
// device that declares none.
type rhythm struct {
	gaps [8]uint32 // seconds
	next uint8     // to be overwritten
	full bool
}

// oneBurst is how close words are that count as one.
const oneBurst = 10 * time.Second

func (r *rhythm) note(gap time.Duration) {
	if gap < oneBurst {
		return
	}
	r.gaps[r.next] = uint32(min(gap, mostLearned) / time.Second)
	r.next = (r.next + 1) % uint8(len(r.gaps))
	r.full = r.full || r.next == 0
}

// leastGaps is how many pauses are needed to learn from.
const leastGaps = 4

// usual returns the upper quartile of the last pauses, 0 while too few are
// known: above the median, since an interval taken too short blames a device
// that is only irregular.
func (r *rhythm) usual() time.Duration {
	n := int(r.next)
	if r.full {
		n = len(r.gaps)
	}
	if n < leastGaps {
		return 0
	}
	sorted := r.gaps
	slices.Sort(sorted[:n])
	return time.Duration(sorted[n*3/4]) * time.Second
}

func timeOf(nanoseconds int64) time.Time {
	if nanoseconds == 0 {
		return time.Time{}
	}
	return time.Unix(0, nanoseconds).UTC()
}
