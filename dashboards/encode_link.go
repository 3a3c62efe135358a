package dashboards

import (
	"slices"
	"strings"
)

// dashboardLinks returns the links at the top of the page.
func (e *encoder) dashboardLinks() list {
	out := list{}
	for _, l := range e.dashboard.Links {
		o := object{
			"asDropdown": l.All != "", "icon": "dashboard", "includeVars": l.All != "", "keepTime": true, "tags": list{},
			"targetBlank": false, "title": e.linkTitle(l), "tooltip": "", "type": "link", "url": "",
		}
		if l.All != "" {
			o["type"], o["tags"] = "dashboards", list{e.set.Label, l.All}
		} else {
			o["url"] = "/d/" + e.set.UID(l.To) + e.carry(l, true)
		}
		out = append(out, o)
	}
	return out
}

func (e *encoder) linkTitle(l Link) string {
	if l.Title.empty() {
		return e.text(e.set.dashboard(l.To).Title)
	}
	return e.text(l.Title)
}

// carry returns the query string that takes the reader's choice along: of the
// row where the link names tags, else of the variables that both pages have.
// Links at the top of a page get the time range from Grafana itself.
func (e *encoder) carry(l Link, top bool) string {
	var parts []string
	if !top {
		parts = append(parts, "${__url_time_range}")
	}
	target := e.set.dashboard(l.To)
	for _, v := range target.Variables {
		switch {
		case slices.Contains(l.Tags, v.Tag):
			parts = append(parts, "var-"+variableOf(v.Tag)+"="+e.ofRow(v.Tag))
		case e.dashboard.has(v.Tag):
			parts = append(parts, "${"+variableOf(v.Tag)+":queryparam}")
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "?" + strings.Join(parts, "&")
}

// ofRow returns what stands for a row's tag. Grafana puts a mapped value's text
// into a link, and the variable knows comuni by their codes: only the comune's own
// cell still has its code.
func (e *encoder) ofRow(tag string) string {
	if tag == "comune" && e.namesComuni() {
		return "${__value.raw}"
	}
	return "${__data.fields." + tag + "}"
}

// namesComuni tells whether people see comuni by their names.
func (e *encoder) namesComuni() bool { return len(e.set.Comuni) > 0 }

// fromComune returns the links that can only stand in the comune's cells, and
// the others.
func (e *encoder) fromComune(links []Link) (cells, others []Link) {
	for _, l := range links {
		if e.namesComuni() && slices.Contains(l.Tags, "comune") {
			cells = append(cells, l)
		} else {
			others = append(others, l)
		}
	}
	return cells, others
}

// leadsFrom tells whether the rows of a query have what the link takes from them.
func (l Link) leadsFrom(q Query) bool {
	if l.Of != "" && l.Of != q.name() {
		return false
	}
	return !slices.ContainsFunc(l.Tags, func(t string) bool { return !slices.Contains(q.Tags(), t) && !slices.Contains(q.Columns(), t) })
}

// fromAll tells whether the link leads from the rows of every query of the panel.
func (p Panel) fromAll(l Link) bool {
	return !slices.ContainsFunc(p.Queries, func(q Query) bool { return !l.leadsFrom(q) })
}

// linksFromAll returns the links of every value of the panel.
func (e *encoder) linksFromAll(p Panel) []Link {
	_, links := e.fromComune(p.Links)
	return slices.DeleteFunc(links, func(l Link) bool { return !p.fromAll(l) })
}

// linksByQuery returns the links of the rows of each query where the queries of a
// panel give different rows. Grafana would leave ${__data.fields.TAG} as it is in
// the link of a row without that tag. Since 12 it adds these links to those of all
// rows, before it put them in their place.
func (e *encoder) linksByQuery(p Panel) list {
	out := list{}
	_, links := e.fromComune(p.Links)
	if len(e.linksFromAll(p)) == len(links) {
		return out
	}
	for i, q := range p.Queries {
		own := slices.DeleteFunc(slices.Clone(links), func(l Link) bool { return !l.leadsFrom(q) })
		out = append(out, object{
			"matcher":    object{"id": "byFrameRefID", "options": refID(i)},
			"properties": list{property("links", e.dataLinks(own))},
		})
	}
	return out
}

// dataLinks returns the links of a panel's values.
func (e *encoder) dataLinks(links []Link) list {
	out := list{}
	for _, l := range links {
		out = append(out, object{
			"targetBlank": false, "title": e.linkTitle(l), "url": "/d/" + e.set.UID(l.To) + e.carry(l, false),
		})
	}
	return out
}
