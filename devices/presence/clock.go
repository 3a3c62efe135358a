package presence

import "time"

// clock counts the time in which rione listened and kept up. Silence is
// measured on it, so that nobody is blamed for time in which rione was stopped,
// behind or deaf. It knows nothing of time zones: a night in which Italy's
// clocks change is a night.
type clock struct {
	now      time.Time     // of the last step
	listened time.Duration // until now
	pauses   []pause       // the last ones, in their order
	well     bool          // rione was well at the last step
}

// pause is a time in which rione did not listen.
type pause struct{ from, to time.Time }

// pausesKept bounds what at looks through; words older than these pauses count
// as older than they are.
const pausesKept = 32

// advance goes on to now. Time counts when rione was well at both of its ends
// and no longer than most passed between them. It returns how long rione was
// not there at all.
func (c *clock) advance(now time.Time, well bool, most time.Duration) (stopped time.Duration) {
	first, passed := c.now.IsZero(), now.Sub(c.now)
	if !first && passed <= 0 {
		c.well = c.well && well // the system's clock went back: wait for it
		return 0
	}
	switch {
	case first:
	case passed > most:
		c.pause(now)
		stopped = passed
	case c.well && well:
		c.listened += passed
	default:
		c.pause(now)
	}
	c.now, c.well = now, well
	return stopped
}

// pause notes that the time until now does not count.
func (c *clock) pause(now time.Time) {
	if n := len(c.pauses); n > 0 && c.pauses[n-1].to.Equal(c.now) {
		c.pauses[n-1].to = now
		return
	}
	if len(c.pauses) == pausesKept {
		c.pauses = append(c.pauses[:0], c.pauses[1:]...)
	}
	c.pauses = append(c.pauses, pause{c.now, now})
}

// at returns what the clock showed at a time, 0 for times before it began.
func (c *clock) at(t time.Time) time.Duration {
	if !t.Before(c.now) {
		return c.listened
	}
	d := c.listened - c.now.Sub(t)
	for _, p := range c.pauses {
		if from := later(p.from, t); p.to.After(from) {
			d += p.to.Sub(from)
		}
	}
	return max(d, 0)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
