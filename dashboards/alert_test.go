package dashboards

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func withAlert(spoil func(s *Set, g *AlertGroup, a *Alert)) Set {
	s := valid()
	s.Contacts = []Contact{{Name: "ops", Emails: []string{"sala@comune.example", "notte@comune.example"}}}
	s.Alerts = []AlertGroup{{Name: "g", Folder: "f", Every: time.Minute, Alerts: []Alert{{
		Name: "a", Title: Text{"A", "A"}, Summary: Text{"A", "A"}, Query: From("wifi_ap").Select(Last("clients")).By("comune"),
		Compare: Comparison{LastAbove, 5}, Window: time.Hour, Delay: 10 * time.Minute, Pending: 90 * time.Second, Page: "d", Panel: "P",
	}}}}
	spoil(&s, &s.Alerts[0], &s.Alerts[0].Alerts[0])
	return s
}

func TestAlertsAreChecked(t *testing.T) {
	if s := withAlert(func(*Set, *AlertGroup, *Alert) {}); s.Validate() != nil {
		t.Fatal(s.Validate())
	}
	f := func(want string, spoil func(s *Set, g *AlertGroup, a *Alert)) {
		t.Helper()
		s := withAlert(spoil)
		if err := s.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	f("has no address", func(s *Set, _ *AlertGroup, _ *Alert) { s.Contacts[0].Emails = nil })
	f("is no mail address", func(s *Set, _ *AlertGroup, _ *Alert) { s.Contacts[0].Emails[0] = "a;b@c" })
	f("no multiple of 10 s", func(_ *Set, g *AlertGroup, _ *Alert) { g.Every = 15 * time.Second })
	f(`no folder "x"`, func(_ *Set, g *AlertGroup, _ *Alert) { g.Folder = "x" })
	f("needs a title and a summary", func(_ *Set, _ *AlertGroup, a *Alert) { a.Summary.It = "" })
	f("a pending period", func(_ *Set, _ *AlertGroup, a *Alert) { a.Pending = 0 })
	f(`no dashboard "x"`, func(_ *Set, _ *AlertGroup, a *Alert) { a.Page = "x" })
	f(`dashboard d has no panel "x"`, func(_ *Set, _ *AlertGroup, a *Alert) { a.Panel = "x" })
	f("one column makes the value", func(_ *Set, _ *AlertGroup, a *Alert) { a.Query = a.Query.Select(Last("up")) })
	f("knows no variables", func(_ *Set, _ *AlertGroup, a *Alert) { a.Query = a.Query.For("zone") })
	f("knows no variables", func(_ *Set, _ *AlertGroup, a *Alert) { a.Query = a.Query.For("zone").Of().Select(Max("clients")) })
	f("knows no variables", func(_ *Set, _ *AlertGroup, a *Alert) {
		a.Query = Together(a.Query, a.Query.For("zone")).Select(Sum("clients")).By("comune")
	})
	f("two of the set are alert a", func(_ *Set, g *AlertGroup, a *Alert) { g.Alerts = append(g.Alerts, *a) })
	f(`no field "users"`, func(_ *Set, _ *AlertGroup, a *Alert) { a.Query = From("wifi_ap").Select(Last("users")) })
}

func rule(t *testing.T, s Set) map[string]any {
	t.Helper()
	for _, r := range s.Resources() {
		if r.Kind == AlertGroups {
			return r.Body["rules"].(list)[0].(object)
		}
	}
	t.Fatal("the set has no group of alert rules")
	return nil
}

func TestAlertRule(t *testing.T) {
	r := rule(t, withAlert(func(*Set, *AlertGroup, *Alert) {}))
	for key, want := range map[string]any{
		"uid": "test_a", "condition": "C", "noDataState": "OK", "execErrState": "OK", "for": "1m30s",
		"folderUID": "test_f", "ruleGroup": "test_g", "labels": object{"managed_by": "test"},
		"notification_settings": object{"receiver": "test_ops"},
	} {
		if !reflect.DeepEqual(r[key], want) {
			t.Errorf("%s is %v, want %v", key, r[key], want)
		}
	}
	if notes := r["annotations"].(object); notes["__dashboardUid__"] != "test_d" || notes["__panelId__"] != "1" {
		t.Errorf("it leads to %v", notes) // Grafana wants both or none
	}
	ask := r["data"].(list)[0].(object)
	if got := ask["relativeTimeRange"]; !reflect.DeepEqual(got, object{"from": 4200, "to": 600}) {
		t.Errorf("asks for %v", got) // raw seconds, the delay left out at the near end
	}
	if ask["model"].(object)["resultFormat"] != "time_series" {
		t.Error("an alert needs series")
	}
	without := rule(t, withAlert(func(s *Set, _ *AlertGroup, _ *Alert) { s.Contacts = nil }))
	if without["notification_settings"] != nil {
		t.Error("without a contact the organisation's policies decide")
	}
}

// TestOnlyOneRuleTellsOfAnError: a restart of the store would else alarm people as
// often as there are rules, and without a pending period.
func TestOnlyOneRuleTellsOfAnError(t *testing.T) {
	set := testSet(t)
	var raised []string
	for _, r := range set.Resources() {
		if r.Kind != AlertGroups {
			continue
		}
		for _, e := range r.Body["rules"].(list) {
			rule := e.(object)
			switch state := rule["execErrState"]; state {
			case "OK":
			case "Alerting":
				raised = append(raised, rule["uid"].(string))
			default:
				t.Errorf("%v answers an error with %v", rule["uid"], state)
			}
			if state := rule["noDataState"]; state != "OK" {
				t.Errorf("%v answers no data with %v", rule["uid"], state)
			}
		}
	}
	if !reflect.DeepEqual(raised, []string{"rione_store-mute"}) {
		t.Errorf("an error raises %q", raised)
	}
	if a := storeMute(); a.Pending < 5*time.Minute || a.Compare.Kind != LastBelow || a.Compare.Limit > 0 {
		t.Errorf("a restart, or a value, raises %+v", a)
	}
}

func TestComparisons(t *testing.T) {
	f := func(c Comparison, evaluator string, params []float64, refs ...string) {
		t.Helper()
		steps := c.steps()
		var got []string
		for _, s := range steps {
			got = append(got, s["refId"].(string))
		}
		e := steps[len(steps)-1]["conditions"].(list)[0].(object)["evaluator"].(object)
		if e["type"] != evaluator || !reflect.DeepEqual(e["params"], params) || !reflect.DeepEqual(got, refs) {
			t.Errorf("%v: %v, steps %v", c, e, got)
		}
	}
	f(Comparison{LastAbove, 5}, "gt", []float64{5}, "B", "C")
	f(Comparison{LastBelow, 50}, "lt", []float64{50}, "B", "C")
	f(Comparison{LastAwayFrom, 0}, "outside_range", []float64{-0.5, 0.5}, "B", "C")
}

func TestPendingPeriodsAreAsGrafanaWritesThem(t *testing.T) {
	f := func(d time.Duration, want string) {
		t.Helper()
		if got := period(d); got != want {
			t.Errorf("%s is %q, want %q", d, got, want)
		}
	}
	f(40*time.Minute, "40m")
	f(time.Hour, "1h")
	f(90*time.Minute, "1h30m")
	f(90*time.Second, "1m30s")
	f(36*time.Hour, "1d12h")
	f(10*time.Second, "10s")
}

// TestAlertsLeadToTheirPanels: a rule names its panel by the id that the page gives it.
func TestAlertsLeadToTheirPanels(t *testing.T) {
	set := testSet(t)
	for _, g := range set.Alerts {
		for _, a := range g.Alerts {
			d := set.dashboard(a.Page)
			page, err := decoded(set.encode(d))
			if err != nil {
				t.Fatal(err)
			}
			found := ""
			for _, e := range page["panels"].([]any) {
				if p := e.(map[string]any); panelID(p) == float64(d.panelID(a.Panel)) {
					found, _ = p["title"].(string)
				}
			}
			if !strings.HasSuffix(found, a.Panel) || found == "" {
				t.Errorf("%s leads to panel %q of %s, want %q", a.Name, found, a.Page, a.Panel)
			}
		}
	}
}
