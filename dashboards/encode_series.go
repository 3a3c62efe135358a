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
		add(name, e.seriesProperties(p, name)...)
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

// seriesProperties are the title and the unit of a series that a tag names. Grafana
// draws an axis for each unit.
func (e *encoder) seriesProperties(p Panel, name string) list {
	var out list
	if title, ok := p.Names[name]; ok {
		out = append(out, property("displayName", e.text(title)))
	}
	if ucum, ok := p.Units[name]; ok {
		id, _ := grafanaUnit(ucum) // Validate reports unknown ones
		out = append(out, property("unit", id))
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
