package dashboards

import (
	"time"

	"rione/ingest/schema"
)

// What a page shows of the past it takes from windows of places (rollups), which
// cost the same whatever the number of readings and of devices. The row is closed:
// it asks nothing until somebody opens it.
const (
	pastMonth = 30 * 24 * time.Hour
	pastYear  = 365 * 24 * time.Hour
)

// trend is one figure of a domain over the past.
type trend struct {
	title       Text
	measurement string
	fields      []string // of the measurement
	of          func(m *schema.Measurement, field string) Column
}

// means are of all readings of a place, and of states shares of the time in which
// they were 1.
func means(title Text, measurement string, fields ...string) trend {
	return trend{title, measurement, fields, OfPlaces}
}

func highest(title Text, measurement string, fields ...string) trend {
	return statistic(title, measurement, fields, schema.StatMax, Max)
}

// amounts add what was counted, over all devices.
func amounts(title Text, measurement string, fields ...string) trend {
	return statistic(title, measurement, fields, schema.StatSum, Sum)
}

// growth adds by how much counters rose, over all devices.
func growth(title Text, measurement string, fields ...string) trend {
	return statistic(title, measurement, fields, schema.StatInc, Sum)
}

func statistic(title Text, measurement string, fields []string, stat string, fn func(string) Column) trend {
	return trend{title, measurement, fields, func(_ *schema.Measurement, field string) Column {
		return fn(field + "_" + stat).As(field)
	}}
}

// panel draws the trend over a span, a point for each so many days.
func (t trend) panel(span time.Duration, days int, words Text) Panel {
	q := From(t.measurement).Places(schema.Day).For(inPlace()...).Every(time.Duration(days) * 24 * time.Hour)
	for _, f := range t.fields {
		q = q.Select(t.of(schema.Lookup(t.measurement), f))
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
