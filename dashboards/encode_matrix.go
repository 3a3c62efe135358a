package dashboards

import (
	"maps"
	"slices"
)

// matrixOverrides name the corner and the columns of a matrix. Grafana calls
// the corner by both fields.
func (e *encoder) matrixOverrides(p Panel) list {
	m := p.Matrix
	head := e.tagProperties(m.Row, nil)
	if !m.Rows.empty() {
		head[0] = property("displayName", e.text(m.Rows))
	}
	out := list{byName(m.corner(), e.withLinks(head, m.Row, p.Links)...)}
	for _, id := range slices.Sorted(maps.Keys(p.Names)) {
		properties := list{property("displayName", e.text(p.Names[id]))}
		if len(p.Words) > 0 {
			properties = append(properties, colouredCell())
		}
		if f, ok := m.Facets[id]; ok {
			properties = append(properties, e.facetProperties(f)...)
		}
		out = append(out, byName(id, properties...))
	}
	return out
}

// figure is what the values of a matrix are called on their way into it.
const figure = "figure"

// transformations turn rows into a matrix. Grafana calls all columns by what the
// data source named the values, and could not put them in order, so the values go
// in as a field that was computed and has no such name.
func (m *Matrix) transformations() list {
	return list{
		object{"id": "calculateField", "options": object{
			"alias": figure, "mode": "reduceRow", "replaceFields": false,
			"reduce": object{"include": list{m.Value}, "reducer": "lastNotNull"},
		}},
		object{"id": "groupingToMatrix", "options": object{
			"rowField": m.Row, "columnField": m.Column, "valueField": figure, "emptyValue": "null",
		}},
		organize(append([]string{m.Row, m.corner()}, m.Columns...), object{}),
	}
}

// corner is what Grafana calls the field of a matrix's rows: by both tags.
func (m *Matrix) corner() string { return m.Row + "\\" + m.Column }

func (e *encoder) facetProperties(f Facet) list {
	u, _ := grafanaUnit(f.Unit) // Validate reports unknown ones
	out := list{property("unit", u)}
	if len(f.Words) > 0 {
		out = append(out, property("mappings", e.wordMappings(f.Words)), colouredCell())
	}
	if len(f.Steps) > 0 {
		out = append(out, property("thresholds", thresholds(f.Steps)), property("color", object{"mode": "thresholds"}), colouredCell())
	}
	return out
}
