package dashboards

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"rione/ingest/schema"
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
	at := overridesOf(p, "latitude")
	if at["displayName"] != nil {
		t.Error("the map would not find a renamed latitude")
	}
	if hidden := at["custom.hideFrom"].(object); hidden["tooltip"] != true || hidden["viz"] != false {
		t.Errorf("who points at a marker reads its latitude in the panel's unit: %v", hidden)
	}
}

// TestLinksLeadFromRowsThatHaveTheirTags: Grafana leaves what it cannot resolve as
// it is, and the page would be asked for a device of the name ${__data.fields.device_id}.
func TestLinksLeadFromRowsThatHaveTheirTags(t *testing.T) {
	set := testSet(t)
	e := &encoder{set: &set, dashboard: set.dashboard("city")}
	panel := e.panel(cityMap("comune"), box{})
	if all := member(panel, "fieldConfig", "defaults", "links").(list); len(all) > 0 {
		t.Errorf("every row leads to %v", all)
	}
	for i, want := range []string{"rione_wifi-device", "", "rione_air-device"} {
		var got []string
		for _, o := range panel["fieldConfig"].(object)["overrides"].(list) {
			if m := o.(object)["matcher"].(object); m["id"] != "byFrameRefID" || m["options"] != refID(i) {
				continue
			}
			for _, l := range o.(object)["properties"].(list)[0].(object)["value"].(list) {
				got = append(got, l.(object)["url"].(string))
			}
		}
		if want == "" && len(got) > 0 || want != "" && (len(got) != 1 || !strings.HasPrefix(got[0], "/d/"+want+"?")) {
			t.Errorf("rows of query %s lead to %q, want %s", refID(i), got, want)
		}
	}
	if links := overridesOf(panel, "comune")["links"].(list); len(links) != 1 || !strings.HasPrefix(links[0].(object)["url"].(string), "/d/rione_zone?") {
		t.Errorf("a zone leads to %v", links)
	}
}

// TestTextIsNoNumber: Grafana would show the code 058091 in the panel's unit, as
// 58.1 K.
func TestTextIsNoNumber(t *testing.T) {
	set := testSet(t)
	eachPanel(&set, func(d *Dashboard, p Panel) {
		if p.Kind == Markdown || p.plots() {
			return
		}
		e := &encoder{set: &set, dashboard: d}
		panel := e.panel(p, box{})
		for _, q := range p.Queries {
			for _, tag := range q.Tags() {
				if p.Matrix != nil {
					tag = p.Matrix.corner()
				}
				if got := overridesOf(panel, tag)["unit"]; got != asText {
					t.Errorf("%s/%s shows the tag %s in %v", d.Name, p.Title.En, tag, got)
				}
			}
			for _, column := range q.Columns() {
				if f, err := q.field(column); err == nil && f.Type == schema.Text && overridesOf(panel, column)["unit"] != asText {
					t.Errorf("%s/%s shows the text %s in %v", d.Name, p.Title.En, column, overridesOf(panel, column)["unit"])
				}
			}
		}
	})
}

// TestWordsAreOfOneColumn: one client is not "in service".
func TestWordsAreOfOneColumn(t *testing.T) {
	rows := From("wifi_ap").Select(Last("up"), Last("clients")).By("device_id")
	for _, p := range []Panel{
		{Kind: Table, Queries: []Query{rows}},
		{Kind: Geomap, Queries: []Query{rows.Select(position()...)}, Layers: []Layer{{Shape: Circle}}},
	} {
		o := encoded(t, p)
		if got := member(o, "fieldConfig", "defaults", "mappings").(list); len(got) > 0 {
			t.Errorf("%s: all columns have the words %v", p.Kind, got)
		}
		if overridesOf(o, "up")["mappings"] == nil || overridesOf(o, "clients")["mappings"] != nil {
			t.Errorf("%s: up has %v, clients have %v", p.Kind, overridesOf(o, "up")["mappings"], overridesOf(o, "clients")["mappings"])
		}
	}
	if got := overridesOf(encoded(t, Panel{Kind: Stat, Queries: []Query{From("light").Select(Last("lit"))}}), "lit")["mappings"]; got == nil {
		t.Error("a tile shows a state as a number")
	}
}

// TestStatesOfATimelineHaveTheirOwnWords: a lamp is lit, and its fault is not.
func TestStatesOfATimelineHaveTheirOwnWords(t *testing.T) {
	p := encoded(t, Panel{Kind: StateTimeline, Queries: []Query{From("light").Select(Last("lit"), Last("fault")).OverTime()}})
	for column, want := range map[string]string{"lit": "acceso · lit", "fault": "guasto · fault"} {
		words := overridesOf(p, column)["mappings"].(list)[0].(object)["options"].(object)
		if got := words["1"].(object)["text"]; got != want {
			t.Errorf("1 of %s is called %v", column, got)
		}
	}
	if got := overridesOf(p, "fault")["displayName"]; got != "Guasto · Fault" {
		t.Errorf("the row is called %v", got)
	}
}

// TestIndicatorsHaveAxesOfTheirOwn: Grafana draws one for each unit, and percents
// beside thousands would lie flat.
func TestIndicatorsHaveAxesOfTheirOwn(t *testing.T) {
	_, panel := planPage(t, "capannori", "Over time")
	for series, want := range map[string]string{"lines-up": "percent", "latency": "ms", "speed": "Kbits", "left-out": "short"} {
		if got := overridesOf(panel, series); got["unit"] != want || got["displayName"] == nil {
			t.Errorf("%s is shown as %v, want %s", series, got, want)
		}
	}
	s := valid()
	s.Dashboards[0].Rows[0].Panels[0].Units = map[string]string{"x": "furlong"}
	if err := s.Validate(); err == nil || !strings.Contains(err.Error(), "series x") {
		t.Errorf("a unit that Grafana does not have: %v", err)
	}
}

// TestSharesThatLeaveTheirRangeAreDrawn: the way to a target may go back below 0.
func TestSharesThatLeaveTheirRangeAreDrawn(t *testing.T) {
	share := From("wifi_ap").Select(Availability("up").As("up_pct"))
	plot := encoded(t, Panel{Kind: TimeSeries, Queries: []Query{share.OverTime()}})
	if o := member(plot, "fieldConfig", "defaults").(object); o["min"] != nil || member(o, "custom", "axisSoftMax") != 100 {
		t.Errorf("a plot of a share has the axis %v, %v", o["min"], o["custom"])
	}
	tile := encoded(t, Panel{Kind: Stat, Queries: []Query{share}})
	if o := member(tile, "fieldConfig", "defaults").(object); o["min"] != 0 || o["max"] != 100 {
		t.Errorf("a tile of a share goes from %v to %v", o["min"], o["max"])
	}
}

// TestLogsBeginWithTheTime, under a name that people read.
func TestLogsBeginWithTheTime(t *testing.T) {
	log := encoded(t, Panel{Kind: Table, Queries: []Query{From("event").Select(Raw("text")).Newest(5)}})
	order := log["transformations"].(list)[0].(object)["options"].(object)["indexByName"].(object)
	if order["Time"] != 0 || order["text"] != 1 || overridesOf(log, "Time")["displayName"] != "Ora · Time" {
		t.Errorf("columns %v, time is called %v", order, overridesOf(log, "Time"))
	}
	if now := encoded(t, Panel{Kind: Table, Queries: []Query{From("air").Select(Last("pm10_ugm3")).By("comune")}}); len(overridesOf(now, "Time")) > 0 {
		t.Error("a time that nobody sees has a name")
	}
}

// TestMarksHaveATitle: without another column than the text, Grafana shows the time
// in milliseconds as the title of a mark.
func TestMarksHaveATitle(t *testing.T) {
	for _, d := range testSet(t).Dashboards {
		for _, a := range d.Annotations {
			if c := a.Query.Columns(); len(c) != 2 || c[0] == a.Column || c[1] != a.Column {
				t.Errorf("marks on %s are made of %q", d.Name, c)
			}
		}
	}
	if _, err := RawTag("door").resolve(From("event"), false); err == nil {
		t.Error("a tag that events do not have was taken")
	}
}

// TestBarsAreCalledByTheirRows: a name of the column would be the name of each bar.
func TestBarsAreCalledByTheirRows(t *testing.T) {
	bars := worstComuni()
	bars.Links = nil
	p := encoded(t, bars)
	if got := overridesOf(p, "up_pct"); got["displayName"] != nil || got["unit"] != "percent" {
		t.Errorf("bars are shown as %v", got)
	}
}

// TestSeriesOfPartsDiffer: a device has several bands, and several columns of each.
func TestSeriesOfPartsDiffer(t *testing.T) {
	set := testSet(t)
	set.Language = English
	f := func(page, title, series, wantName string) {
		t.Helper()
		d := set.dashboard(page)
		e := &encoder{set: &set, dashboard: d}
		for _, r := range d.Rows {
			for _, p := range r.Panels {
				if p.Title.En != title || p.Queries[0].legend == "" {
					continue
				}
				o := e.panel(p, box{})
				got := overridesOf(o, series)
				if got["color"] == nil || fmt.Sprint(got["displayName"]) != wantName {
					t.Errorf("%s of %s is shown as %v", series, title, got)
				}
				if mode := member(o, "fieldConfig", "defaults", "color", "mode"); mode != "palette-classic" {
					t.Errorf("%s: series that nobody listed have the colour of %v", title, mode)
				}
				return
			}
		}
		t.Errorf("no plot %s of parts on %s", title, page)
	}
	f("wifi-device", "Channel busy", "5g", "<nil>")
	f("wifi-device", "Noise floor, Transmit power, Clients' signal", "5g noise_dbm", "5g Noise floor")
	f("air-device", "CO", "reference", "<nil>")
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
