package dashboards

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"

	"rione/ingest/schema"
)

func testSet(t *testing.T) Set {
	t.Helper()
	set, err := Shipped(Config{
		InfluxURL: "http://influx:8086", InfluxToken: "reader:secret",
		Comuni: map[string]string{"058091": "Roma", "082053": "Palermo"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// eachPanel calls f for every panel of the set.
func eachPanel(s *Set, f func(d *Dashboard, p Panel)) {
	for i := range s.Dashboards {
		for _, r := range s.Dashboards[i].Rows {
			for _, p := range r.Panels {
				f(&s.Dashboards[i], p)
			}
		}
	}
}

// words returns what stands in double quotes in a query: its identifiers.
func words(query string) []string {
	var out []string
	for i, part := range strings.Split(query, `"`) {
		if i%2 == 1 {
			out = append(out, part)
		}
	}
	return out
}

// TestQueriesNameOnlyTheSchema reads the InfluxQL itself, whatever the builder
// checked before.
func TestQueriesNameOnlyTheSchema(t *testing.T) {
	set := testSet(t)
	eachPanel(&set, func(d *Dashboard, p Panel) {
		for _, q := range p.Queries {
			text := q.String()
			m := schema.LookupAny(q.name())
			if m == nil || strings.Count(text, ` FROM "`) == 0 || strings.Count(text, ` FROM "`) != strings.Count(text, ` FROM "`+m.Name+`"`) {
				t.Errorf("%s: reads something else than %s: %s", p.Title.En, q.name(), text)
				continue
			}
			for _, w := range words(text) {
				known := w == m.Name || m.Field(w) != nil || m.Tag(w) != nil || strings.Contains(text, ` AS "`+w+`"`)
				for _, tag := range schema.CommonTags() {
					known = known || w == tag
				}
				for _, f := range schema.CommonFields() {
					known = known || w == f.Name
				}
				if !known {
					t.Errorf("%s/%s names %q, which %s does not have", d.Name, p.Title.En, w, m.Name)
				}
			}
		}
	})
}

// TestPanelsAreComplete asks what people need of every panel.
func TestPanelsAreComplete(t *testing.T) {
	set := testSet(t)
	eachPanel(&set, func(d *Dashboard, p Panel) {
		where := d.Name + "/" + p.Title.En
		if len(p.Links) == 0 && p.Kind != Markdown {
			t.Errorf("%s leads nowhere", where)
		}
		for _, text := range []Text{p.Title, p.Description, noData(p)} {
			for _, s := range []string{text.It, text.En} {
				if s != strings.TrimSpace(s) || s == "" {
					t.Errorf("%s: text %q", where, s)
				}
			}
		}
		if first := []rune(p.Title.In(Italian))[0]; unicode.IsLower(first) {
			t.Errorf("%s: the title begins small", where)
		}
		for _, q := range p.Queries {
			for _, c := range append(q.Columns(), q.Tags()...) {
				if _, ok := labels()[c]; !ok {
					t.Errorf("%s: people would read %q", where, c)
				}
			}
		}
	})
}

// TestFewPanelsPerScreen: a page that nobody can take in at a glance is no
// dashboard. A screen of 1,080 lines shows about 26 rows of the grid.
func TestFewPanelsPerScreen(t *testing.T) {
	const screen, most, mostOfPage = 26, 12, 16
	set := testSet(t)
	for i := range set.Dashboards {
		e := &encoder{set: &set, dashboard: &set.Dashboards[i]}
		panels, onFirst := 0, 0
		for _, p := range e.rows() {
			if p.(object)["type"] == "row" {
				continue
			}
			panels++
			if at := p.(object)["gridPos"].(object); at["y"].(int)+at["h"].(int) <= screen {
				onFirst++
			}
		}
		for _, r := range e.dashboard.Rows {
			if r.Closed {
				panels += len(r.Panels)
			}
		}
		if panels > mostOfPage || onFirst > most || onFirst == 0 {
			t.Errorf("%s has %d panels, %d of them on the first screen", e.dashboard.Name, panels, onFirst)
		}
	}
}

// TestPanelsAreWrittenComplete asks the same of what Grafana gets, in each
// language.
func TestPanelsAreWrittenComplete(t *testing.T) {
	titles := map[Language]map[string]bool{}
	for _, l := range []Language{Italian, English} {
		set := testSet(t)
		set.Language = l
		titles[l] = map[string]bool{}
		eachPanel(&set, func(d *Dashboard, p Panel) {
			e := &encoder{set: &set, dashboard: d}
			o := e.panel(p, box{})
			titles[l][fmt.Sprint(o["title"])] = true
			if p.Kind == Markdown {
				return
			}
			defaults := o["fieldConfig"].(object)["defaults"].(object)
			inCells, others := e.fromComune(p.Links)
			others = slices.DeleteFunc(others, func(l Link) bool { return len(e.linksByQuery(p)) > 0 && !p.fromAll(l) })
			if o["title"] != p.Title.In(l) || o["description"] != p.Description.In(l) || defaults["noValue"] != noData(p).In(l) || defaults["unit"] == "" {
				t.Errorf("%s: %s/%s is %q: %q, %q, in %q", l, d.Name, p.Title.En, o["title"], o["description"], defaults["noValue"], defaults["unit"])
			}
			if len(inCells)+len(others) == 0 || len(defaults["links"].(list)) != len(others) {
				t.Errorf("%s/%s leads to %v", d.Name, p.Title.En, defaults["links"])
			}
		})
	}
	if len(titles[Italian]) < 60 || len(titles[English]) < 60 || titles[Italian]["Access points heard"] || titles[English]["Access point uditi"] {
		t.Errorf("%d Italian and %d English titles", len(titles[Italian]), len(titles[English]))
	}
}

// TestManyDevicesCostLittle: the store works for each interval of each device,
// and reads all devices anew for each column around an inner query.
func TestManyDevicesCostLittle(t *testing.T) {
	set := testSet(t)
	eachPanel(&set, func(d *Dashboard, p Panel) {
		where := d.Name + "/" + p.Title.En
		for _, q := range p.Queries {
			if q.inner != nil && len(q.columns) > 1 && q.overTime {
				t.Errorf("%s: %d columns around an inner query: give each a query of its own", where, len(q.columns))
			}
			switch over := max(p.Window, d.Range); {
			case p.Kind != TimeSeries || d.has("device_id"):
			case q.interval == 0 && (p.Points < 1 || p.Points > manyDevices):
				t.Errorf("%s: a plot of %d points over many devices", where, p.Points)
			case q.interval > 0 && over/q.interval > 53: // weeks of a year
				t.Errorf("%s: %d intervals of many devices", where, over/q.interval)
			}
		}
		if p.Window == 0 && p.Kind != TimeSeries && p.Kind != StateTimeline && len(p.Queries) > 0 && readsDevices(p.Queries[0]) {
			t.Errorf("%s looks for what is so now in the whole time range", where)
		}
	})
}

// readsDevices tells whether a query reads what devices say, and not the few
// series of ledger, events and indicators.
func readsDevices(q Query) bool {
	m := schema.Lookup(q.name())
	return m != nil && slices.Contains(schema.Rolled(), m)
}
