package app

import (
	"rione/dashboards"
	"rione/devices"
	"rione/geo"
	"rione/ingest/indicator"
)

// classOf returns the class of population of a comune, "" where its population
// is not known.
func classOf(comune string) string {
	c, _ := geo.ComuneByCode(comune)
	class, known := geo.ClassOf(c.Population)
	if !known {
		return ""
	}
	return geo.PopulationClasses()[class].Name
}

// administrationsOf returns those that initiatives compare.
func administrationsOf(initiatives []dashboards.Initiative) []geo.Administration {
	var out []geo.Administration
	for _, i := range initiatives {
		if i.Split == indicator.ByAdministration {
			out = append(out, geo.Administrations(i.ID)...)
		}
	}
	return out
}

// deviceFacts count the devices in service of each administration of an initiative.
func deviceFacts(initiative string, all []*devices.Device) []indicator.Fact {
	perComune := map[string]float64{}
	for _, d := range all {
		if !d.Retired && !d.Pending {
			perComune[d.Current().Comune]++
		}
	}
	var out []indicator.Fact
	for _, a := range geo.Administrations(initiative) {
		f := indicator.Fact{Initiative: initiative, ID: "devices", Subject: a.Name}
		if !a.Union {
			f.Comune = a.Comuni[0]
		}
		for _, code := range a.Comuni {
			f.Value += perComune[code]
		}
		out = append(out, f)
	}
	return out
}

// placeOf returns where a map shows a figure of a comune, or of a zone of it.
func (p *Places) placeOf(comune, zone string) (geo.Point, bool) {
	if zone != "" {
		for _, a := range p.areas() {
			if a.Code == comune && a.Zone == zone {
				return a.Inner()
			}
		}
	}
	return p.Centre(comune)
}
