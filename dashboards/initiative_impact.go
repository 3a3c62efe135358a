package dashboards

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// impactPrefix begins the name of the page that shows what an initiative has moved.
const impactPrefix = "impact-"

// in returns the indicators of a domain that the whole initiative has.
func (i *Initiative) in(d Domain) []Indicator {
	return slices.DeleteFunc(i.OfWhole(), func(n Indicator) bool { return n.Domain != d.ID })
}

// impactPage shows what the initiative has moved since it began: how much of the way
// from baseline to target is done, domain by domain, over a year and by place. Daily
// figures tell it, which are kept for ever.
func impactPage(i Initiative) Dashboard {
	d := Dashboard{
		Name: impactPrefix + i.ID, Folder: folderPlans, Database: "daily", Public: i.Public,
		Title: Text{i.Title.It + ": impatto", i.Title.En + ": impact"},
		Description: Text{
			"Quanta strada è stata fatta dalla partenza (0 %) all'obiettivo (100 %), dominio per dominio e luogo per luogo. " +
				"Sotto zero si va indietro. Da stampare: «rione dashboards report " + i.ID + "».",
			"How much of the way from baseline (0 %) to target (100 %) is done, domain by domain and place by place. " +
				"Below zero things got worse. To print: \"rione dashboards report " + i.ID + "\".",
		},
		Range: 365 * 24 * time.Hour, Refresh: time.Hour, Tags: []string{tagInitiative},
		Links: []Link{{To: planPrefix + i.ID}}, Deeper: []Link{{To: planPrefix + i.ID}},
		Rows: []Row{{Panels: []Panel{i.wayOfAll()}}},
	}
	for _, domain := range i.Domains {
		d.Rows = append(d.Rows, Row{Title: domain.Title, Panels: []Panel{i.wayOverTime(domain), i.wayByPlace(domain)}})
	}
	return d
}

// way is how much of the way from baseline to target is done, percent.
func way(of func(field string) Column) Column {
	return Ratio(of("value").Less(of("baseline")), of("target").Less(of("baseline"))).As("way_pct")
}

// waySteps colour it.
func waySteps() []Step { return []Step{{-1e9, Bad}, {0, Poor}, {50, Fair}, {100, Good}} }

func (i Initiative) wayOfAll() Panel {
	return Panel{
		Kind: BarGauge, Title: Text{"Strada fatta verso l'obiettivo", "Way done towards the target"}, Width: gridColumns, Height: 8,
		Names: i.answered(), Steps: waySteps(),
		Description: Text{"Ogni indicatore, con chi ne risponde. " + i.Note.It, "Each indicator, with who answers for it. " + i.Note.En},
		Queries:     []Query{i.wholes().Select(way(Last)).By("id")},
		Empty:       Text{"Nessun indicatore ancora misurato", "No indicator measured yet"},
	}
}

func (i Initiative) wayOverTime(d Domain) Panel {
	names := namesOf(i.in(d))
	series := slices.Sorted(maps.Keys(names))
	return Panel{
		Kind: TimeSeries, Title: Text{d.Title.It + ": nel tempo", d.Title.En + ": over time"}, Every: 7 * 24 * time.Hour,
		Series: series, Names: names, Links: []Link{{To: d.Page}},
		Description: Text{"Strada fatta, media settimanale.", "Way done, weekly mean."},
		Queries:     []Query{i.ofWhole(series).Select(way(Mean)).By("id").OverTime().Legend("$tag_id")},
		Empty:       Text{"Nessun indicatore ancora misurato", "No indicator measured yet"},
	}
}

func (i Initiative) wayByPlace(d Domain) Panel {
	names := namesOf(i.in(d))
	ids, facets := slices.Sorted(maps.Keys(names)), map[string]Facet{}
	for _, id := range ids {
		facets[id] = Facet{Unit: "%", Steps: waySteps()}
	}
	return Panel{
		Kind: Table, Title: Text{fmt.Sprintf("%s: per luogo", d.Title.It), d.Title.En + ": by place"}, Names: names, Links: []Link{{To: d.Page}},
		Description: Text{"Strada fatta in ogni luogo, l'ultimo valore.", "Way done in each place, the newest value."},
		Queries: []Query{From("indicator").Is("initiative", i.ID).OneOf("id", ids...).With(i.PlaceTag()).
			Select(way(Last)).By(i.PlaceTag(), "id")},
		Matrix: &Matrix{Row: i.PlaceTag(), Column: "id", Value: "way_pct", Columns: ids, Facets: facets},
		Empty:  Text{"Nessun luogo ancora misurato", "No place measured yet"},
	}
}
