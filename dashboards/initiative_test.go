package dashboards

import (
	"strings"
	"testing"
	"testing/fstest"
)

const goodInitiative = `{
	"id": "prova", "title": {"it": "Prova", "en": "Test"}, "plan": {"it": "Piano", "en": "Plan"},
	"description": {"it": "Prova", "en": "Test"}, "note": {"it": "Nota", "en": "Note"},
	"comuni": ["058091"], "split": "zone", "licence": "CC-BY-4.0", "publication_delay_h": 24, "pages": ["wifi"],
	"indicators": [{
		"id": "up", "title": {"it": "Servizio", "en": "Service"}, "unit": "%", "baseline": 90, "target": 99,
		"direction": "up", "owner": "Ufficio", "live": {"measurement": "wifi_ap", "field": "up", "as": "availability"}
	}]
}`

func load(files map[string]string) ([]Initiative, error) {
	folder := fstest.MapFS{}
	for name, content := range files {
		folder[name] = &fstest.MapFile{Data: []byte(content)}
	}
	return LoadInitiatives(folder)
}

func TestShippedInitiatives(t *testing.T) {
	all, err := ShippedInitiatives()
	if err != nil {
		t.Fatal(err)
	}
	comuni := map[string]int{}
	for _, i := range all {
		comuni[i.ID] = len(i.Comuni)
	}
	if len(all) != 5 || comuni["roma"] != 1 || comuni["palermo"] != 1 || comuni["capannori"] != 1 || comuni["venezia"] < 20 {
		t.Errorf("initiatives and their comuni: %v", comuni)
	}
}

func TestInitiativeFromAFolder(t *testing.T) {
	all, err := load(map[string]string{"prova.json": goodInitiative, "README.md": "not an initiative"})
	if err != nil || len(all) != 1 {
		t.Fatalf("%d initiatives, %v", len(all), err)
	}
	set, err := Shipped(Config{InfluxURL: "http://influx:8086", Initiatives: all})
	if err != nil {
		t.Fatal(err)
	}
	page := set.dashboard("plan-prova")
	if page == nil || set.dashboard("plan-roma") != nil {
		t.Fatal("the folder's initiative does not take the place of the shipped ones")
	}
	want := `SELECT (sum("up") / sum("devices")) * 100 AS "value" FROM (SELECT last("value") AS "up", last("target") AS "devices" ` +
		`FROM "indicator" WHERE $timeFilter AND "initiative" = 'rione' AND "id" = 'wifi_ap' AND "comune" =~ /^(058091)$/ ` +
		`GROUP BY "comune", "zone") WHERE $timeFilter`
	if got := page.Rows[0].Panels[0].Queries[0].String(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestBadInitiatives(t *testing.T) {
	f := func(want, old, replacement string) {
		t.Helper()
		if !strings.Contains(goodInitiative, old) {
			t.Fatalf("%s is not there to be spoilt", old)
		}
		all, err := load(map[string]string{"prova.json": strings.Replace(goodInitiative, old, replacement, 1)})
		if err == nil {
			_, err = Shipped(Config{InfluxURL: "http://influx:8086", Initiatives: all})
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	f("prova.json", "{", "")
	f("unknown field", `"licence"`, `"license"`)
	f(`id "Prova!"`, `"prova"`, `"Prova!"`)
	f("needed in both languages", `"en": "Plan"`, `"en": ""`)
	f("ISTAT code", `"058091"`, `"58091"`)
	f("at least one ISTAT code", `["058091"]`, `[]`)
	f("compare by comune or by zone", `"split": "zone"`, `"split": "region"`)
	f("pages and indicators", `["wifi"]`, `[]`)
	f(`leads to "wlan"`, `["wifi"]`, `["wlan"]`)
	f("a title in both languages and an owner", `"owner": "Ufficio"`, `"owner": ""`)
	f("does not lie in the direction", `"target": 99`, `"target": 89`)
	f(`direction "left"`, `"direction": "up"`, `"direction": "left"`)
	f(`as "mode"`, `"availability"`, `"mode"`)
	f(`has no field "service"`, `"field": "up"`, `"field": "service"`)
	f("no Grafana unit is known", `"unit": "%"`, `"unit": "parsec"`)
}

func TestIndicatorTwice(t *testing.T) {
	all, err := load(map[string]string{"prova.json": goodInitiative})
	if err != nil {
		t.Fatal(err)
	}
	all[0].Indicators = append(all[0].Indicators, all[0].Indicators[0])
	if err := all[0].Validate(); err == nil || !strings.Contains(err.Error(), "given before") {
		t.Errorf("got %v", err)
	}
}

// FuzzInitiative: whatever a folder holds is refused or makes a page.
func FuzzInitiative(f *testing.F) {
	f.Add(goodInitiative)
	f.Fuzz(func(t *testing.T, content string) {
		all, err := load(map[string]string{"fuzz.json": content})
		if err != nil {
			return
		}
		set := Set{Label: "fuzz", Dashboards: []Dashboard{initiativePage(all[0])}}
		if err := set.Validate(); err == nil {
			t.Error("a set without folders, stores and the pages that it leads to is valid")
		}
	})
}
