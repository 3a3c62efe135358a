package dashboards

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// encoded returns the first panel of a page that shows p, as Grafana gets it.
func encoded(t *testing.T, p Panel, change ...func(*Set)) object {
	t.Helper()
	s := valid()
	p.Title, p.Description = Text{"P", "P"}, Text{"P", "P"}
	s.Dashboards[0].Rows[0].Panels = []Panel{p}
	for _, c := range change {
		c(&s)
	}
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	return s.encode(&s.Dashboards[0])["panels"].(list)[0].(object)
}

func overridesOf(panel object, name string) map[string]any {
	out := map[string]any{}
	for _, e := range panel["fieldConfig"].(object)["overrides"].(list) {
		o := e.(object)
		if o["matcher"].(object)["options"] != name {
			continue
		}
		for _, p := range o["properties"].(list) {
			out[p.(object)["id"].(string)] = p.(object)["value"]
		}
	}
	return out
}

func TestRowsAreTablesAndPlotsAreSeries(t *testing.T) {
	rows := From("wifi_ap").Select(Last("clients")).By("device_id")
	f := func(want string, p Panel) {
		t.Helper()
		target := encoded(t, p)["targets"].(list)[0].(object)
		if target["resultFormat"] != want || target["rawQuery"] != true || target["refId"] != "A" {
			t.Errorf("%s: %v", p.Kind, target)
		}
	}
	f("table", Panel{Kind: Stat, Queries: []Query{rows}})
	f("table", Panel{Kind: Table, Queries: []Query{rows}})
	f("table", Panel{Kind: BarGauge, Queries: []Query{rows}})
	f("table", Panel{Kind: Geomap, Queries: []Query{rows.Select(position()...)}, Layers: []Layer{{Shape: Circle}}})
	f("time_series", Panel{Kind: TimeSeries, Queries: []Query{rows.OverTime()}})
	f("time_series", Panel{Kind: StateTimeline, Queries: []Query{rows.OverTime()}})
}

func TestStatesShowWords(t *testing.T) {
	p := encoded(t, Panel{Kind: Table, Queries: []Query{From("light").Select(Last("power_w"), Last("fault")).By("device_id")}})
	want := list{object{"type": "value", "options": object{
		"0": object{"color": Good, "index": 0, "text": "regolare · fine"},
		"1": object{"color": Bad, "index": 1, "text": "guasto · fault"},
	}}}
	if got := overridesOf(p, "fault")["mappings"]; !reflect.DeepEqual(got, want) {
		t.Errorf("fault is shown as %v", got)
	}
	if got := overridesOf(p, "power_w"); got["unit"] != "watt" || got["mappings"] != nil {
		t.Errorf("power is shown as %v", got)
	}
}

func TestComuniHaveNames(t *testing.T) {
	query := From("wifi_ap").Select(Last("clients")).By("comune")
	p := encoded(t, Panel{Kind: Table, Queries: []Query{query}}, func(s *Set) { s.Comuni = map[string]string{"058091": "Roma"} })
	want := list{object{"type": "value", "options": object{"058091": object{"index": 0, "text": "Roma"}}}}
	if got := overridesOf(p, "comune")["mappings"]; !reflect.DeepEqual(got, want) {
		t.Errorf("comuni are shown as %v", got)
	}
	if got := overridesOf(encoded(t, Panel{Kind: Table, Queries: []Query{query}}), "comune")["mappings"]; got != nil {
		t.Errorf("without names they are shown as %v", got)
	}
}

func TestVariables(t *testing.T) {
	s := valid()
	e := &encoder{set: &s, dashboard: &s.Dashboards[0]}
	v := e.variable(Variable{Tag: "device_id", From: "bin", Within: []string{"comune", "zone"}, Single: true})
	want := `SHOW TAG VALUES FROM "bin" WITH KEY = "device_id" WHERE "comune" =~ /^${comune:regex}$/ AND "zone" =~ /^${zone:regex}$/`
	if v["query"] != want || v["name"] != "device" || v["includeAll"] != false || v["type"] != "query" {
		t.Errorf("device: %v", v)
	}
	if v := e.variable(Variable{Tag: "comune"}); v["allValue"] != ".*" || v["query"] != `SHOW TAG VALUES WITH KEY = "comune"` {
		t.Errorf("comune: %v", v)
	}
	s.Comuni = map[string]string{"082053": "Palermo", "058091": "Roma", "046007": "Capannori"}
	if v := e.variable(Variable{Tag: "comune"}); v["type"] != "custom" || v["query"] != "Capannori : 046007, Palermo : 082053, Roma : 058091" {
		t.Errorf("comune with names: %v", v)
	}
}

func TestLinksCarryTheChoice(t *testing.T) {
	s := valid()
	s.Dashboards[0].Variables = []Variable{{Tag: "comune"}}
	deeper := s.Dashboards[0]
	deeper.Name, deeper.Variables = "deeper", append(place(""), Variable{Tag: "device_id"})
	s.Dashboards = append(s.Dashboards, deeper)
	e := &encoder{set: &s, dashboard: &s.Dashboards[0]}
	f := func(want string, l Link, top bool) {
		t.Helper()
		if got := e.carry(l, top); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	f("?${__url_time_range}&${comune:queryparam}", Link{To: "deeper"}, false)
	f("?${comune:queryparam}", Link{To: "deeper"}, true)
	f("?${__url_time_range}&${comune:queryparam}&var-device=${__data.fields.device_id}",
		Link{To: "deeper", Tags: []string{"device_id"}}, false)
	f("?${__url_time_range}&var-comune=${__data.fields.comune}&var-zone=${__data.fields.zone}",
		Link{To: "deeper", Tags: []string{"comune", "zone"}}, false)
	s.Dashboards[0].Links = []Link{{To: "deeper"}, {All: "x", Title: Text{"X", "X"}}}
	links := e.dashboardLinks()
	if l := links[0].(object); l["title"] != "D" || l["url"] != "/d/test_deeper?${comune:queryparam}" || l["keepTime"] != true {
		t.Errorf("link %v", l)
	}
	if l := links[1].(object); l["type"] != "dashboards" || !reflect.DeepEqual(l["tags"], list{"test", "x"}) {
		t.Errorf("list of pages %v", l)
	}
}

func TestMapLayers(t *testing.T) {
	q := From("wifi_ap").Select(Last("up")).Select(position()...).By("device_id")
	p := encoded(t, Panel{Kind: Geomap, Queries: []Query{q, q}, Layers: []Layer{
		{Title: Text{"A", "A"}, Shape: Circle, Colour: "up"}, {Title: Text{"B", "B"}, Shape: Star},
	}})
	layers := p["options"].(object)["layers"].(list)
	second := layers[1].(object)
	symbol := second["config"].(object)["style"].(object)["symbol"].(object)["fixed"]
	if len(layers) != 2 || symbol != "img/icons/marker/star.svg" ||
		!reflect.DeepEqual(second["filterData"], object{"id": "byRefId", "options": "B"}) ||
		!reflect.DeepEqual(second["location"], object{"latitude": "latitude", "longitude": "longitude", "mode": "coords"}) {
		t.Errorf("layers %v", layers)
	}
	if len(overridesOf(p, "latitude")) > 0 {
		t.Error("the map would not find a renamed latitude")
	}
}

func TestColumnsStandInOrder(t *testing.T) {
	p := encoded(t, Panel{Kind: Table, Queries: []Query{From("air").Select(Last("pm10_ugm3"), Last("pm25_ugm3")).By("comune", "device_id")}})
	organize := p["transformations"].(list)[0].(object)["options"].(object)
	want := object{"comune": 0, "device_id": 1, "pm10_ugm3": 2, "pm25_ugm3": 3}
	if !reflect.DeepEqual(organize["indexByName"], want) || !reflect.DeepEqual(organize["excludeByName"], object{"Time": true}) {
		t.Errorf("organized by %v", organize)
	}
	log := encoded(t, Panel{Kind: Table, Queries: []Query{From("event").Select(Raw("text")).Newest(5)}})
	if got := log["transformations"].(list)[0].(object)["options"].(object)["excludeByName"]; !reflect.DeepEqual(got, object{}) {
		t.Errorf("a log hides %v", got)
	}
}

func TestSeriesHaveColoursThatDiffer(t *testing.T) {
	p := encoded(t, Panel{Kind: TimeSeries, Series: []string{"2g", "5g"}, Queries: []Query{
		From("wifi_radio").Select(Mean("util_pct")).By("band").OverTime().Legend("$tag_band"),
	}})
	a, b := overridesOf(p, "2g")["color"], overridesOf(p, "5g")["color"]
	if a == nil || b == nil || reflect.DeepEqual(a, b) {
		t.Errorf("colours %v and %v", a, b)
	}
	var seen []string
	for n := range 8 {
		if c := seriesColour(n); slices.Contains(seen, c) {
			t.Errorf("colour %d stands twice", n)
		} else {
			seen = append(seen, c)
		}
	}
	if seriesColour(8) != seriesColour(0) {
		t.Error("the palette does not begin again")
	}
}

// TestLinksTakeTheComunesCode: people read names, and Grafana would put them into
// the link; the variable wants the code, which only the comune's own cell has.
func TestLinksTakeTheComunesCode(t *testing.T) {
	f := func(names map[string]string, inCell, inAll int) {
		t.Helper()
		set := testSet(t)
		set.Comuni = names
		e := &encoder{set: &set, dashboard: set.dashboard("city")}
		panel := e.panel(comuniTable(), box{})
		config := panel["fieldConfig"].(object)
		cell, all := 0, len(config["defaults"].(object)["links"].(list))
		for _, o := range config["overrides"].(list) {
			for _, p := range o.(object)["properties"].(list) {
				if p.(object)["id"] == "links" {
					link := p.(object)["value"].(list)[0].(object)["url"].(string)
					if o.(object)["matcher"].(object)["options"] != "comune" || !strings.Contains(link, "var-comune=${__value.raw}") {
						t.Errorf("%v leads to %s", o.(object)["matcher"], link)
					}
					cell++
				}
			}
		}
		if cell != inCell || all != inAll {
			t.Errorf("with %d names %d links in the cell and %d in the row, want %d and %d", len(names), cell, all, inCell, inAll)
		}
	}
	f(map[string]string{"058091": "Roma"}, 1, 0)
	f(nil, 0, 1)
}
