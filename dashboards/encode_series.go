package dashboards

import "strings"

// seriesOverrides give each series of a plot its name, its unit and its colour.
func (e *encoder) seriesOverrides(p Panel) list {
	out := list{}
	n := 0
	add := func(name string, properties ...any) {
		colour := property("color", object{"fixedColor": seriesColour(n), "mode": "fixed"})
		out = append(out, byName(name, append(properties, colour)...))
		n++
	}
	for _, name := range p.Series {
		if title, ok := p.Names[name]; ok {
			add(name, property("displayName", e.text(title)))
			continue
		}
		add(name)
	}
	for _, q := range p.Queries {
		switch {
		case q.legend == "" && p.Kind == StateTimeline:
			out = append(out, e.stateOverrides(q)...)
		case q.legend == "":
			for _, column := range q.Columns() {
				add(column, property("displayName", e.text(label(column))), property("unit", unit(q, column)))
			}
		case strings.HasSuffix(q.legend, columnLegend):
			for _, value := range q.legendValues() {
				for _, column := range q.Columns() {
					add(value+" "+column, property("displayName", value+" "+e.text(label(column))))
				}
			}
		}
	}
	return out
}

// stateOverrides give each state its own words: the panel's own are those of the
// first.
func (e *encoder) stateOverrides(q Query) list {
	var out list
	for _, column := range q.Columns() {
		out = append(out, byName(column, property("displayName", e.text(label(column))),
			property("mappings", e.mappings(q.column(column).state))))
	}
	return out
}
