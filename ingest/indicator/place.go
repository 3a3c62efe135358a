package indicator

import (
	"cmp"
	"slices"

	"rione/geo"
)

// ByAdministration is the split of an initiative that compares administrations:
// comuni, and unions of comuni that act as one.
const ByAdministration = "administration"

// The indicators by which administrations stand in classes: how many people live
// there is a fact, which class that makes is a figure, from 0 for the smallest.
const (
	Population      = "population"
	PopulationClass = "population-class"
)

// place is what a figure is about; the zero place is the whole initiative.
type place struct{ comune, zone, subject string }

func (f *Fact) place() place { return place{f.Comune, f.Zone, f.Subject} }

// at makes a figure of a place.
func (d *Definition) at(p place, value float64) Fact {
	return Fact{Initiative: d.Initiative, ID: d.ID, Comune: p.comune, Zone: p.zone, Subject: p.subject, Value: value}
}

// placeOf returns the place that a device counts for, the zero place where it is
// of none.
func (r *Runner) placeOf(d *Definition, comune, zone string) place {
	switch d.Split {
	case "zone":
		return place{zone: zone}
	case "comune":
		return place{comune: comune}
	}
	return r.administrationOf(comune)
}

// administrationOf returns the administration of a comune as a place: a union is of
// no single comune.
func (r *Runner) administrationOf(comune string) place {
	for _, a := range r.opt.Administrations {
		switch {
		case !slices.Contains(a.Comuni, comune):
		case a.Union:
			return place{subject: a.Name}
		default:
			return place{comune: comune, subject: a.Name}
		}
	}
	return place{}
}

// comparesAdministrations tells whether an initiative does.
func (r *Runner) comparesAdministrations(initiative string) bool {
	return slices.ContainsFunc(r.opt.Definitions, func(d Definition) bool {
		return d.Initiative == initiative && d.Split == ByAdministration
	})
}

// named returns the facts with the administration's name where one is of a comune
// that is an administration alone. What a member of a union says stays the member's.
func (r *Runner) named(facts []Fact) []Fact {
	out := slices.Clone(facts)
	for i := range out {
		f := &out[i]
		if f.Subject != "" || f.Zone != "" || f.Comune == "" || !r.comparesAdministrations(f.Initiative) {
			continue
		}
		if p := r.administrationOf(f.Comune); p.comune != "" {
			f.Subject = p.subject
		}
	}
	return out
}

// classes puts the administrations that figures are about into classes of
// population. A fact about how many people live there wins over the table.
func (r *Runner) classes(figures []Fact) map[place]int {
	out, people := map[place]int{}, map[place]float64{}
	for _, f := range figures {
		if f.ID == Population {
			people[f.place()] = f.Value
		}
	}
	for _, f := range figures {
		at := slices.IndexFunc(r.opt.Administrations, func(a geo.Administration) bool { return a.Name == f.Subject })
		if at < 0 || !r.comparesAdministrations(f.Initiative) {
			continue
		}
		p := f.place()
		if class, known := geo.ClassOf(cmp.Or(int(people[p]), r.opt.Administrations[at].Population)); known {
			out[p] = class
		}
	}
	return out
}

// classFigures say the class of each administration of each initiative that
// compares them.
func (r *Runner) classFigures(classes map[place]int) []Fact {
	var out []Fact
	seen := map[string]bool{}
	for _, d := range r.opt.Definitions {
		if d.Split != ByAdministration || seen[d.Initiative] {
			continue
		}
		seen[d.Initiative] = true
		for p, class := range classes {
			of := Definition{Initiative: d.Initiative, ID: PopulationClass}
			out = append(out, of.at(p, float64(class)))
		}
	}
	return out
}

// className returns the name of a place's class, "" where it has none.
func className(classes map[place]int, p place) string {
	class, known := classes[p]
	if !known {
		return ""
	}
	return geo.PopulationClasses()[class].Name
}
