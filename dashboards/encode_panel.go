package dashboards

import (
	"fmt"
	"slices"
)

func (e *encoder) panel(p Panel, at box) object {
	o := object{
		"description": e.text(p.Description), "fieldConfig": object{"defaults": object{}, "overrides": list{}},
		"gridPos": at.json(), "id": e.id(), "options": e.options(p),
		"pluginVersion": pluginVersion, "title": e.text(p.Title), "type": string(p.Kind),
	}
	if p.Kind == Markdown {
		return o
	}
	o["datasource"] = e.sourceOf(p.Queries[0])
	o["fieldConfig"] = object{"defaults": e.defaults(p), "overrides": e.overrides(p)}
	o["targets"] = e.targets(p)
	if p.Every > 0 {
		o["interval"] = span(p.Every)
	}
	if p.Points > 0 {
		o["maxDataPoints"] = p.Points
	}
	if p.Window > 0 {
		o["timeFrom"] = span(p.Window)
	}
	if t := transformations(p); len(t) > 0 {
		o["transformations"] = t
	}
	return o
}

// refID names the nth query of a panel.
func refID(n int) string { return string(rune('A' + n)) }

// plots tells whether the panel draws series over time; all others take rows.
func (p Panel) plots() bool { return p.Kind == TimeSeries || p.Kind == StateTimeline }

func (e *encoder) targets(p Panel) list {
	format := "table"
	if p.plots() {
		format = "time_series"
	}
	out := list{}
	for i, q := range p.Queries {
		o := object{
			"datasource": e.sourceOf(q), "hide": false, "orderByTime": "ASC", "policy": "default",
			"query": q.String(), "rawQuery": true, "refId": refID(i), "resultFormat": format,
		}
		if p.plots() {
			o["alias"] = q.alias()
		}
		out = append(out, o)
	}
	return out
}

// alias returns the pattern that names the query's series.
func (q Query) alias() string {
	if q.legend == "" {
		return "$col"
	}
	return q.legend
}

// timeField is what Grafana calls the time of a row.
const timeField = "Time"

// transformations hide the time of rows and put columns in order: Grafana
// gives grouped tags in any order.
func transformations(p Panel) list {
	if p.Kind != Table && p.Kind != BarGauge {
		return nil
	}
	if m := p.Matrix; m != nil {
		return m.transformations()
	}
	exclude := object{}
	if p.Queries[0].order == "" { // rows of one moment each keep theirs
		exclude[timeField] = true
	}
	return list{organize(p.shown(), exclude)}
}

// organize puts fields in order and leaves some out.
func organize(fields []string, exclude object) object {
	order := object{}
	for i, f := range fields {
		order[f] = i
	}
	return object{"id": "organize", "options": object{
		"excludeByName": exclude, "includeByName": object{}, "indexByName": order, "renameByName": object{},
	}}
}

// shown returns the columns of a panel of rows, in their order.
func (p Panel) shown() []string {
	q := p.Queries[0]
	var out []string
	if q.order != "" {
		out = append(out, timeField)
	}
	return slices.Concat(out, q.Tags(), q.Columns())
}

// unit returns Grafana's unit of a column. Validate reports unknown ones.
func unit(q Query, column string) string {
	c := q.column(column)
	if c.text {
		return asText
	}
	u, _ := grafanaUnit(c.unit)
	return u
}

func (e *encoder) defaults(p Panel) object {
	first := p.Queries[0]
	o := object{
		"color": e.colour(p), "links": e.dataLinks(e.linksFromAll(p)), "mappings": list{}, // words are of single columns
		"noValue": e.text(noData(p)), "thresholds": thresholds(p.Steps), "unit": unit(first, first.Columns()[0]),
	}
	switch {
	case len(p.Words) > 0:
		o["mappings"] = e.wordMappings(p.Words)
	case p.plots() && first.legend != "":
		o["mappings"] = e.mappings(first.column(first.Columns()[0]).state)
	}
	c := custom(p)
	switch percent := o["unit"] == "percent"; {
	case percent && p.Kind == TimeSeries: // an axis that grows: what is below 0 or above 100 would not be drawn
		o["decimals"], c["axisSoftMin"], c["axisSoftMax"] = 1, 0, 100
	case percent && p.Kind != Table:
		o["min"], o["max"], o["decimals"] = 0, 100, 1
	}
	if c != nil {
		o["custom"] = c
	}
	return o
}

func (e *encoder) colour(p Panel) object {
	switch {
	case len(p.Steps) > 0 && p.Kind != TimeSeries && p.Kind != Table || p.Kind == StateTimeline:
		return object{"mode": "thresholds"}
	case p.Kind == TimeSeries && p.Queries[0].legend != "": // series that nobody could list: each another colour
		return object{"mode": "palette-classic"}
	}
	return object{"mode": "fixed", "fixedColor": blue}
}

// thresholds are never empty: Grafana would put green and red in their place.
func thresholds(steps []Step) object {
	out := list{object{"color": Neutral, "value": nil}}
	for i, s := range steps {
		if i == 0 {
			out = list{object{"color": s.Colour, "value": nil}}
			continue
		}
		out = append(out, object{"color": s.Colour, "value": s.From})
	}
	return object{"mode": "absolute", "steps": out}
}

func (e *encoder) mappings(state string) list {
	if state == "" {
		return list{}
	}
	words := stateWords(state)
	return e.wordMappings(words[:])
}

// wordMappings write words in the place of the values 0, 1, 2, …
func (e *encoder) wordMappings(words []word) list {
	options := object{}
	for i, w := range words {
		options[fmt.Sprint(i)] = object{"color": w.colour, "index": i, "text": e.text(w.text)}
	}
	return list{object{"options": options, "type": "value"}}
}
