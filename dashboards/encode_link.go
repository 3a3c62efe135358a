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
