package dashboards

import (
	"maps"
	"slices"
)

func byName(name string, properties ...any) object {
	return object{"matcher": object{"id": "byName", "options": name}, "properties": properties}
}

// colouredCell fills a cell with its colour: Grafana chooses black or white for the
// text, while yellow text could not be read on a white page.
func colouredCell() object {
	return property("custom.cellOptions", object{"mode": "basic", "type": "color-background"})
}

func property(id string, value any) object { return object{"id": id, "value": value} }

// overrides say what single columns or series look like.
func (e *encoder) overrides(p Panel) list {
	out := list{}
	if p.plots() {
		return append(out, e.seriesOverrides(p)...)
	}
	if p.Matrix != nil {
		return e.matrixOverrides(p)
	}
	out = append(out, e.linksByQuery(p)...)
	for _, q := range p.Queries {
		if q.order != "" {
			out = append(out, byName(timeField, property("displayName", e.text(label(timeField)))))
		}
		for _, tag := range q.Tags() {
			properties := e.tagProperties(tag, p.Names)
			out = append(out, byName(tag, e.withLinks(properties, tag, p.Links)...))
		}
		for _, column := range q.Columns() {
			properties := e.columnProperties(p, q, column)
			if q.inner == nil && q.hasTag(column) {
				properties = e.withLinks(e.tagProperties(column, p.Names), column, p.Links)
			}
			out = append(out, byName(column, properties...))
		}
	}
	return out
}

// withLinks adds to the properties of a tag's cells the links that can only stand there.
func (e *encoder) withLinks(properties list, tag string, links []Link) list {
	if cells, _ := e.fromComune(links); tag == "comune" && len(cells) > 0 {
		return append(properties, property("links", e.dataLinks(cells)))
	}
	return properties
}

// tagProperties say that a tag is text: Grafana would show the code 058091 as
// 58.1 K.
func (e *encoder) tagProperties(tag string, names map[string]Text) list {
	out := list{property("displayName", e.text(label(tag))), property("unit", asText)}
	if tag == "id" && len(names) > 0 {
		out = append(out, property("mappings", e.names(names)))
	}
	if tag == "zone" {
		out = append(out, property("mappings", list{object{"type": "special", "options": object{
			"match": "empty", "result": object{"index": 0, "text": e.text(Text{"senza zona", "no zone"})},
		}}}))
	}
	if tag == "comune" && e.namesComuni() {
		out = append(out, property("mappings", e.comuneNames()))
	}
	return out
}

func (e *encoder) columnProperties(p Panel, q Query, column string) list {
	if column == "latitude" || column == "longitude" { // the map finds them by these names
		return list{property("custom.hideFrom", object{"legend": false, "tooltip": true, "viz": false})}
	}
	var out list
	if p.Kind != BarGauge { // whose bars are called by the row's tags only without a name
		out = append(out, property("displayName", e.text(label(column))))
	}
	out = append(out, property("unit", unit(q, column)))
	if state := q.column(column).state; state != "" {
		out = append(out, property("mappings", e.mappings(state)))
		if p.Kind == Table {
			out = append(out, colouredCell())
		}
	}
	if len(p.Words) > 0 {
		out = append(out, colouredCell())
	}
	if slices.Contains(p.Coloured, column) {
		out = append(out,
			colouredCell(),
			property("color", object{"mode": "thresholds"}))
	}
	for _, l := range p.Layers {
		if l.Colour == column && len(l.Steps) > 0 {
			out = append(out,
				property("thresholds", thresholds(l.Steps)), property("color", object{"mode": "thresholds"}))
		}
	}
	return out
}

// comuneNames maps codes to names.
func (e *encoder) comuneNames() list {
	options := object{}
	for i, code := range e.set.comuniByName() {
		options[code] = object{"index": i, "text": e.set.Comuni[code]}
	}
	return list{object{"options": options, "type": "value"}}
}

// names maps the values of a tag to what people read.
func (e *encoder) names(of map[string]Text) list {
	options := object{}
	for i, id := range slices.Sorted(maps.Keys(of)) {
		options[id] = object{"index": i, "text": e.text(of[id])}
	}
	return list{object{"options": options, "type": "value"}}
}
