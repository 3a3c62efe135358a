package dashboards

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Validate returns everything that is wrong with the set, nil when it can be
// applied: names, links that lead nowhere, panels without words, queries that
// the schema does not know.
func (s *Set) Validate() error {
	v := &validation{set: s, seen: map[string]bool{}}
	name := regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,18}[a-z0-9])?$`)
	if !name.MatchString(s.Label) {
		v.errorf("label %q: use 1 to 20 of a-z, 0-9 and -", s.Label)
	}
	v.name = name
	for _, d := range s.DataSources {
		v.dataSource(d)
	}
	for _, f := range s.Folders {
		v.unique("page", f.Name) // Grafana takes folders and dashboards from one space of UIDs
		if strings.TrimSpace(f.Title) == "" {
			v.errorf("folder %s has no title", f.Name)
		}
		v.ownTitle("folder", f.Title)
	}
	for i := range s.Dashboards {
		v.dashboard(&s.Dashboards[i])
	}
	for _, c := range s.Contacts {
		v.contact(c)
	}
	for _, g := range s.Alerts {
		v.alerts(g)
	}
	return errors.Join(v.errs...)
}

// longestUID is how long Grafana lets a UID be.
const longestUID = 40

// validation collects what is wrong.
type validation struct {
	set  *Set
	name *regexp.Regexp
	seen map[string]bool
	errs []error
}

func (v *validation) errorf(format string, args ...any) {
	v.errs = append(v.errs, fmt.Errorf(format, args...))
}

func (v *validation) unique(what, name string) {
	if !v.name.MatchString(name) {
		v.errorf("%s %q: use 1 to 20 of a-z, 0-9 and - in its name", what, name)
	}
	if uid := v.set.UID(name); len(uid) > longestUID {
		v.errorf("%s %q: its UID %s is longer than the %d characters that Grafana takes; shorten the label", what, name, uid, longestUID)
	}
	if key := what + " " + name; v.seen[key] {
		v.errorf("two of the set are %s", key)
	} else {
		v.seen[key] = true
	}
}

func (v *validation) dataSource(d DataSource) {
	v.unique("data source", d.Name)
	if u, err := url.Parse(d.URL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		v.errorf("data source %s: %q is not an http or https URL", d.Name, d.URL)
	} else if u.User != nil {
		v.errorf("data source %s: give the token apart, not within the URL", d.Name)
	}
	if d.Database == "" {
		v.errorf("data source %s names no database", d.Name)
	}
}

// ownTitle: Grafana before 11.3 refuses a second thing of that title in one place.
func (v *validation) ownTitle(what, title string) {
	key := what + " of the title " + title
	if v.seen[key] {
		v.errorf("two of the set are a %s: give them titles that differ", key)
	}
	v.seen[key] = true
}

func (v *validation) dashboard(d *Dashboard) {
	v.unique("page", d.Name)
	v.ownTitle("page in folder "+d.Folder, d.Title.In(v.set.Language))
	if d.Title.empty() || d.Description.empty() {
		v.errorf("dashboard %s needs a title and a description in both languages", d.Name)
	}
	if !slices.ContainsFunc(v.set.Folders, func(f Folder) bool { return f.Name == d.Folder }) {
		v.errorf("dashboard %s: the set has no folder %q", d.Name, d.Folder)
	}
	if !slices.ContainsFunc(v.set.DataSources, func(s DataSource) bool { return s.Name == d.Database }) {
		v.errorf("dashboard %s: the set has no data source %q", d.Name, d.Database)
	}
	if d.Public && len(d.Variables) > 0 {
		v.errorf("dashboard %s is public, and Grafana gives public dashboards no variables", d.Name)
	}
	if d.Range <= 0 {
		v.errorf("dashboard %s shows no time range", d.Name)
	}
	for _, a := range d.Annotations {
		v.query(fmt.Sprintf("annotation %q of %s", a.Title.En, d.Name), a.Query)
	}
	v.links("dashboard "+d.Name, d.Links)
	for _, r := range d.Rows {
		if r.Closed && r.Title.empty() {
			v.errorf("dashboard %s has a closed row without a title", d.Name)
		}
		for _, p := range r.Panels {
			v.panel(d, p)
		}
	}
}

func (v *validation) panel(d *Dashboard, p Panel) {
	where := fmt.Sprintf("panel %q of %s", p.Title.En, d.Name)
	if p.Title.empty() || p.Description.empty() {
		v.errorf("%s needs a title and a description in both languages", where)
	}
	if w, h := p.size(); w < 1 || w > gridColumns || h < 1 {
		v.errorf("%s is %d×%d on a grid of %d columns", where, w, h, gridColumns)
	}
	v.links(where, p.Links)
	v.rowLinks(where, p)
	if (p.Kind == Markdown) != (len(p.Queries) == 0) || len(p.Queries) > 26 {
		v.errorf("%s has %d queries", where, len(p.Queries))
	}
	if p.Kind == Geomap && len(p.Layers) != len(p.Queries) {
		v.errorf("%s draws %d layers of %d queries", where, len(p.Layers), len(p.Queries))
	}
	v.units(where, p)
	for _, q := range p.Queries {
		if q.Level() != p.Queries[0].Level() {
			v.errorf("%s draws %s and %s: a panel reads one level", where, p.Queries[0].Level(), q.Level())
		}
		if store := storeOf(q.Level(), d.Database); !slices.ContainsFunc(v.set.DataSources, func(s DataSource) bool { return s.Name == store }) {
			v.errorf("%s: the set has no data source %q", where, store)
		}
		v.query(where, q)
		v.shape(where, p, q)
	}
}

// units checks those that are not of a column.
func (v *validation) units(where string, p Panel) {
	for name, ucum := range p.Units {
		if _, err := grafanaUnit(ucum); err != nil {
			v.errorf("%s: series %s: %w", where, name, err)
		}
	}
	if p.Matrix != nil {
		v.facets(where, p.Matrix)
	}
}

func (v *validation) facets(where string, m *Matrix) {
	for id, f := range m.Facets {
		if _, err := grafanaUnit(f.Unit); err != nil {
			v.errorf("%s: column %s: %w", where, id, err)
		}
	}
}

// rowLinks checks that the panel's rows have the tags that its links take from
// them, and the comune a cell.
func (v *validation) rowLinks(where string, p Panel) {
	for _, l := range p.Links {
		for _, t := range l.Tags {
			inRows := slices.ContainsFunc(p.Queries, l.leadsFrom)
			if !inRows || t == "comune" && p.Kind != Table && p.Kind != Geomap {
				v.errorf("%s chooses %s on %s, which its rows do not show in a cell", where, t, l.To)
			}
		}
	}
}

func (v *validation) query(where string, q Query) {
	if err := q.Err(); err != nil {
		v.errorf("%s: %w", where, err)
		return
	}
	for _, c := range q.Columns() {
		if _, err := grafanaUnit(q.column(c).unit); err != nil {
			v.errorf("%s: column %s: %w", where, c, err)
		}
	}
}

// shape checks that a query gives the columns that its panel draws.
func (v *validation) shape(where string, p Panel, q Query) {
	if p.plots() && !q.plots() {
		v.errorf("%s draws over time, its query does not", where)
	}
	if !p.plots() && q.plots() {
		v.errorf("%s draws rows, its query gives them over time", where)
	}
	need := slices.Clone(p.Coloured)
	if p.Kind == Geomap {
		need = append(need, "latitude", "longitude")
	}
	if p.SortBy != "" {
		need = append(need, p.SortBy)
	}
	for _, c := range need {
		if !slices.Contains(q.Columns(), c) {
			v.errorf("%s needs a column %q, its query gives %s", where, c, strings.Join(q.Columns(), ", "))
		}
	}
}

// plots tells whether the query, or the one within it whose rows it passes on,
// is over time.
func (q Query) plots() bool { return q.overTime || q.inner != nil && q.passes() && q.inner.plots() }

// passes tells whether the query hands on rows as they are.
func (q Query) passes() bool {
	return !slices.ContainsFunc(q.columns, func(c Column) bool { return c.fn != "" || len(c.terms) > 0 })
}

func (v *validation) links(where string, links []Link) {
	for _, l := range links {
		if l.All != "" {
			if l.Title.empty() {
				v.errorf("%s: the list of all %s needs a title in both languages", where, l.All)
			}
			continue
		}
		target := v.set.dashboard(l.To)
		if target == nil {
			v.errorf("%s leads to %q, which the set does not have", where, l.To)
			continue
		}
		for _, t := range l.Tags {
			if !target.has(t) {
				v.errorf("%s chooses %s on %s, which has no such variable", where, t, l.To)
			}
		}
	}
}
