package dashboards

import (
	"fmt"
	"net/mail"
	"slices"
	"time"
)

func (v *validation) contact(c Contact) {
	v.unique("contact", c.Name)
	if len(c.Emails) == 0 {
		v.errorf("contact %s has no address", c.Name)
	}
	for _, e := range c.Emails {
		if a, err := mail.ParseAddress(e); err != nil || a.Address != e {
			v.errorf("contact %s: %q is no mail address", c.Name, e)
		}
	}
}

func (v *validation) alerts(g AlertGroup) {
	v.unique("alerts", g.Name)
	if g.Every <= 0 || g.Every%(10*time.Second) != 0 {
		v.errorf("alerts %s: every %s is no multiple of 10 s", g.Name, g.Every)
	}
	if !slices.ContainsFunc(v.set.Folders, func(f Folder) bool { return f.Name == g.Folder }) {
		v.errorf("alerts %s: the set has no folder %q", g.Name, g.Folder)
	}
	for _, a := range g.Alerts {
		v.alert(a)
	}
}

func (v *validation) alert(a Alert) {
	v.unique("alert", a.Name)
	where := fmt.Sprintf("alert %q", a.Name)
	if a.Title.empty() || a.Summary.empty() {
		v.errorf("%s needs a title and a summary in both languages", where)
	}
	if a.Window <= 0 || a.Pending <= 0 || a.Delay < 0 {
		v.errorf("%s needs a window of data and a pending period", where)
	}
	if d := v.set.dashboard(a.Page); d == nil {
		v.errorf("%s: the set has no dashboard %q", where, a.Page)
	} else if d.panelID(a.Panel) == 0 {
		v.errorf("%s: dashboard %s has no panel %q", where, a.Page, a.Panel)
	}
	v.query(where, a.Query)
	if len(a.Query.Columns()) != 1 {
		v.errorf("%s: one column makes the value, its query has %d", where, len(a.Query.Columns()))
	}
	if a.Query.chosen() {
		v.errorf("%s: Grafana knows no variables in alert rules", where)
	}
}

// chosen tells whether the query depends on variables.
func (q Query) chosen() bool {
	hasVariable := func(condition string) bool { return slices.Contains([]byte(condition), '$') }
	return slices.ContainsFunc(q.where, hasVariable) || q.inner != nil && q.inner.chosen() ||
		slices.ContainsFunc(q.beside, Query.chosen)
}
