package dashboards

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"rione/ingest/schema"
)

// object is a JSON object of Grafana's.
type object = map[string]any

// list is a JSON array of Grafana's.
type list = []any

// Version of Grafana's dashboard schema that is written: the newest that every
// release of Grafana 12 knows. Its first two know no 42 and call a page of that
// version one that they could not migrate; what the later ones do on the way to 42
// changes nothing in our pages. Grafana 10 and 11 read it as it is.
const schemaVersion = 41

// pluginVersion is the version of Grafana whose panel options are written.
const pluginVersion = "12.4.0"

// encoder writes one dashboard of a set.
type encoder struct {
	set       *Set
	dashboard *Dashboard
	nextID    int // of panels, unique within the dashboard
}

// encode returns the dashboard as Grafana's API takes it, with every field
// that a person's save would add, so that such a save is no drift.
func (s *Set) encode(d *Dashboard) object {
	e := &encoder{set: s, dashboard: d}
	return object{
		"annotations":          object{"list": e.annotations()},
		"description":          e.text(d.Description),
		"editable":             true,
		"fiscalYearStartMonth": 0,
		"graphTooltip":         1, // one crosshair through all plots
		"links":                e.dashboardLinks(),
		"panels":               e.rows(),
		"preload":              false,
		"refresh":              refresh(d.Refresh),
		"schemaVersion":        schemaVersion,
		"tags":                 e.tags(),
		"templating":           object{"list": e.variables()},
		"time":                 object{"from": "now-" + span(d.Range), "to": "now"},
		"timepicker":           object{},
		"timezone":             "browser",
		"title":                e.text(d.Title),
		"uid":                  s.UID(d.Name),
		"weekStart":            "monday",
	}
}

func (e *encoder) text(t Text) string { return t.In(e.set.Language) }

// tags returns the label and the dashboard's own tags as Grafana keeps them.
func (e *encoder) tags() list {
	out := list{e.set.Label}
	for _, t := range e.dashboard.Tags {
		out = append(out, t)
	}
	return out
}

func (e *encoder) rows() list {
	var out list
	var f flow
	for _, r := range e.dashboard.Rows {
		head, panels := e.row(r, &f), list{}
		for _, p := range r.Panels {
			panels = append(panels, e.panel(p, f.place(p)))
		}
		f.newLine()
		switch {
		case head == nil:
			out = append(out, panels...)
		case r.Closed: // holds its panels itself
			head["panels"] = panels
			out = append(out, head)
		default:
			out = append(append(out, head), panels...)
		}
	}
	return out
}

// row returns the title of a row, nil for one without.
func (e *encoder) row(r Row, f *flow) object {
	if r.Title.empty() {
		return nil
	}
	return object{
		"collapsed": r.Closed, "gridPos": f.title().json(), "id": e.id(),
		"panels": list{}, "title": e.text(r.Title), "type": "row",
	}
}

func (e *encoder) id() int { e.nextID++; return e.nextID }

// panelID returns the id that rows gives the first panel of that English title, 0
// when there is none.
func (d *Dashboard) panelID(title string) int {
	id := 0
	for _, r := range d.Rows {
		if !r.Title.empty() {
			id++
		}
		for _, p := range r.Panels {
			if id++; p.Title.En == title {
				return id
			}
		}
	}
	return 0
}

func (e *encoder) source() object { return e.sourceOf(Query{}) }

// sourceOf returns where a query reads: windows have stores of their own.
func (e *encoder) sourceOf(q Query) object {
	return object{"type": "influxdb", "uid": e.set.UID(storeOf(q.Level(), e.dashboard.Database))}
}

// storeOf returns the data source that holds a level.
func storeOf(l schema.Level, readings string) string {
	switch l {
	case schema.Quarter, schema.Hour:
		return "hourly"
	case schema.Day, schema.Month:
		return "daily"
	}
	return readings
}

func (e *encoder) variables() list {
	out := list{}
	for _, v := range e.dashboard.Variables {
		out = append(out, e.variable(v))
	}
	return out
}

func (e *encoder) variable(v Variable) object {
	o := object{
		"allowCustomValue": true, "hide": 0, "label": e.text(label(v.Tag)), "name": variableOf(v.Tag),
		"includeAll": !v.Single, "multi": !v.Single, "options": list{}, "skipUrlSync": false,
		"current": object{"text": "", "value": ""},
	}
	if !v.Single {
		o["allValue"] = e.all(v.Tag)
		o["current"] = object{"text": list{"All"}, "value": list{"$__all"}}
	}
	if v.Tag == "comune" && e.namesComuni() {
		return e.named(o)
	}
	if v.Tag == "class" {
		return e.classed(o)
	}
	query := v.query()
	o["type"], o["datasource"] = "query", e.source()
	o["query"], o["definition"] = query, query
	o["refresh"], o["sort"], o["regex"], o["regexApplyTo"] = 1, 1, "", "value"
	return o
}

// all returns the pattern of what people mean by "all" values of a tag.
func (e *encoder) all(tag string) string {
	if tag == "comune" && len(e.set.Within) > 0 {
		return "(" + strings.Join(e.set.Within, "|") + ")"
	}
	return ".*"
}

// named turns o into a list of comuni by name: InfluxQL knows only their codes.
func (e *encoder) named(o object) object {
	codes := e.set.comuniByName()
	query := ""
	for i, code := range codes {
		if i > 0 {
			query += ", "
		}
		query += strings.ReplaceAll(e.set.Comuni[code], ",", `\,`) + " : " + code
	}
	o["type"], o["query"], o["valuesFormat"] = "custom", query, "csv"
	return o
}

// query returns the InfluxQL that lists the variable's values.
func (v Variable) query() string {
	q := "SHOW TAG VALUES"
	if v.From != "" {
		q += " FROM " + quote(v.From)
	}
	q += " WITH KEY = " + quote(v.Tag)
	for i, t := range v.Within {
		word := " AND "
		if i == 0 {
			word = " WHERE "
		}
		q += word + quote(t) + fmt.Sprintf(" =~ /^${%s:regex}$/", variableOf(t))
	}
	return q
}

// annotations returns Grafana's own list of notes and the dashboard's queries.
func (e *encoder) annotations() list {
	out := list{object{
		"builtIn": 1, "datasource": object{"type": "grafana", "uid": "-- Grafana --"},
		"enable": true, "hide": true, "iconColor": sky, "name": "Annotations & Alerts", "type": "dashboard",
	}}
	for _, a := range e.dashboard.Annotations {
		out = append(out, object{
			"datasource": e.source(), "enable": true, "hide": false, "iconColor": a.Colour, "name": e.text(a.Title),
			"target": object{ // without it the data source is asked nothing
				"refId": "Anno", "queryType": "tags", "query": a.Query.String(), "fromAnnotations": true,
				"name": e.text(a.Title), "textColumn": a.Column, "tagsColumn": "", "timeEndColumn": "", "titleColumn": "",
				"limit": 100, "matchAny": false, "tags": list{}, "type": "dashboard",
			},
		})
	}
	return out
}

// refresh writes how often Grafana asks again, "" for never.
func refresh(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return span(d)
}

// span writes a duration in the largest whole unit that Grafana knows.
func span(d time.Duration) string {
	for _, u := range []struct {
		length time.Duration
		name   string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "m"}} {
		if d >= u.length && d%u.length == 0 {
			return fmt.Sprint(int64(d/u.length)) + u.name
		}
	}
	return fmt.Sprint(int64(d/time.Second)) + "s"
}

// has tells whether the dashboard lets people choose values of the tag.
func (d *Dashboard) has(tag string) bool {
	return slices.ContainsFunc(d.Variables, func(v Variable) bool { return v.Tag == tag })
}
