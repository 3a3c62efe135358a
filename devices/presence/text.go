package presence

import (
	"fmt"
	"strings"
	"time"
)

// The texts are for people who read one line of them, in a table or a message.

func (e *Engine) deviceText(d *device) string {
	text := fmt.Sprintf("%s: nothing since %s, expected every %s", named(d), moment(timeOf(d.heardAt)), span(e.interval(d)))
	switch d.session {
	case up:
		return text + "; its session is up"
	case lost:
		return text + "; its session was lost"
	case ended:
		return text + "; it ended its session"
	}
	return text
}

func (e *Engine) gatewayText(g *device, v votes) string {
	state := "was not heard"
	switch {
	case g.heard == never:
		state = "never speaks for itself"
	case g.session == lost:
		state = "was disconnected"
	case e.isOverdue(g):
		state = "says nothing since " + moment(timeOf(g.heardAt))
	case g.session == up || !e.isLate(g):
		state = "speaks for itself"
	}
	return fmt.Sprintf("gateway %s %s; of %d devices that it carries, %d should have spoken since and %d did not",
		named(g), state, len(g.carries), v.says, v.affected)
}

func comuneText(comune string, v votes, units int) string {
	return fmt.Sprintf("comune %s: %d of the %d gateways and devices that should have spoken did not (%d in all): power, or the network there", comune, v.affected, v.says, units)
}

func everywhereText(devices int) string {
	return fmt.Sprintf("most of the city fell silent at once, %d devices so far: look at rione's own network first", devices)
}

func stoppedText(from time.Time, stopped time.Duration) string {
	return fmt.Sprintf("rione was not running for %s from %s; silence of that time is held against nobody", span(stopped), moment(from))
}

func faultText(faults []string) string {
	return "rione cannot judge who is silent: " + strings.Join(faults, "; ")
}

func named(d *device) string {
	if d.entry.Name == "" {
		return d.id()
	}
	return d.id() + " (" + d.entry.Name + ")"
}

func moment(t time.Time) string { return t.Format("2006-01-02 15:04:05 UTC") }

// span writes a duration without the zeroes at its end.
func span(d time.Duration) string {
	text := d.Round(time.Second).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
