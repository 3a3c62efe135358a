package report_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"rione/dashboards"
	"rione/dashboards/report"
)

// answers gives each query the rows of the first key that it holds.
type answers map[string][]report.Row

func (a answers) Rows(_ context.Context, query string) ([]report.Row, error) {
	for key, rows := range a {
		if strings.Contains(query, key) {
			return rows, nil
		}
	}
	return nil, nil
}

func row(id, zone string, at time.Time, value float64) report.Row {
	return report.Row{Tags: map[string]string{"id": id, "zone": zone}, Time: at, Values: map[string]any{"value": value}}
}

func roma(t *testing.T) dashboards.Initiative {
	t.Helper()
	all, err := dashboards.ShippedInitiatives()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range all {
		if i.ID == "roma" {
			return i
		}
	}
	t.Fatal("no initiative roma")
	return dashboards.Initiative{}
}

func read(t *testing.T, s report.Store, l dashboards.Language) (report.Report, string) {
	t.Helper()
	to := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	r, err := report.Read(t.Context(), s, s, report.Options{Initiative: roma(t), Language: l, From: to.AddDate(0, 0, -90), To: to})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := r.Write(&b); err != nil {
		t.Fatal(err)
	}
	return r, b.String()
}

func TestReport(t *testing.T) {
	day := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
	r, page := read(t, answers{
		`GROUP BY time(1d), "id"`: {row("wifi-up", "", day, 93), row("wifi-up", "", day.AddDate(0, 0, 1), 95.5)},
		`GROUP BY "zone", "id"`:   {row("wifi-up", "Municipio I", day, 96), row("noise", "Municipio <II>", day, 61)},
		`GROUP BY "id"`:           {row("wifi-up", "", day, 95.5), row("noise", "", day, 70)},
	}, dashboards.Italian)
	wifi, noise := r.Figures[0], r.Figures[2]
	if *wifi.Value != 95.5 || wifi.Way != 50 || !strings.Contains(string(wifi.Course), "<path") {
		t.Errorf("from 92 to 99, now 95.5: %+v", wifi)
	}
	if *noise.Value != 70 || noise.Way != 0 || noise.Course != "" {
		t.Errorf("worse than the baseline of 65, with no course: %+v", noise)
	}
	if r.Figures[1].Value != nil {
		t.Errorf("not measured: %+v", r.Figures[1])
	}
	if len(r.Places) != 2 || r.Places[1].Name != "Municipio I" && r.Places[0].Name != "Municipio I" {
		t.Errorf("places %+v", r.Places)
	}
	for _, want := range []string{"95,5", "PM2,5 mediano (µg/m³)", "non ancora misurato", "Municipio &lt;II&gt;", `lang="it"`, "01/11/2026", "width:50%"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	for _, bad := range []string{"<script", "http://", "https://", "<II>"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
}

// Administrations stand within their classes of population, and the whole has no rank.
// The page tells the figures domain by domain, each domain once.
func TestReportIsByDomain(t *testing.T) {
	r, page := read(t, answers{}, dashboards.English)
	var headings []string
	for _, f := range r.Figures {
		if f.Heading != "" {
			headings = append(headings, f.Heading)
		}
	}
	if want := []string{"Connectivity", "Air and noise", "Mobility and parking", "Lights and waste"}; !slices.Equal(headings, want) {
		t.Errorf("domains %q, want %q", headings, want)
	}
	at := 0
	for _, h := range append(headings, "Filling of containers") {
		next := strings.Index(page, h)
		if next < at {
			t.Errorf("%s stands at %d, before what comes first", h, next)
		}
		at = next
	}
	if strings.Count(page, `class="domain"`) != len(headings) {
		t.Errorf("%d headings on the page", strings.Count(page, `class="domain"`))
	}
}

func TestReportOfAdministrations(t *testing.T) {
	all, err := dashboards.ShippedInitiatives()
	if err != nil {
		t.Fatal(err)
	}
	o := report.Options{Language: dashboards.English, From: time.Unix(0, 0), To: time.Unix(1, 0)}
	for _, i := range all {
		if i.ID == "anci" {
			o.Initiative = i
		}
	}
	of := func(name, class, id string, value float64) report.Row {
		return report.Row{Tags: map[string]string{"subject": name, "class": class, "id": id}, Values: map[string]any{"value": value}}
	}
	r, err := report.Read(t.Context(), answers{`GROUP BY "subject", "id", "class"`: {
		of("Torino", "f", "wifi-up", 99), of("CELVA", "e", "wifi-up", 90), of("Barletta", "e", "wifi-up", 95), of("Barletta", "e", "wifi-percentile", 75),
		of("Nowhere", "", "wifi-up", 1),
	}}, answers{}, o)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range r.Places {
		names = append(names, p.Name+" "+p.Class)
	}
	if got := strings.Join(names, "; "); got != "Nowhere ; Barletta 60001 to 250000; CELVA 60001 to 250000; Torino over 250000" {
		t.Errorf("places %s", got)
	}
	if len(r.Figures) != 3 || len(r.Columns) != 6 || *r.Places[1].Values[1] != 75 {
		t.Errorf("%d figures, columns %v, values %v", len(r.Figures), r.Columns, r.Places[1].Values)
	}
	var page strings.Builder
	if err := r.Write(&page); err != nil || !strings.Contains(page.String(), "Inhabitants") || !strings.Contains(page.String(), "<td>over 250000</td>") {
		t.Errorf("%v\n%s", err, page.String())
	}
}

func TestEmptyReport(t *testing.T) {
	r, page := read(t, answers{}, dashboards.English)
	if len(r.Places) != 0 || strings.Contains(page, "By place") || strings.Count(page, "not measured yet") != len(r.Figures) {
		t.Errorf("%d places, page\n%s", len(r.Places), page)
	}
}

type broken struct{}

func (broken) Rows(context.Context, string) ([]report.Row, error) {
	return nil, errors.New("store away")
}

func TestReportErrors(t *testing.T) {
	now := time.Now()
	f := func(want string, o report.Options) {
		t.Helper()
		if _, err := report.Read(t.Context(), broken{}, broken{}, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	f("language", report.Options{Initiative: roma(t), Language: "de", From: now.Add(-1), To: now})
	f("ends before", report.Options{Initiative: roma(t), Language: "it", From: now, To: now})
	f("store away", report.Options{Initiative: roma(t), Language: "it", From: now.Add(-time.Hour), To: now})
}
