package dashboards

import (
	"time"

	"rione/ingest/schema"
)

// What a page shows of the past it takes from windows (rollups), which cost the
// same whatever the number of readings. The row is closed: it asks nothing until
// somebody opens it.
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

// panel draws the trend over a span from windows of a level.
func (t trend) panel(l schema.Level, span, window time.Duration, words Text) Panel {
	q := From(t.measurement).At(l).For(inPlace()...).Every(window)
	for _, f := range t.fields {
		q = q.Select(t.fn(f + "_" + t.stat).As(f))
	}
	return Panel{
		Kind: TimeSeries, Title: Text{t.title.It + ", " + words.It, t.title.En + ", " + words.En}, Window: span,
		Description: Text{
			"Da finestre di " + l.String() + ", su tutti i dispositivi del luogo. Compare a finestra conclusa.",
			"From windows of " + l.String() + ", over all devices of the place. Shown once a window is over.",
		},
		Queries: []Query{q},
		Empty:   Text{"Nessuna finestra conclusa ancora", "No window is over yet"},
	}
}

// history is the closed row with a domain's past month and year.
func history(trends ...trend) Row {
	r := Row{Title: Text{"Il mese e l'anno", "The month and the year"}, Closed: true}
	for _, t := range trends {
		r.Panels = append(r.Panels,
			t.panel(schema.Hour, pastMonth, time.Hour, Text{"un mese", "a month"}),
			t.panel(schema.Day, pastYear, 24*time.Hour, Text{"un anno", "a year"}))
	}
	return r
}
