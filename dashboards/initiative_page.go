package dashboards

import (
	"maps"
	"slices"
	"time"
)

// planPrefix begins the name of an initiative's page.
const planPrefix = "plan-"

// initiativePage shows how far an initiative is: its first four indicators,
// all of them against baseline and target, where they are reached, and since
// when.
func initiativePage(i Initiative) Dashboard {
	d := Dashboard{
		Name: planPrefix + i.ID, Folder: folderPlans, Title: i.Title, Description: i.Description,
		Range: 30 * 24 * time.Hour, Tags: []string{tagInitiative},
		Public: i.Public,
	}
	if len(i.Domains) > 0 {
		d.Links = append(d.Links, Link{To: impactPrefix + i.ID})
	}
	for _, p := range i.Pages {
		d.Links = append(d.Links, Link{To: p})
	}
	d.Deeper = []Link{{To: i.Pages[0]}}
	if i.Split == ByAdministration && !i.Public {
		d.Variables = []Variable{{Tag: "class"}}
	}
	var figures []Panel
	for _, n := range i.OfWhole()[:min(4, len(i.OfWhole()))] {
		figures = append(figures, i.figure(n))
	}
	d.Rows = []Row{
		{Panels: figures},
		{Title: Text{"Risultati e obiettivi", "Results and targets"}, Panels: []Panel{i.results(), i.overTime()}},
	}
	if i.DataSets { // these are what it compares, and no places
		d.Rows = append(d.Rows, Row{Title: Text{"Dati aperti", "Open data"}, Panels: append(i.maps(), i.dataSets())})
	} else {
		d.Rows = append(d.Rows, Row{Title: Text{"Dove", "Where"}, Panels: append(i.maps(), i.matrix())})
	}
	if len(i.Progress) > 0 {
		d.Rows = append(d.Rows, Row{Title: Text{"A che punto siamo", "How far we are"}, Panels: i.progress()})
	}
	happened := []Panel{i.events()}
	if i.Split == "comune" {
		happened = []Panel{i.eventsByComune(), i.events()}
	}
	d.Rows = append(d.Rows, Row{Title: Text{"Che cosa è successo", "What happened"}, Panels: happened})
	return d
}

// OfWhole returns the indicators that the whole initiative has: a rank is of one place.
func (i Initiative) OfWhole() []Indicator {
	return slices.DeleteFunc(slices.Clone(i.Indicators), func(n Indicator) bool { return n.Rank != nil })
}

// steps are bad short of the baseline, poor on the way, good at the target.
func (n Indicator) steps() []Step {
	if n.Direction == Down {
		beyond := n.Target + (n.Baseline-n.Target)/1e6 // the target itself is reached
		return []Step{{0, Good}, {beyond, Fair}, {n.Baseline, Bad}}
	}
	return []Step{{0, Bad}, {n.Baseline, Poor}, {n.Target, Good}}
}

// figure shows one indicator of the whole.
func (i Initiative) figure(n Indicator) Panel {
	return Panel{
		Kind: Stat, Title: n.Title, Steps: n.steps(), Queries: []Query{i.query(n)}, Window: i.window(n),
		Description: Text{"Ne risponde: " + n.Owner + ". " + i.Note.It, "Owner: " + n.Owner + ". " + i.Note.En},
		Empty:       Text{"Non ancora misurato", "Not measured yet"},
	}
}

// window: devices tell what is so now, facts stay true until the next one.
func (i Initiative) window(n Indicator) time.Duration {
	if n.Live != nil && !i.Spread {
		return now
	}
	return 0
}

func (i Initiative) query(n Indicator) Query {
	switch {
	case n.Live == nil || i.Spread:
		return From("indicator").Is("initiative", i.ID).Is("id", n.ID).Without(places()...).Select(Last("value").In(n.Unit))
	case n.Live.serves():
		return serving(n.Live.Measurement).OneOf("comune", i.Comuni...).Of().Select(servingShare().As("value").In(n.Unit))
	}
	column, err := n.Live.column()
	if err != nil {
		return Query{}.fail(err)
	}
	return From(n.Live.Measurement).Select(Last(n.Live.Field)).OneOf("comune", i.Comuni...).By("device_id").
		Of().Select(column.In(n.Unit))
}

// places are the tags of what is not of the whole initiative.
func places() []string { return []string{"comune", "zone", "subject"} }

// wholes queries the indicators of the whole, and no other facts.
func (i Initiative) wholes() Query {
	return i.ofWhole(slices.Sorted(maps.Keys(namesOf(i.OfWhole()))))
}

// ofWhole queries some of them.
func (i Initiative) ofWhole(ids []string) Query {
	return From("indicator").Is("initiative", i.ID).OneOf("id", ids...).Without(places()...)
}

// by queries figures of what a tag tells apart.
func (i Initiative) by(tag string, ids []string) Query {
	return From("indicator").Is("initiative", i.ID).OneOf("id", ids...).With(tag).Select(Last("value")).By(tag, "id")
}

func (i Initiative) results() Panel {
	return Panel{
		Kind: Table, Title: Text{"Indicatori", "Indicators"}, Names: i.answered(),
		Description: Text{
			"Valore, partenza, obiettivo, e quanta strada è fatta. " + i.Note.It,
			"Value, baseline, target, and how much of the way is done. " + i.Note.En,
		},
		Queries: []Query{i.wholes().
			Select(Last("value"), Last("baseline"), Last("target"), way(Last)).By("id")},
		Coloured: []string{"way_pct"}, Steps: waySteps(),
		Empty: Text{"Nessun indicatore ancora misurato", "No indicator measured yet"},
	}
}

func (i Initiative) overTime() Panel {
	var series []string
	units := map[string]string{}
	for _, n := range i.OfWhole() {
		series, units[n.ID] = append(series, n.ID), n.Unit
	}
	return Panel{
		Kind: TimeSeries, Title: Text{"Andamento", "Over time"}, Height: 10, Every: 24 * time.Hour, Series: series,
		Names: namesOf(i.Indicators), Units: units,
		Description: Text{"Media giornaliera di ogni indicatore.", "Daily mean of each indicator."},
		Queries: []Query{i.wholes().Select(Mean("value")).By("id").OverTime().
			Legend("$tag_id")},
		Empty: Text{"Nessun indicatore ancora misurato", "No indicator measured yet"},
	}
}

func (i Initiative) maps() []Panel {
	var out []Panel
	for k := range i.Layers {
		out = append(out, i.Layers[k].panel(&i))
	}
	return out
}

func (i Initiative) progress() []Panel {
	var out []Panel
	for k := range i.Progress {
		out = append(out, i.Progress[k].panel(i.ID))
	}
	return out
}

// answered are the titles of the indicators by their ids, with who answers for
// them.
func (i Initiative) answered() map[string]Text {
	out := namesOf(i.Indicators)
	for _, n := range i.Indicators {
		out[n.ID] = Text{n.Title.It + " (" + n.Owner + ")", n.Title.En + " (" + n.Owner + ")"}
	}
	return out
}

// namesOf are the titles of indicators by their ids.
func namesOf(indicators []Indicator) map[string]Text {
	out := map[string]Text{}
	for _, n := range indicators {
		out[n.ID] = n.Title
	}
	return out
}
