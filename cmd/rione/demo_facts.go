package main

import (
	"maps"
	"slices"
	"time"

	"rione/dashboards"
	"rione/geo"
	"rione/ingest/indicator"
)

// demoNote is the source that the demo's facts name.
const demoNote = "example of the demo"

// demoFacts are examples of what administrations declare: each indicator that no
// device tells somewhere between its baseline and its target, services and
// actions in one state or another, places without service.
func demoFacts(all []dashboards.Initiative, now time.Time) []indicator.Fact {
	d := declared{date: time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)}
	for _, i := range all {
		for _, n := range i.Indicators {
			switch {
			case n.Ratio != nil:
				d.cost(i, n)
			case n.Live == nil && n.Rank == nil && len(n.Events) == 0 && !i.Follows(n):
				d.figure(i, n)
			}
		}
		for _, p := range i.Progress {
			d.progress(i, p)
		}
		for _, l := range i.Layers {
			d.layer(i, l)
		}
	}
	return d.facts
}

// declared collects facts.
type declared struct {
	date  time.Time
	facts []indicator.Fact
}

func (d *declared) add(initiative, id, comune, zone string, value float64) {
	d.facts = append(d.facts, indicator.Fact{
		Initiative: initiative, ID: id, Date: d.date, Comune: comune, Zone: zone, Value: value, Note: demoNote,
	})
}

// figure declares an indicator of the whole, and of each comune, zone or
// administration where these are compared.
func (d *declared) figure(i dashboards.Initiative, n dashboards.Indicator) {
	at := func(place int) float64 {
		share := 0.3 + 0.1*float64((place+len(n.ID))%6)
		return float64(int(10*(n.Baseline+share*(n.Target-n.Baseline)))) / 10
	}
	switch i.Split {
	case dashboards.ByAdministration: // the whole follows
		for k, a := range geo.Administrations(i.ID) {
			d.administration(i, n.ID, a, float64(int(at(k)+0.5)))
		}
		return
	case "comune":
		for k, c := range inDemo(i) {
			d.add(i.ID, n.ID, c.Code, "", at(k))
		}
	case "zone":
		if !slices.ContainsFunc(i.Layers, func(l dashboards.FactLayer) bool { return l.ID == n.ID }) { // else the layer tells it
			zones(i, func(comune, zone string, k int) { d.add(i.ID, n.ID, comune, zone, at(k)) })
		}
	}
	d.add(i.ID, n.ID, "", "", at(2))
}

// demoDevicesEach is about how many devices a comune of the community has in the demo.
const demoDevicesEach = 4

// cost declares what the devices of each administration cost in a year, so that one of
// them costs something about baseline and target.
func (d *declared) cost(i dashboards.Initiative, n dashboards.Indicator) {
	for k, a := range geo.Administrations(i.ID) {
		share := 0.15 * float64(k%7)
		d.administration(i, n.Ratio.Of, a, float64(int(demoDevicesEach*(n.Baseline+share*(n.Target-n.Baseline)))))
	}
}

// administration declares a figure of a comune by its code, of a union by its name.
func (d *declared) administration(i dashboards.Initiative, id string, a geo.Administration, value float64) {
	f := indicator.Fact{Initiative: i.ID, ID: id, Date: d.date, Value: value, Note: demoNote}
	if a.Union {
		f.Subject = a.Name
	} else {
		f.Comune = a.Comuni[0]
	}
	d.facts = append(d.facts, f)
}

func (d *declared) progress(i dashboards.Initiative, p dashboards.Progress) {
	k := 0
	state := func() float64 { k++; return float64(k * 7 / 2 % len(p.States)) }
	for _, id := range slices.Sorted(maps.Keys(p.Things)) {
		switch p.By {
		case "comune":
			for _, c := range inDemo(i) {
				d.add(i.ID, id, c.Code, "", state())
			}
		case "zone":
			zones(i, func(comune, zone string, _ int) { d.add(i.ID, id, comune, zone, state()) })
		default:
			d.add(i.ID, id, "", "", state())
		}
	}
}

// layer declares a value for every zone of the initiative's comuni.
func (d *declared) layer(i dashboards.Initiative, l dashboards.FactLayer) {
	zones(i, func(comune, zone string, k int) { d.add(i.ID, l.ID, comune, zone, float64(k*k*l.Bad/9)) })
}

// zones calls f with each zone of the initiative's comuni, numbered within its
// comune.
func zones(i dashboards.Initiative, f func(comune, zone string, k int)) {
	for _, c := range inDemo(i) {
		for k, a := range geo.SchematicZones(c) {
			if a.Zone != "" {
				f(c.Code, a.Zone, k)
			}
		}
	}
}

// inDemo returns the comuni of the initiative that the demo city has.
func inDemo(i dashboards.Initiative) []geo.Comune {
	return slices.DeleteFunc(demoComuni(), func(c geo.Comune) bool { return !slices.Contains(i.Comuni, c.Code) })
}
