package rollup

import (
	"slices"

	"rione/ingest/schema"
)

// layout says where in a row of an answer stands what windows are made of. 0 is
// the place of the time, and stands for what the row has not.
type layout struct {
	names    []string
	fields   []int   // of each column of the plan, in rows of readings
	stats    [][]int // of each column, one a statistic, in rows of windows
	weight   int
	lat, lon int
}

func (p *plan) layoutOf(names []string) layout {
	at := func(name string) int { return max(0, slices.Index(names, name)) }
	l := layout{names: slices.Clone(names), lat: at("lat"), lon: at("lon")}
	if p.weight != "" {
		l.weight = at(p.weight)
	}
	for _, c := range p.columns {
		l.fields = append(l.fields, at(c.name))
		var stats []int
		for _, stat := range c.fold.Stats() {
			stats = append(stats, at(c.name+"_"+stat))
		}
		l.stats = append(l.stats, stats)
	}
	return l
}

// counted tells whether a column of the counts is of readings; the air quality
// index counts hours.
func counted(column string) bool {
	return column != "time" && column != schema.AirIndex+"_"+schema.StatN
}
