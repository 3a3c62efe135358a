package dashboards

// events lists what happened in the initiative's comuni, alarms and security
// events among it.
func (i Initiative) events() Panel {
	return Panel{
		Kind: Table, Title: Text{"Eventi", "Events"}, Width: gridColumns,
		Description: Text{
			"Ultimi eventi nei comuni dell'iniziativa: presenze, allarmi, sicurezza.",
			"Latest events in the initiative's comuni: presence, alarms, security.",
		},
		Queries: []Query{From("event").OneOf("comune", i.Comuni...).
			Select(Raw("severity"), Raw("comune"), Raw("text")).Newest(50)},
		Empty: Text{"Nessun evento nel periodo", "No event in this period"},
		Links: []Link{{To: "comune", Tags: []string{"comune"}}},
	}
}

// eventTypes are what columns of events are called, security first.
func eventTypes() ([]string, map[string]Text) {
	return []string{"access_refused", "isolation", "over_quota", "comune_wide", "gateway_down", "silent", "disconnected", "misplaced"}, map[string]Text{
		"access_refused": {"Accessi respinti", "Access refused"},
		"isolation":      {"Tentativi oltre i confini", "Tries across borders"},
		"over_quota":     {"Oltre la quota", "Over quota"},
		"comune_wide":    {"Comune isolato", "Comune cut off"},
		"gateway_down":   {"Gateway spenti", "Gateways down"},
		"silent":         {"Dispositivi muti", "Silent devices"},
		"disconnected":   {"Disconnessi", "Disconnected"},
		"misplaced":      {"Fuori posto", "Misplaced"},
	}
}

// eventsByComune counts the events that were raised in each comune within the page's
// time range. An operator's note on one is of severity 0.
func (i Initiative) eventsByComune() Panel {
	types, names := eventTypes()
	facets := map[string]Facet{}
	for _, t := range types[:2] {
		facets[t] = Facet{Steps: []Step{{0, Good}, {1, Poor}, {10, Bad}}}
	}
	return Panel{
		Kind: Table, Title: Text{"Eventi per comune", "Events by comune"}, Width: gridColumns, Names: names,
		Description: Text{
			"Quanti eventi sono cominciati nel periodo, per comune e tipo. Accessi respinti: credenziali errate. " +
				"Tentativi oltre i confini: chi è di un comune o dispositivo ha tentato ciò che è di un altro; il testo è in «rione events list».",
			"How many events began in this period, by comune and type. Access refused: wrong credentials. " +
				"Tries across borders: who is of one comune or device tried what is another's; \"rione events list\" has the words.",
		},
		Queries: []Query{From("event").OneOf("comune", i.Comuni...).When("state", "=", 1).When("severity", ">=", 1).
			Select(Count("severity").As("events")).By("comune", "type")},
		Matrix: &Matrix{Row: "comune", Column: "type", Value: "events", Columns: types, Facets: facets},
		Empty:  Text{"Nessun evento nel periodo", "No event in this period"},
		Links:  []Link{{To: "comune", Tags: []string{"comune"}}},
	}
}
