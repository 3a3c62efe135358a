package app

import "rione/geo"

// classes are those of population in which administrations are compared, by
// the most inhabitants that each has: the ones that ANCI and ISTAT use.
var classes = [...]struct {
	most int
	name string
}{{5_000, "a"}, {10_000, "b"}, {20_000, "c"}, {60_000, "d"}, {250_000, "e"}}

// classOf returns the class of population of a comune, "" where its population
// is not known.
func classOf(comune string) string {
	for _, c := range geo.Comuni() {
		if c.Code != comune || c.Population == 0 {
			continue
		}
		for _, class := range classes {
			if c.Population <= class.most {
				return class.name
			}
		}
		return "f"
	}
	return ""
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
