package dashboards

import (
	"time"

	"rione/ingest/schema"
)

// ofItself asks what rione tells of itself: a figure, as a column in its unit.
func ofItself(id, column, unit string) Query {
	return From("indicator").Is("initiative", schema.Platform).Is("id", id).Select(Last("value").As(column).In(unit))
}

// itself are figures of rione that the ledger does not have.
func itself() []Panel {
	gauge := func(title, description Text, q Query, steps ...Step) Panel {
		return Panel{Kind: Stat, Title: title, Description: description, Queries: []Query{q}, Steps: steps, Window: now}
	}
	return []Panel{
		gauge(Text{"Journal occupato", "Journal filled"}, Text{
			"Quota del limite del journal. Al 100 % le porte non accettano più nulla; «rione doctor» dice perché si riempie.",
			"Share of the journal's limit. At 100 % doors take nothing more; \"rione doctor\" says why it fills up.",
		}, ofItself(schema.JournalFilled, "journal_pct", "%"), Step{0, Good}, Step{70, Poor}, Step{80, Bad}),
		gauge(Text{"Ritardo dell'elaborazione", "Processing lag"}, Text{
			"Età del messaggio più vecchio non ancora elaborato. Se cresce, il database o un elaboratore è lento o fermo.",
			"Age of the oldest message that is not processed. If it grows, the database or a processor is slow or stopped.",
		}, ofItself(schema.ProcessingLag, "lag_s", "s"), Step{0, Good}, Step{60, Poor}, Step{600, Bad}),
		gauge(Text{"Elaboratori attivi", "Processors running"}, Text{
			"Quota degli elaboratori che lavorano. Sotto il 100 % una parte del journal aspetta; il log dice perché.",
			"Share of the processors that run. Below 100 % a part of the journal waits; the log says why.",
		}, ofItself(schema.ProcessorsUp, "processors_pct", "%"), Step{0, Bad}, Step{100, Good}),
		gauge(Text{"Porte aperte", "Doors open"}, Text{
			"Quota delle porte raggiungibili: quella MQTT e gli abbonamenti a broker esterni. «GET /status» dice quale manca.",
			"Share of the doors that devices can reach: the MQTT door and subscriptions to external brokers. \"GET /status\" says which is missing.",
		}, ofItself(schema.DoorsOpen, "doors_pct", "%"), Step{0, Bad}, Step{100, Good}),
	}
}

// inQuarantine shows what is in quarantine, by reason.
func inQuarantine() Panel {
	names, series := reasons()
	return Panel{
		Kind: TimeSeries, Title: Text{"In quarantena, per motivo", "In quarantine, by reason"}, Stacked: true, Width: gridColumns,
		Every: time.Minute, Series: series, Names: names,
		Description: Text{
			"Messaggi che aspettano un operatore. «rione quarantine list --reason MOTIVO» li mostra e dice che cosa fare.",
			"Messages that wait for an operator. \"rione quarantine list --reason REASON\" shows them and says what to do.",
		},
		Queries: []Query{From("indicator").Is("initiative", schema.Platform).Is("id", schema.QuarantineHeld).
			Select(Last("value").As("messages")).By("subject").OverTime().Fill("previous").Legend("$tag_subject")},
	}
}

// reasons are what people read for the reasons of the quarantine, the frequent ones
// first: there are more of them than colours.
func reasons() (names map[string]Text, order []string) {
	names = map[string]Text{}
	for _, r := range [...][3]string{
		{"unknown_device", "dispositivo ignoto", "unknown device"}, {"not_permitted", "non permesso", "not permitted"},
		{"unparsable", "illeggibile", "unparsable"}, {"empty", "vuoto", "empty"},
		{"no_route", "senza instradamento", "no route"}, {"wrong_type", "tipo errato", "wrong type"},
		{"clock", "orologio errato", "wrong clock"}, {"over_quota", "oltre la quota", "over quota"},
		{"unknown_format", "formato ignoto", "unknown format"}, {"unknown_field", "campo ignoto", "unknown field"},
		{"unknown_unit", "unità ignota", "unknown unit"}, {"bad_tag", "etichetta errata", "bad tag"},
		{"rejected_by_store", "respinto dal database", "rejected by the store"}, {"too_large", "troppo grande", "too large"},
	} {
		names[r[0]] = Text{r[1], r[2]}
		order = append(order, r[0])
	}
	return names, order
}
