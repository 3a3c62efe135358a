package dashboards

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func parsed(t *testing.T, text string) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestDifferences(t *testing.T) {
	f := func(kind ResourceKind, live, want string, paths ...string) {
		t.Helper()
		found := differences(Resource{Kind: kind, Body: parsed(t, want)}, Resource{Kind: kind, Body: parsed(t, live)})
		got := []string{}
		for _, d := range found {
			got = append(got, d.Path)
		}
		if len(got) != len(paths) || len(paths) > 0 && !reflect.DeepEqual(got, paths) {
			t.Errorf("live %s, want %s: differs at %v, not %v", live, want, got, paths)
		}
	}
	same := func(kind ResourceKind, live, want string) {
		t.Helper()
		f(kind, live, want)
	}
	same(Dashboards, `{"title":"a"}`, `{"title":"a"}`)
	f(Dashboards, `{"title":"b"}`, `{"title":"a"}`, "title")
	f(Dashboards, `{"title":"a","extra":1}`, `{"title":"a"}`, "extra")
	f(Dashboards, `{}`, `{"title":"a"}`, "title")
	f(Dashboards, `{"b":1,"a":1}`, `{"a":2,"b":2}`, "a", "b")

	// What Grafana counts and adds.
	same(Dashboards, `{"id":7,"version":3,"schemaVersion":41,"rioneApplied":"x"}`, `{"schemaVersion":42}`)
	same(Dashboards, `{"liveNow":false,"gnetId":null,"links":[],"time":{},"weekStart":""}`, `{}`)
	same(Dashboards, `{}`, `{"preload":false,"timepicker":{},"refresh":""}`)
	same(DataSources, `{"id":1,"orgId":1,"typeLogoUrl":"x","version":2,"isDefault":true,"url":"u"}`, `{"url":"u"}`)
	same(Folders, `{"url":"/f","version":2,"title":"t"}`, `{"title":"t"}`)
	same(AlertGroups, `{"rules":[{"id":1,"orgID":1,"updated":"x","provenance":"api","title":"t"}]}`, `{"rules":[{"title":"t"}]}`)
	same(ContactPoints, `{"provenance":"api","name":"n"}`, `{"name":"n"}`)

	// Variables: the choice is people's, the query is ours.
	same(Dashboards, `{"templating":{"list":[{"skipUrlSync":false,"current":{"text":"x"},"options":[1]}]}}`,
		`{"templating":{"list":[{"skipUrlSync":false,"current":{},"options":[]}]}}`)
	f(Dashboards, `{"templating":{"list":[{"skipUrlSync":false,"query":"b"}]}}`,
		`{"templating":{"list":[{"skipUrlSync":false,"query":"a"}]}}`, "templating.list[0].query")

	// Panels are told apart by id; their options count.
	f(Dashboards, `{"panels":[{"id":2,"title":"b"},{"id":1,"title":"a","options":{"x":1}}]}`,
		`{"panels":[{"id":1,"title":"a","options":{"x":2}},{"id":2,"title":"b"}]}`, `panels["a"].options.x`)
	same(Dashboards, `{"panels":[{"id":1,"pluginVersion":"12.4.1"}]}`, `{"panels":[{"id":1,"pluginVersion":"12.4.0"}]}`)

	f(Dashboards, `{"panels":[{"id":1,"title":"a"},{"id":1,"title":"a"}]}`, `{"panels":[{"id":1,"title":"a"}]}`, `panels["a"]`)

	// The first threshold has no beginning.
	same(Dashboards, `{"thresholds":{"steps":[{"color":"c","value":0}]}}`, `{"thresholds":{"steps":[{"color":"c","value":null}]}}`)
	f(Dashboards, `{"thresholds":{"steps":[{"color":"c","value":0},{"color":"d","value":2}]}}`,
		`{"thresholds":{"steps":[{"color":"c","value":null},{"color":"d","value":3}]}}`, "thresholds.steps[1].value")

	// A list that became shorter or another type.
	f(Dashboards, `{"tags":["a"]}`, `{"tags":["a","b"]}`, "tags[1]")
	f(Dashboards, `{"tags":"a"}`, `{"tags":["a"]}`, "tags")
}

func TestComparingChangesNothing(t *testing.T) {
	text := `{"panels":[{"id":1,"fieldConfig":{"defaults":{"thresholds":{"steps":[{"color":"c","value":null}]}}}}]}`
	want := Resource{Kind: Dashboards, Body: parsed(t, text)}
	differences(want, Resource{Kind: Dashboards, Body: parsed(t, text)})
	if !reflect.DeepEqual(want.Body, parsed(t, text)) {
		t.Errorf("comparing made it %v", want.Body)
	}
}

func TestFolderAndSecretsAreCompared(t *testing.T) {
	want := Resource{Kind: Dashboards, Folder: "ours", Secrets: map[string]string{"b": "x", "a": "y"}}
	found := differences(want, Resource{Kind: Dashboards, Folder: "theirs", Secrets: map[string]string{"a": ""}})
	if len(found) != 2 || found[0].Path != "folder" || found[1].Path != "secureJsonData.b" || found[1].Want == "x" {
		t.Errorf("found %v", found)
	}
}

func TestDifferenceIsShort(t *testing.T) {
	f := func(want string, d Difference) {
		t.Helper()
		if got := d.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	f(`a: "x" → 1`, Difference{Path: "a", Live: "x", Want: 1.0})
	f(`a: (none) → ["è"]`, Difference{Path: "a", Want: []any{"è"}})
	alike := strings.Repeat("SELECT ", 20)
	f(`a: …ELECT SELECT SELECT one" → …ELECT SELECT SELECT "`, Difference{Path: "a", Live: alike + "one", Want: alike})
	f(`a: …ELECT SELECT SELECT `+strings.Repeat("x", 59)+`… → …ELECT SELECT SELECT y"`,
		Difference{Path: "a", Live: alike + strings.Repeat("x", 100), Want: alike + "y"})
	f(`a: (none) → "`+alike[:78]+`…`, Difference{Path: "a", Want: alike})
	if got := (Difference{Path: "a", Live: strings.Repeat("è", 200)}).String(); len([]rune(got)) > 120 || !strings.Contains(got, "…") {
		t.Errorf("%d characters: %s", len([]rune(got)), got)
	}
}

func TestLongPlanIsCut(t *testing.T) {
	c := Change{Action: Update, Kind: Dashboards, UID: "u", Title: "t"}
	for range shownDifferences + 5 {
		c.Differences = append(c.Differences, Difference{Path: "p"})
	}
	text := Plan{Changes: []Change{c, {Action: Delete, Kind: Folders, UID: "f"}, {Action: Create, Kind: Folders, UID: "g"}}}.String()
	for _, want := range []string{"~ dashboard u", "… and 5 more", "- folder f", "+ folder g", "1 to create, 1 to change, 1 to delete"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

// FuzzDifferences: whatever people make of a dashboard, comparing neither
// panics nor finds a difference with itself.
func FuzzDifferences(f *testing.F) {
	f.Add(`{"panels":[{"id":1}],"templating":{"list":[{"skipUrlSync":true}]}}`, `{"panels":[1,null,{"id":[1]}]}`)
	f.Fuzz(func(t *testing.T, a, b string) {
		var live, want map[string]any
		if json.Unmarshal([]byte(a), &live) != nil || json.Unmarshal([]byte(b), &want) != nil {
			return
		}
		differences(Resource{Kind: Dashboards, Body: want}, Resource{Kind: Dashboards, Body: live})
		same := Resource{Kind: Dashboards, Body: want}
		if found := differences(same, same); len(found) > 0 {
			t.Errorf("%s differs from itself: %v", b, found)
		}
	})
}
