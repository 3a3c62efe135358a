package dashboards

import "time"

// platformPage is the name of the page that shows the ledger.
const platformPage = "platform"

func platform() Dashboard {
	return Dashboard{
		Name:   platformPage,
		Folder: folderPlatform,
		Title:  Text{"Salute della piattaforma", "Platform health"},
		Description: Text{
			"Ogni messaggio confermato finisce registrato, in parte, doppio, in quarantena o scaduto; mai nel nulla.",
			"Every acked message ends as stored, partial, duplicate, quarantined or expired; never as nothing.",
		},
		Variables: []Variable{{Tag: "comune"}},
		Deeper:    []Link{{To: "comune"}},
		Rows: []Row{
			{Panels: ledgerFigures()},
			{Panels: []Panel{outcomesOverTime(), ackedByDoor(), pointsOverTime(), trouble()}},
			{Title: Text{"Rione stesso", "Rione itself"}, Panels: append(itself(), inQuarantine())},
			{Title: Text{"Dove", "Where"}, Panels: []Panel{ledgerByComune(), suspects()}},
		},
		Range: 6 * time.Hour,
	}
}

// ended adds up what became of messages: how many there were of a comune, since the
// door that acked them does not know the comune.
func ended() Column {
	return Sum("stored").Plus(Sum("partial"), Sum("duplicate"), Sum("quarantined"), Sum("expired")).As("messages")
}

func ledgerFigures() []Panel {
	ledger := From("ledger").For("comune")
	return []Panel{
		{
			Kind: Stat, Title: Text{"Messaggi confermati", "Messages acked"},
			Description: Text{
				"Confermati dalle porte nell'ultima ora, per tutti i comuni.",
				"Acked by the doors within the last hour, for all comuni.",
			},
			Queries: []Query{From("ledger").Select(Sum("acked"))}, Window: now,
		},
		{
			Kind: Stat, Title: Text{"Registrati per intero", "Stored in full"}, Window: now,
			Steps: []Step{{0, Bad}, {90, Poor}, {98, Good}},
			Description: Text{
				"Quota di messaggi le cui letture sono tutte registrate, o lo erano già.",
				"Share of messages whose readings are all stored, or were so before.",
			},
			Queries: []Query{ledger.Select(Ratio(Sum("stored").Plus(Sum("duplicate")), ended()).As("stored_pct"))},
		},
		{
			Kind: Stat, Title: Text{"In quarantena", "In quarantine"}, Window: now,
			Steps: []Step{{0, Good}, {1, Poor}},
			Description: Text{
				"Messaggi messi da parte nell'ultima ora. «rione quarantine list» dice perché.",
				"Messages set aside within the last hour. \"rione quarantine list\" says why.",
			},
			Queries: []Query{ledger.Select(Sum("quarantined"))},
		},
		{
			Kind: Stat, Title: Text{"Senza esito", "Unaccounted"}, Window: now,
			Steps: []Step{{-1e9, Bad}, {0, Good}, {1000, Poor}},
			Description: Text{
				"Confermati meno conclusi nell'ultima ora, per tutti i comuni. I messaggi in lavorazione contano; se il numero resta, si esegua «rione ledger».",
				"Acked within the last hour without those that ended, for all comuni. Messages at work count; if the number stays, run \"rione ledger\".",
			},
			Queries: []Query{From("ledger").Select(Sum("acked").Less(Sum("stored"), Sum("partial"), Sum("duplicate"),
				Sum("quarantined"), Sum("expired")).As("open"))},
		},
	}
}

func outcomesOverTime() Panel {
	return Panel{
		Kind: TimeSeries, Title: Text{"Esiti", "Outcomes"}, Stacked: true,
		Description: Text{"Che ne è stato dei messaggi, per intervallo.", "What became of the messages, by interval."},
		Queries: []Query{From("ledger").Select(Sum("stored"), Sum("partial"), Sum("duplicate"), Sum("quarantined"),
			Sum("expired")).For("comune").OverTime()},
	}
}

func ackedByDoor() Panel {
	return Panel{
		Kind: TimeSeries, Title: Text{"Confermati, per porta", "Acked, by door"},
		Description: Text{"Messaggi di tutti i comuni, per intervallo.", "Messages of all comuni, by interval."},
		Series:      []string{"mqtt", "http", "broker"},
		Queries:     []Query{From("ledger").Select(Sum("acked")).By("door").OverTime().Legend("$tag_door")},
	}
}

func pointsOverTime() Panel {
	return Panel{
		Kind: TimeSeries, Title: Text{"Punti registrati", "Points stored"},
		Description: Text{"Punti scritti nel database, per intervallo.", "Points written to the database, by interval."},
		Queries:     []Query{From("ledger").Select(Sum("points")).For("comune").OverTime()},
	}
}

func trouble() Panel {
	return Panel{
		Kind: TimeSeries, Title: Text{"Quarantena e scaduti", "Quarantined and expired"},
		Description: Text{
			"Una crescita improvvisa è di solito un formato cambiato o un dispositivo non registrato.",
			"A sudden rise is mostly a format that changed or a device that is not registered.",
		},
		Queries: []Query{From("ledger").Select(Sum("quarantined"), Sum("expired"), Sum("partial")).For("comune").OverTime()},
	}
}

func ledgerByComune() Panel {
	return Panel{
		Kind: Table, Title: Text{"Messaggi per comune", "Messages by comune"}, SortBy: "messages",
		Description: Text{"Il registro degli esiti di ogni comune.", "The ledger of each comune."},
		Queries: []Query{From("ledger").Select(ended(), Sum("stored"), Sum("partial"), Sum("duplicate"),
			Sum("quarantined"), Sum("expired"), Sum("points")).For("comune").By("comune")},
		Links: []Link{{To: "comune", Tags: []string{"comune"}}},
	}
}

func suspects() Panel {
	return Panel{
		Kind: Table, Title: Text{"Valori sospetti", "Suspect values"}, SortBy: "values",
		Description: Text{
			"Valori che non hanno superato un controllo, per campo. Non entrano nelle medie.",
			"Values that failed a check, by field. They enter no mean.",
		},
		Queries: []Query{From("suspect").Select(Count("value").As("values"), Min("value").As("lowest"),
			Max("value").As("highest")).For("comune").By("of")},
		Empty: Text{"Nessun valore sospetto nel periodo", "No suspect value in this period"},
		Links: []Link{{To: "sensors"}},
	}
}
