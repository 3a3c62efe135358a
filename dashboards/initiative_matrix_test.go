package dashboards

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"rione/geo"
	"rione/ingest/schema"
)

// planPage returns the page of a shipped initiative as Grafana gets it, and its
// panel of that English title.
func planPage(t *testing.T, initiative, title string) (page, panel object) {
	t.Helper()
	set := testSet(t)
	set.Language = English
	d := set.dashboard("plan-" + initiative)
	page = set.encode(d)
	for _, p := range page["panels"].(list) {
		if p.(object)["title"] == title {
			return page, p.(object)
		}
	}
	t.Fatalf("the page of %s has no panel %q", initiative, title)
	return nil, nil
}

func queryOf(panel object) string { return panel["targets"].(list)[0].(object)["query"].(string) }

// Administrations stand in rows, their class of population and each indicator in
// columns, in the order of the initiative; people choose among the classes.
func TestAdministrationsAreCompared(t *testing.T) {
	page, panel := planPage(t, "anci", "Administrations compared")
	query := queryOf(panel)
	for _, want := range []string{`"subject" != ''`, `"class" =~ /^${class:regex}$/`, `GROUP BY "subject", "id"`, "population-class|wifi-up|wifi-percentile|cost-device"} {
		if !strings.Contains(query, want) {
			t.Errorf("no %s in %s", want, query)
		}
	}
	variables := page["templating"].(object)["list"].(list)
	v := variables[0].(object)
	if len(variables) != 1 || v["name"] != "class" || v["type"] != "custom" || v["allValue"] != ".*" ||
		!strings.HasPrefix(v["query"].(string), "up to 5000 : a, 5001 to 10000 : b, ") || !strings.HasSuffix(v["query"].(string), "over 250000 : f") {
		t.Errorf("people choose by %v", v)
	}
	if got, want := columnOrder(panel), []string{"subject", "subject\\id", "population-class", "wifi-up"}; !slices.Equal(got[:4], want) || got[8] != "replicated-percentile" {
		t.Errorf("columns stand as %q", got)
	}
	if head := overridesOf(panel, "subject\\id"); head["displayName"] != "Administration" {
		t.Errorf("rows are called %v", head["displayName"])
	}
	class := overridesOf(panel, "population-class")
	words := class["mappings"].(list)[0].(object)["options"].(object)
	if class["displayName"] != "Class of population" || len(words) != 6 || words["0"].(object)["text"] != "up to 5000" || words["5"].(object)["text"] != "over 250000" {
		t.Errorf("classes are shown as %v", class)
	}
	rank := overridesOf(panel, "wifi-percentile")
	if rank["unit"] != "percent" || rank["color"] == nil || rank["thresholds"] == nil {
		t.Errorf("a rank is shown as %v", rank)
	}
}

// columnOrder returns the fields that a panel's last transformation puts in order.
func columnOrder(panel object) []string {
	steps := panel["transformations"].(list)
	order := steps[len(steps)-1].(object)["options"].(object)["indexByName"].(object)
	return slices.SortedFunc(maps.Keys(order), func(a, b string) int { return order[a].(int) - order[b].(int) })
}

// Grafana calls every column of a matrix by the name that the data source gave the
// values, and then puts none in order: they must be made of a field without one.
func TestColumnsOfAMatrixHaveNames(t *testing.T) {
	_, panel := planPage(t, "anci", "Administrations compared")
	steps := panel["transformations"].(list)
	first, second := steps[0].(object), steps[1].(object)
	if first["id"] != "calculateField" || second["id"] != "groupingToMatrix" || steps[2].(object)["id"] != "organize" || len(steps) != 3 {
		t.Fatalf("transformations are %v", steps)
	}
	made, used := first["options"].(object), second["options"].(object)
	if !reflect.DeepEqual(made["reduce"].(object)["include"], list{"value"}) || made["alias"] != used["valueField"] || used["valueField"] == "value" {
		t.Errorf("of %v come columns of %v", made, used)
	}
}

// A rank is of one administration: no tile and no row of the whole shows one.
func TestTheWholeHasNoRank(t *testing.T) {
	page, results := planPage(t, "anci", "Indicators")
	if query := queryOf(results); strings.Contains(query, "percentile") || !strings.Contains(query, `"subject" = ''`) {
		t.Errorf("results ask %s", query)
	}
	tiles := 0
	for _, p := range page["panels"].(list) {
		if p := p.(object); p["type"] == "stat" {
			tiles++
			if strings.Contains(p["title"].(string), "Rank") {
				t.Errorf("a tile shows %v", p["title"])
			}
		}
	}
	if tiles != 3 {
		t.Errorf("%d tiles, want 3", tiles)
	}
}

// A row for each data set: state, freshness, completeness, licence; and the states
// of interfaces and measures.
func TestDataSetsAreListed(t *testing.T) {
	_, panel := planPage(t, "palermo", "Each data set")
	if query := queryOf(panel); !strings.Contains(query, "dataset-status|dataset-age|dataset-complete|dataset-licence") || panel["timeFrom"] != "1h" {
		t.Errorf("over %v it asks %s", panel["timeFrom"], query)
	}
	if age := overridesOf(panel, "dataset-age"); age["unit"] != "h" || age["displayName"] != "Newest row, hours ago" {
		t.Errorf("the age is shown as %v", age)
	}
	words := overridesOf(panel, "dataset-status")["mappings"].(list)[0].(object)["options"].(object)
	if words["2"].(object)["text"] != "up to date" || words["2"].(object)["color"] != Good || words["0"].(object)["color"] != Bad {
		t.Errorf("states are called %v", words)
	}
	for _, title := range []string{"Interoperability", "Security measures", "Actions of the plan"} {
		planPage(t, "palermo", title)
	}
	page, _ := planPage(t, "palermo", "Indicators")
	if len(page["templating"].(object)["list"].(list)) != 0 {
		t.Error("the page is public, and has variables")
	}
}

// The metropolitan authority sees how many events began in each comune, those of
// security first, and goes on to the comune.
func TestEventsAreCountedByComune(t *testing.T) {
	_, panel := planPage(t, "venezia", "Events by comune")
	query := queryOf(panel)
	for _, want := range []string{`count("severity")`, `"state" = 1`, `"severity" >= 1`, `GROUP BY "comune", "type"`, "027042"} {
		if !strings.Contains(query, want) {
			t.Errorf("no %s in %s", want, query)
		}
	}
	if got, want := columnOrder(panel), []string{"comune", "comune\\type", "access_refused", "isolation"}; !slices.Equal(got[:4], want) {
		t.Errorf("columns stand as %q", got)
	}
	if head := overridesOf(panel, "comune\\type"); !strings.Contains(head["links"].(list)[0].(object)["url"].(string), "/d/rione_comune?") {
		t.Errorf("a comune leads to %v", head["links"])
	}
	if c := overridesOf(panel, "isolation"); c["displayName"] != "Tries across borders" || c["thresholds"] == nil {
		t.Errorf("tries are shown as %v", c)
	}
	for _, title := range []string{"Indicators by place", "Services by comune", "Events"} {
		planPage(t, "venezia", title)
	}
}

// Who reaches a target that is to be gone below stands well, at zero too.
func TestTheTargetItselfIsReached(t *testing.T) {
	f := func(n Indicator, value float64, want string) {
		t.Helper()
		got := ""
		for _, s := range n.steps() {
			if value >= s.From || got == "" {
				got = s.Colour
			}
		}
		if got != want {
			t.Errorf("%v on the way %s from %v to %v is %s, want %s", value, n.Direction, n.Baseline, n.Target, got, want)
		}
	}
	none := Indicator{Baseline: 10, Target: 0, Direction: Down}
	f(none, 0, Good)
	f(none, 1, Fair)
	f(none, 10, Bad)
	f(none, 11, Bad)
	faults := Indicator{Baseline: 5, Target: 1, Direction: Down}
	f(faults, 0.5, Good)
	f(faults, 1, Good)
	f(faults, 1.1, Fair)
	service := Indicator{Baseline: 90, Target: 98, Direction: Up}
	f(service, 80, Bad)
	f(service, 90, Poor)
	f(service, 98, Good)
}

// Comuni in several InfluxDBs: their devices cannot be asked in one query, their
// figures can.
func TestSpreadInitiatives(t *testing.T) {
	all, err := ShippedInitiatives()
	if err != nil {
		t.Fatal(err)
	}
	i := all[slices.IndexFunc(all, func(i Initiative) bool { return i.ID == "roma" })]
	n := i.Indicators[slices.IndexFunc(i.Indicators, func(n Indicator) bool { return n.ID == "pm25" })]
	if q := i.figure(n); q.Queries[0].name() != "air" || q.Window != now {
		t.Errorf("%s over %s", q.Queries[0], q.Window)
	}
	i.Spread = true
	if q := i.figure(n); q.Queries[0].name() != "indicator" || q.Window != 0 || !strings.Contains(q.Queries[0].String(), `"comune" = ''`) {
		t.Errorf("%s over %s", q.Queries[0], q.Window)
	}
}

// The classes that the schema lists are those that there are.
func TestClassesAreTheSchemas(t *testing.T) {
	var names []string
	for _, c := range geo.PopulationClasses() {
		names = append(names, c.Name)
	}
	if got := schema.Lookup("indicator").Tag("class").Values; !reflect.DeepEqual(got, names) {
		t.Errorf("the schema knows %v, there are %v", got, names)
	}
	seen := map[string]bool{}
	for i, w := range classWords() {
		if w.text.empty() || seen[w.colour] || w.text != classTexts()[i] {
			t.Errorf("class %d: %+v", i, w)
		}
		seen[w.colour] = true
	}
}

func TestDerivedIndicatorsThatAreWrong(t *testing.T) {
	f := func(want string, spoil func(i *Initiative)) {
		t.Helper()
		all, err := load(map[string]string{"prova.json": goodInitiative})
		if err != nil {
			t.Fatal(err)
		}
		i := all[0]
		i.Indicators = slices.Clone(i.Indicators)
		spoil(&i)
		if err := i.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	ratio := func(q Quotient, live bool) func(i *Initiative) {
		return func(i *Initiative) {
			i.Indicators[0].Ratio = &q
			if !live {
				i.Indicators[0].Live = nil
			}
		}
	}
	progress := Progress{Title: Text{"P", "P"}, Figure: "down", Things: map[string]Text{"a": {"A", "A"}}, States: []State{
		{Text{"no", "no"}, "bad"}, {Text{"sì", "yes"}, "good"},
	}}
	f(`its figure "down"`, func(i *Initiative) { i.Progress = []Progress{progress} })
	f(`its figure "up"`, func(i *Initiative) { // devices tell it
		i.Progress = []Progress{progress}
		i.Progress[0].Figure = "up"
	})
	f("knows no administration", func(i *Initiative) { i.Split = ByAdministration })
	f(`whole "most"`, func(i *Initiative) { i.Indicators[0].Whole = "most" })
	f("a ratio is of", ratio(Quotient{Of: "cost", Per: "devices"}, true))
	f("a ratio is of", ratio(Quotient{Of: "cost"}, false))
	f("a ratio is of", ratio(Quotient{Of: "up", Per: "devices"}, false))
}

// A unit of a column that Grafana does not know is refused.
func TestFacetsAreChecked(t *testing.T) {
	s := valid()
	s.Dashboards[0].Rows[0].Panels[0].Matrix = &Matrix{Facets: map[string]Facet{"x": {Unit: "parsec"}}}
	if err := s.Validate(); err == nil || !strings.Contains(err.Error(), "column x") {
		t.Errorf("got %v", err)
	}
}
