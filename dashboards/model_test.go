package dashboards

import (
	"strings"
	"testing"
	"time"

	"rione/ingest/schema"
)

func TestText(t *testing.T) {
	f := func(want string, l Language, text Text) {
		t.Helper()
		if got := text.In(l); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	f("Aria · Air", "", Text{"Aria", "Air"})
	f("Aria", Italian, Text{"Aria", "Air"})
	f("Air", English, Text{"Aria", "Air"})
	f("Zona", "", Text{"Zona", "Zona"})
	f("Zona", "", Text{It: "Zona"})
}

func TestSpan(t *testing.T) {
	f := func(want string, d time.Duration) {
		t.Helper()
		if got := span(d); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	f("6h", 6*time.Hour)
	f("1d", 24*time.Hour)
	f("90m", 90*time.Minute)
	f("30s", 30*time.Second)
}

// TestEveryUnitIsKnown: a field of a new unit would break Shipped.
func TestEveryUnitIsKnown(t *testing.T) {
	for _, m := range schema.All() {
		for _, f := range m.Fields {
			if _, err := grafanaUnit(f.Unit); err != nil {
				t.Errorf("%s.%s: %v", m.Name, f.Name, err)
			}
		}
	}
}

// TestEveryFieldHasWords: device pages show every field.
func TestEveryFieldHasWords(t *testing.T) {
	for _, k := range deviceKinds() {
		for _, name := range append(k.of, "device") {
			for _, fields := range byUnit(schema.Lookup(name)) {
				for _, f := range fields {
					if _, ok := labels()[f.Name]; !ok {
						t.Errorf("%s.%s has no words in labels.tsv", name, f.Name)
					}
				}
			}
		}
	}
}

func TestPanelsDoNotOverlap(t *testing.T) {
	set := testSet(t)
	for _, r := range set.Resources() {
		if r.Kind != Dashboards {
			continue
		}
		taken := map[[2]int]string{}
		ids := map[int]bool{}
		for _, e := range r.Body["panels"].(list) {
			p := e.(object)
			at, title := p["gridPos"].(object), p["title"].(string)
			if ids[p["id"].(int)] {
				t.Errorf("%s: two panels have the id %v", r.UID, p["id"])
			}
			ids[p["id"].(int)] = true
			for x := at["x"].(int); x < at["x"].(int)+at["w"].(int); x++ {
				for y := at["y"].(int); y < at["y"].(int)+at["h"].(int); y++ {
					if other, ok := taken[[2]int{x, y}]; ok || x >= gridColumns {
						t.Fatalf("%s: %q stands on %q at %d,%d", r.UID, title, other, x, y)
					}
					taken[[2]int{x, y}] = title
				}
			}
		}
	}
}

func TestFlow(t *testing.T) {
	var f flow
	at := func(want box, w, h int) {
		t.Helper()
		if got := f.place(Panel{Kind: Stat, Width: w, Height: h}); got != want {
			t.Errorf("placed at %v, want %v", got, want)
		}
	}
	at(box{0, 0, 16, 16}, 16, 16)
	at(box{16, 0, 8, 8}, 8, 8)
	at(box{16, 8, 8, 8}, 8, 8)   // under its neighbour, beside the tall one
	at(box{0, 16, 12, 8}, 12, 8) // no place left: next line
	at(box{12, 16, 12, 8}, 12, 8)
	f.newLine()
	at(box{0, 24, 6, 4}, 6, 4)
}

// valid returns a small set to be broken.
func valid() Set {
	return Set{
		Label:       "test",
		DataSources: []DataSource{{Name: "city", URL: "http://influx:8086", Database: "city"}},
		Folders:     []Folder{{Name: "f", Title: "F"}},
		Dashboards: []Dashboard{{
			Name: "d", Folder: "f", Database: "city", Range: time.Hour, Title: Text{"D", "D"}, Description: Text{"D", "D"},
			Rows: []Row{{Panels: []Panel{{
				Kind: Stat, Title: Text{"P", "P"}, Description: Text{"P", "P"},
				Queries: []Query{From("wifi_ap").Select(Last("clients"))},
			}}}},
		}},
	}
}

func TestValidate(t *testing.T) {
	set := valid()
	if err := set.Validate(); err != nil {
		t.Fatal(err)
	}
	f := func(want string, spoil func(s *Set, d *Dashboard, p *Panel)) {
		t.Helper()
		s := valid()
		spoil(&s, &s.Dashboards[0], &s.Dashboards[0].Rows[0].Panels[0])
		if err := s.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	f(`label "Rione!"`, func(s *Set, _ *Dashboard, _ *Panel) { s.Label = "Rione!" })
	f("longer than the 40 characters", func(s *Set, d *Dashboard, _ *Panel) {
		s.Label, d.Name = strings.Repeat("l", 20), strings.Repeat("d", 20)
	})
	f("not an http or https URL", func(s *Set, _ *Dashboard, _ *Panel) { s.DataSources[0].URL = "influx:8086" })
	f("give the token apart", func(s *Set, _ *Dashboard, _ *Panel) { s.DataSources[0].URL = "http://a:b@influx" })
	f("names no database", func(s *Set, _ *Dashboard, _ *Panel) { s.DataSources[0].Database = "" })
	f("has no title", func(s *Set, _ *Dashboard, _ *Panel) { s.Folders[0].Title = " " })
	f("two of the set are page f", func(s *Set, d *Dashboard, _ *Panel) { d.Name = "f" })
	f("needs a title", func(_ *Set, d *Dashboard, _ *Panel) { d.Title.En = "" })
	f(`no folder "x"`, func(_ *Set, d *Dashboard, _ *Panel) { d.Folder = "x" })
	f(`no data source "x"`, func(_ *Set, d *Dashboard, _ *Panel) { d.Database = "x" })
	f("no time range", func(_ *Set, d *Dashboard, _ *Panel) { d.Range = 0 })
	f(`panel "P" of d needs a title and a description`, func(_ *Set, _ *Dashboard, p *Panel) { p.Description = Text{} })
	f("on a grid of 24", func(_ *Set, _ *Dashboard, p *Panel) { p.Width = 25 })
	f(`leads to "x"`, func(_ *Set, _ *Dashboard, p *Panel) { p.Links = []Link{{To: "x", Title: Text{"X", "X"}}} })
	f("the list of all x needs a title", func(_ *Set, d *Dashboard, _ *Panel) { d.Links = []Link{{All: "x"}} })
	f("no such variable", func(_ *Set, _ *Dashboard, p *Panel) {
		p.Links = []Link{{To: "d", Title: Text{"D", "D"}, Tags: []string{"zone"}}}
	})
	f("do not show in a cell", func(_ *Set, d *Dashboard, p *Panel) {
		d.Variables = []Variable{{Tag: "zone"}}
		p.Links = []Link{{To: "d", Title: Text{"D", "D"}, Tags: []string{"zone"}}}
	})
	f("do not show in a cell", func(_ *Set, d *Dashboard, p *Panel) {
		d.Variables, p.Queries[0] = []Variable{{Tag: "comune"}}, p.Queries[0].By("comune")
		p.Links = []Link{{To: "d", Title: Text{"D", "D"}, Tags: []string{"comune"}}}
	})
	f("has 0 queries", func(_ *Set, _ *Dashboard, p *Panel) { p.Queries = nil })
	f("draws 0 layers of 1 queries", func(_ *Set, _ *Dashboard, p *Panel) { p.Kind = Geomap })
	f(`needs a column "latitude"`, func(_ *Set, _ *Dashboard, p *Panel) { p.Kind, p.Layers = Geomap, make([]Layer, 1) })
	f(`needs a column "temp_c"`, func(_ *Set, _ *Dashboard, p *Panel) { p.SortBy = "temp_c" })
	f("draws over time", func(_ *Set, _ *Dashboard, p *Panel) { p.Kind = TimeSeries })
	f("draws rows", func(_ *Set, _ *Dashboard, p *Panel) { p.Queries[0] = p.Queries[0].OverTime() })
	f(`has no field "users"`, func(_ *Set, _ *Dashboard, p *Panel) { p.Queries[0] = From("wifi_ap").Select(Last("users")) })
	f("no Grafana unit is known", func(_ *Set, _ *Dashboard, p *Panel) {
		p.Queries[0] = From("wifi_ap").Select(Last("clients").In("parsec"))
	})
}

func TestLanguagesAndNames(t *testing.T) {
	set, err := Shipped(Config{InfluxURL: "http://influx:8086", Language: English, Label: "rione-roma"})
	if err != nil {
		t.Fatal(err)
	}
	var last Resource
	for _, r := range set.Resources() {
		if strings.HasSuffix(r.UID, "bin-device") {
			last = r
		}
	}
	if last.UID != "rione-roma_bin-device" || last.Title != "Container" || last.Folder != "rione-roma_folder-devices" {
		t.Errorf("%s %q in %s", last.UID, last.Title, last.Folder)
	}
	if _, err := Shipped(Config{InfluxURL: "influx"}); err == nil {
		t.Error("a set without a store is shipped")
	}
}
