package dashboards

import (
	"time"

	"rione/ingest/schema"
)

// What a page shows of the past it takes from windows (rollups), which cost the
// same whatever the number of readings: those of a day, since a month of hours of
// 10,000 devices takes seconds. The row is closed: it asks nothing until somebody
// opens it.
const (
	pastMonth = 30 * 24 * time.Hour
	pastYear  = 365 * 24 * time.Hour
)

// trend is one figure of a domain over the past.
type trend struct {
	title       Text
	measurement string
	fields      []string // of the measurement, each drawn by the statistic
	stat        string   // of the windows, such as schema.StatMean
	fn          func(string) Column
}

func means(title Text, measurement string, fields ...string) trend {
	return trend{title, measurement, fields, schema.StatMean, Mean}
}

func highest(title Text, measurement string, fields ...string) trend {
	return trend{title, measurement, fields, schema.StatMax, Max}
}

// amounts add what was counted, over all devices.
func amounts(title Text, measurement string, fields ...string) trend {
	return trend{title, measurement, fields, schema.StatSum, Sum}
}

// growth adds by how much counters rose, over all devices.
func growth(title Text, measurement string, fields ...string) trend {
	return trend{title, measurement, fields, schema.StatInc, Sum}
}

// shares are of the time in which a state was 1.
func shares(title Text, measurement string, fields ...string) trend {
	return trend{title, measurement, fields, schema.StatOn, Mean}
}

// panel draws the trend over a span, a point for each so many days.
func (t trend) panel(span time.Duration, days int, words Text) Panel {
	q := From(t.measurement).At(schema.Day).For(inPlace()...).Every(time.Duration(days) * 24 * time.Hour)
	for _, f := range t.fields {
		q = q.Select(t.fn(f + "_" + t.stat).As(f))
	}
	return Panel{
		Kind: TimeSeries, Title: Text{t.title.It + ", " + words.It, t.title.En + ", " + words.En}, Window: span,
		Description: Text{
			"Da valori giornalieri, su tutti i dispositivi del luogo. Un giorno compare quando è concluso.",
			"From daily values, over all devices of the place. A day is shown once it is over.",
		},
		Queries: []Query{q},
		Empty:   Text{"Nessun giorno concluso ancora", "No day is over yet"},
	}
}

// history is the closed row with a domain's past month and year.
func history(trends ...trend) Row {
	r := Row{Title: Text{"Il mese e l'anno", "The month and the year"}, Closed: true}
	for _, t := range trends {
		r.Panels = append(r.Panels,
			t.panel(pastMonth, 1, Text{"un mese per giorni", "a month by days"}),
			t.panel(pastYear, 7, Text{"un anno per settimane", "a year by weeks"}))
	}
	return r
}
