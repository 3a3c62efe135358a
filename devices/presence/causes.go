package presence

import (
	"maps"
	"slices"
	"time"

	"rione/devices/event"
)

// explain finds the cause of each silence, the widest first: one that is known
// already, the whole city (which is rione's own fault rather than everybody's),
// a comune, a gateway, the device alone.
func (e *Engine) explain(silent []*device) {
	silent = e.joinKnown(silent)
	silent = e.explainByComune(silent)
	silent = e.explainByGateway(silent)
	for _, d := range silent {
		e.raiseOwn(d)
	}
}

// joinKnown lets devices join an open incident that explains them: of their
// gateway, of their comune or of the city, if they were last heard before it.
func (e *Engine) joinKnown(silent []*device) (rest []*device) {
	known := map[string][]*incident{} // by gateway's id, comune, or "" for the city
	for _, id := range slices.Sorted(maps.Keys(e.incidents)) {
		i := e.incidents[id]
		if i.recovered != never {
			continue
		}
		switch i.event.Type {
		case event.GatewayDown:
			known[i.event.Device] = append(known[i.event.Device], i)
		case event.ComuneWide, event.OwnFault:
			known[i.event.Comune] = append(known[i.event.Comune], i)
		}
	}
	for _, d := range silent {
		if i := joinable(d, known); i != nil {
			e.join(i, d)
		} else {
			rest = append(rest, d)
		}
	}
	return rest
}

func joinable(d *device, known map[string][]*incident) *incident {
	of := []string{d.id(), "", d.comune(), ""}
	if d.gateway != nil {
		of[1] = d.gateway.id()
	}
	for _, key := range of {
		for _, i := range known[key] {
			if d.heard <= i.reach {
				return i
			}
		}
	}
	return nil
}

// cause is a moment at which several devices may have fallen silent together.
type cause struct {
	at time.Duration // on the clock
}

// causeOf returns the cause that the devices would have in common: it happened
// when half of them had said their last word.
func causeOf(silent []*device) cause {
	heard := make([]time.Duration, len(silent))
	for i, d := range silent {
		heard[i] = d.heard
	}
	slices.Sort(heard)
	return cause{at: heard[len(heard)/2]}
}

// holds tells whether the device's last word fits the cause: not long before it.
func (e *Engine) holds(c cause, d *device) bool {
	return d.heard >= c.at-2*e.interval(d)-e.o.Grace
}

// witness tells whether the device says something about the cause: it had time
// to speak after it, and no cause as wide as a comune explains its silence.
// affected tells that it is silent since then.
func (e *Engine) witness(c cause, d *device) (says, affected bool) {
	if d.heard == never || d.covered || d.incident.width() > ofGateway || !e.holds(c, d) || e.clock.listened-c.at <= 2*e.interval(d)+e.o.Grace {
		return false, false
	}
	return true, e.isLate(d)
}

// votes counts witnesses.
type votes struct{ says, affected int }

func (v *votes) count(says, affected bool) {
	if says {
		v.says++
	}
	if affected {
		v.affected++
	}
}

// most tells whether enough of the witnesses are affected.
func (v *votes) most(share float64) bool {
	return v.affected > 0 && float64(v.affected) >= share*float64(v.says)
}

// unit lets a device witness together with what it carries: a gateway and all
// that falls silent with it are one voice among the others of its comune.
func (e *Engine) unit(c cause, root *device) (says, affected bool) {
	var v votes
	for _, d := range root.carries {
		v.count(e.witness(c, d))
	}
	if v.says == 0 {
		return e.witness(c, root)
	}
	return true, v.most(e.o.Share)
}

// units counts the voices of a comune.
func (e *Engine) units(c cause, comune string) (v votes) {
	for _, root := range e.comuni[comune] {
		v.count(e.unit(c, root))
	}
	return v
}

// isWide tells whether a cause concerns a comune as a whole: most of the voices
// that were heard, and not only a few of all that there are.
func (e *Engine) isWide(v votes, units int) bool {
	const leastHeard = 0.1
	return v.affected >= e.o.Units && v.most(e.o.Share) && float64(v.says) >= leastHeard*float64(units)
}

func (e *Engine) explainByComune(silent []*device) (rest []*device) {
	of := map[string][]*device{}
	for _, d := range silent {
		of[d.comune()] = append(of[d.comune()], d)
	}
	for _, comune := range slices.Sorted(maps.Keys(of)) {
		list := of[comune]
		c := causeOf(list)
		v := e.units(c, comune)
		switch {
		case !e.isWide(v, len(e.comuni[comune])):
			rest = append(rest, list...)
		case e.isEverywhere(c):
			members := e.fitting(c, silent)
			e.announce(e.raiseShared(c, about{kind: event.OwnFault, severity: event.Critical}, members), everywhereText(len(members)))
			return e.explainByComune(unexplained(silent))
		default:
			members := e.fitting(c, list)
			e.announce(e.raiseShared(c, about{event.ComuneWide, event.Critical, comune, ""}, members), comuneText(comune, v, len(e.comuni[comune])))
			rest = append(rest, unexplained(list)...)
		}
	}
	slices.SortFunc(rest, byID)
	return rest
}

// The city as a whole: nobody but rione's own network is that wide.
const (
	cityComuni = 3
	cityShare  = 0.8
)

// isEverywhere tells whether the cause concerns most of the city, in several
// comuni.
func (e *Engine) isEverywhere(c cause) bool {
	comuni, all := 0, votes{}
	for comune := range e.comuni {
		v := e.units(c, comune)
		if v.most(e.o.Share) {
			comuni++
		}
		all.says, all.affected = all.says+v.says, all.affected+v.affected
	}
	return comuni >= cityComuni && all.most(cityShare)
}

// fitting returns those that nothing explains yet and whose last word fits the
// cause.
func (e *Engine) fitting(c cause, list []*device) (out []*device) {
	for _, d := range list {
		if d.incident == nil && e.holds(c, d) {
			out = append(out, d)
		}
	}
	return out
}

func unexplained(list []*device) []*device {
	return slices.DeleteFunc(slices.Clone(list), func(d *device) bool { return d.incident != nil })
}

func (e *Engine) explainByGateway(silent []*device) (rest []*device) {
	of := map[*device][]*device{}
	for _, d := range silent {
		switch {
		case d.gateway != nil:
			of[d.gateway] = append(of[d.gateway], d)
		case len(d.carries) > 0:
			of[d] = append(of[d], d)
		default:
			rest = append(rest, d)
		}
	}
	for _, g := range slices.SortedFunc(maps.Keys(of), byID) {
		list := of[g]
		c := causeOf(list)
		switch verdict, v := e.isDown(c, g); verdict {
		case wait:
		case down:
			members := e.fitting(c, list)
			a := about{event.GatewayDown, event.Fault, g.comune(), g.id()}
			e.announce(e.raiseShared(c, a, members), e.gatewayText(g, v))
			rest = append(rest, unexplained(list)...)
		default:
			rest = append(rest, list...)
		}
	}
	slices.SortFunc(rest, byID)
	return rest
}

// verdict on a gateway.
type verdict uint8

const (
	works verdict = iota
	down
	wait // it should speak any moment; what it carries is judged then
)

// What a gateway carries must say more the less the gateway itself says.
const (
	carriedOfQuiet  = 3 // devices, where the gateway was not heard since
	carriedOfHeard  = 5 // devices, where it was
	shareOfSpeaking = 0.9
)

// isDown judges a gateway by itself and by what it carries.
func (e *Engine) isDown(c cause, g *device) (verdict, votes) {
	var v votes
	for _, d := range g.carries {
		v.count(e.witness(c, d))
	}
	if g.covered || g.incident.width() > alone {
		return works, v
	}
	quiet := g.heard <= c.at+e.o.Grace && g.session != up
	least, share := carriedOfHeard, shareOfSpeaking
	switch {
	case e.isOverdue(g):
		least, share = 0, e.o.Share
	case quiet:
		least, share = carriedOfQuiet, e.o.Share
	}
	switch {
	case v.affected >= least && (v.says == 0 && least == 0 || v.most(share)):
		return down, v
	case quiet && e.isLate(g) && !e.isOverdue(g):
		return wait, v
	}
	return works, v
}

// raiseOwn raises the event of a device alone.
func (e *Engine) raiseOwn(d *device) {
	a := about{event.Silent, event.Warning, d.comune(), d.id()}
	if d.session == lost || d.session == ended {
		a.kind = event.Disconnected
	}
	e.relapse(d)
	e.announce(e.raise(a, []*device{d}), e.deviceText(d))
}
