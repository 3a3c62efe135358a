package dashboards

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// pageOf returns a page of the shipped set, in English.
func pageOf(t *testing.T, name string) (*Set, *Dashboard) {
	t.Helper()
	set := testSet(t)
	set.Language = English
	d := set.dashboard(name)
	if d == nil {
		t.Fatalf("there is no page %s", name)
	}
	return &set, d
}

// Roma sees its impact domain by domain and municipio by municipio, over a year, and
// goes from each domain to its page.
func TestImpactIsShownByDomain(t *testing.T) {
	set, d := pageOf(t, "impact-roma")
	if d.Database != "daily" || d.Range != 365*24*time.Hour {
		t.Errorf("it reads %s over %v", d.Database, d.Range)
	}
	var titles []string
	for _, r := range d.Rows[1:] {
		titles = append(titles, r.Title.En)
		for _, p := range r.Panels {
			if len(p.Links) != 1 || set.dashboard(p.Links[0].To) == nil {
				t.Errorf("%s leads to %v", p.Title.En, p.Links)
			}
		}
	}
	if want := []string{"Connectivity", "Air and noise", "Mobility and parking", "Lights and waste"}; !slices.Equal(titles, want) {
		t.Errorf("domains %q, want %q", titles, want)
	}
	const share = `((last("value") - last("baseline")) / (last("target") - last("baseline"))) * 100 AS "way_pct"`
	if q := d.Rows[0].Panels[0].Queries[0].String(); !strings.Contains(q, share) || !strings.Contains(q, `"zone" = ''`) || !strings.Contains(q, `GROUP BY "id"`) {
		t.Errorf("the whole asks %s", q)
	}
	noise := d.Rows[2].Panels
	if q := noise[1].Queries[0].String(); !strings.Contains(q, share) || !strings.Contains(q, `/^(noise|pm25)$/`) || !strings.Contains(q, `GROUP BY "zone", "id"`) {
		t.Errorf("places ask %s", q)
	}
	if q := noise[0].Queries[0].String(); !strings.Contains(q, `mean("value") - mean("baseline")`) || !strings.Contains(q, "time($__interval)") {
		t.Errorf("the course asks %s", q)
	}
	plan := set.dashboard("plan-roma")
	if plan.Links[0].To != "city" || !slices.ContainsFunc(plan.Links, func(l Link) bool { return l.To == "impact-roma" }) {
		t.Errorf("the plan leads to %v", plan.Links)
	}
	if set.dashboard("impact-anci") != nil {
		t.Error("an initiative without domains has a page of its impact")
	}
}

func TestDomainsThatAreWrong(t *testing.T) {
	f := func(want, domains, domain string) {
		t.Helper()
		text := strings.Replace(goodInitiative, `"indicators"`, `"domains": `+domains+`, "indicators"`, 1)
		text = strings.Replace(text, `"unit": "%"`, `"unit": "%", "domain": "`+domain+`"`, 1)
		_, err := load(map[string]string{"prova.json": text})
		if want == "" && err == nil {
			return
		}
		if err == nil || want == "" || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	const a = `{"id": "a", "title": {"it": "A", "en": "A"}, "page": "wifi"}`
	f("", `[`+a+`]`, "a")
	f(`indicator "up" is of domain "b"`, `[`+a+`]`, "b")
	f(`indicator "up" is of domain ""`, `[`+a+`]`, "")
	f(`indicator "up" is of domain "a"`, `[]`, "a")
	f(`domain "a": it is given before`, `[`+a+`, `+a+`]`, "a")
	f(`domain "b": no indicator is of it`, `[`+a+`, `+strings.Replace(a, `"a"`, `"b"`, 1)+`]`, "a")
	f(`it leads to "wlan"`, `[`+strings.Replace(a, "wifi", "wlan", 1)+`]`, "a")
	f("a title in both languages", `[`+strings.Replace(a, `"en": "A"`, `"en": ""`, 1)+`]`, "a")
}
