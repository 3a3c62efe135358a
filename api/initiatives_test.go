package api

import (
	"fmt"
	"testing"
	"time"

	"rione/api/opendata"
)

// twoInitiatives are one that is measured and one of facts.
func twoInitiatives() []Initiative {
	return []Initiative{
		{ID: "roma", Title: opendata.Text{IT: "Roma Smart City", EN: "Roma Smart City"}, Description: opendata.Text{IT: "Risultati", EN: "Results"},
			Comuni: []string{"058091"}, Split: "zone", Licence: "CC-BY-4.0", Indicators: []Indicator{
				{ID: "wifi-up", Title: opendata.Text{IT: "Wi-Fi in servizio", EN: "Wi-Fi in service"}, Unit: "%", Direction: "up", Owner: "Dipartimento", Measured: true, Baseline: 80, Target: 99},
				{ID: "cost-device", Title: opendata.Text{IT: "Costo", EN: "Cost"}, Direction: "down", Owner: "Ragioneria", Baseline: 100, Target: 60},
			}},
		{ID: "venezia", Title: opendata.Text{IT: "Venezia Con.Me", EN: "Venezia Con.Me"}, Comuni: []string{"027042"}, Split: "comune", Indicators: []Indicator{
			{ID: "onboarding", Title: opendata.Text{IT: "Avvio concluso", EN: "Onboarding done"}, Unit: "%", Direction: "up", Owner: "Città metropolitana", Target: 100}}},
	}
}

// figures are the indicators' points as the runner writes them: places first.
func figures(at time.Time) []string {
	line := func(tags, fields string, at time.Time) string {
		return fmt.Sprintf("indicator,%s %s %d", tags, fields, at.UnixNano())
	}
	return []string{
		line(`id=wifi-up,initiative=roma,zone=Municipio\ II`, "value=91,baseline=80,target=99", at),
		line(`id=wifi-up,initiative=roma,zone=Municipio\ I`, "value=97.5,baseline=80,target=99", at),
		line("id=wifi-up,initiative=roma", "value=12,baseline=80,target=99", at.Add(-15*time.Minute)),
		line("id=wifi-up,initiative=roma", "value=94.5,baseline=80,target=99", at.Add(time.Millisecond)),
		line("id=wifi-up,initiative=venezia", "value=1", at),
		line("id=cost-device,initiative=roma", "value=70,target=55", at.Add(-72*time.Hour)), // older than a figure may be
		line("comune=027042,id=onboarding,initiative=venezia", "value=100", at),
		line("id=onboarding,initiative=venezia", "value=40,baseline=5,target=90", at),
	}
}

func TestInitiatives(t *testing.T) {
	store, server := withInflux(t)
	r := newRig(t, demoCity()[:3], store, func(o *Options) { o.Initiatives, o.Dashboards = twoInitiatives(), "https://grafana.example" })
	at := time.Now().Add(-time.Minute).UTC()
	write(t, server, figures(at))

	list := get[InitiativeList](r, "/v1/initiatives")
	if len(list.Initiatives) != 2 || list.Dashboards == "" || list.Initiatives[0].Indicators[0].Value != nil {
		t.Fatalf("%+v", list)
	}
	roma := get[Initiative](r, "/v1/initiatives/roma")
	wifi, cost := roma.Indicators[0], roma.Indicators[1]
	if wifi.Value == nil || *wifi.Value != 94.5 || wifi.Time == nil || !wifi.Time.Equal(at.Add(time.Millisecond)) {
		t.Errorf("the newest of the whole: %+v", wifi)
	}
	if len(wifi.Places) != 2 || wifi.Places[0].Zone != "Municipio I" || wifi.Places[0].Value != 97.5 || wifi.Places[1].Value != 91 {
		t.Errorf("by place: %+v", wifi.Places)
	}
	if cost.Value != nil || cost.Baseline != 100 {
		t.Errorf("an old figure is none: %+v", cost)
	}
	venezia := get[Initiative](r, "/v1/initiatives/venezia").Indicators[0]
	if venezia.Value == nil || *venezia.Value != 40 || venezia.Baseline != 5 || venezia.Target != 90 {
		t.Errorf("a fact brings its own baseline and target: %+v", venezia)
	}
	if len(venezia.Places) != 1 || venezia.Places[0].ComuneName != "Venezia" || venezia.Places[0].Value != 100 {
		t.Errorf("by comune: %+v", venezia.Places)
	}
	if again := twoInitiatives()[1].Indicators[0]; r.o.Initiatives[1].Indicators[0].Value != again.Value || r.o.Initiatives[1].Indicators[0].Target != 100 {
		t.Errorf("answering changed the definition: %+v", r.o.Initiatives[1])
	}
	problemOf(t, r.do(request{path: "/v1/initiatives/atlantide"}), 404)
}

func TestInitiativesWithoutStore(t *testing.T) {
	r := newRig(t, nil, func(o *Options) { o.Initiatives = twoInitiatives() })
	if list := get[InitiativeList](r, "/v1/initiatives"); len(list.Initiatives) != 2 || list.Dashboards != "" {
		t.Errorf("%+v", list)
	}
	problemOf(t, r.do(request{path: "/v1/initiatives/roma"}), 503)
	if list := get[InitiativeList](newRig(t, nil), "/v1/initiatives"); list.Initiatives == nil {
		t.Error("no initiatives are an empty list")
	}
}

// A union of comuni is a place of its own, and a place that several InfluxDBs tell of
// is shown once, with its newest value.
func TestInitiativesOfAdministrations(t *testing.T) {
	store, server := withInflux(t)
	r := newRig(t, demoCity()[:3], store, func(o *Options) { o.Initiatives = twoInitiatives() })
	at := time.Now().Add(-time.Minute).UTC()
	write(t, server, []string{
		fmt.Sprintf(`indicator,class=e,id=onboarding,initiative=venezia,subject=Unione\ dei\ Comuni value=30 %d`, at.UnixNano()),
		fmt.Sprintf("indicator,class=f,comune=027042,id=onboarding,initiative=venezia,subject=Venezia value=70 %d", at.UnixNano()),
		fmt.Sprintf("indicator,id=onboarding,initiative=venezia value=50 %d", at.Add(time.Millisecond).UnixNano()),
	})
	n := get[Initiative](r, "/v1/initiatives/venezia").Indicators[0]
	if n.Value == nil || *n.Value != 50 || len(n.Places) != 2 {
		t.Fatalf("%+v", n)
	}
	if union, own := n.Places[0], n.Places[1]; union.Subject != "Unione dei Comuni" || union.Comune != "" || union.Value != 30 || own.Subject != "Venezia" || own.Value != 70 {
		t.Errorf("by place: %+v", n.Places)
	}
	n.place(IndicatorPlace{Subject: "Unione dei Comuni", Value: 31, Time: at.Add(-time.Hour)})
	n.place(IndicatorPlace{Subject: "Unione dei Comuni", Value: 32, Time: at.Add(time.Hour)})
	if len(n.Places) != 2 || n.Places[0].Value != 32 {
		t.Errorf("told again: %+v", n.Places)
	}
}
