package dashboards

import "rione/devices/event"

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

// eventColumn is a type of events, and what its column is called.
type eventColumn struct {
	event.Type
	title Text
}

// eventColumns are the types of a comune, security first.
func eventColumns() []eventColumn {
	return []eventColumn{
		{event.AccessRefused, Text{"Accessi respinti", "Access refused"}},
		{event.Isolation, Text{"Tentativi oltre i confini", "Tries across borders"}},
		{event.OverQuota, Text{"Oltre la quota", "Over quota"}},
		{event.ComuneWide, Text{"Comune isolato", "Comune cut off"}},
		{event.GatewayDown, Text{"Gateway spenti", "Gateways down"}},
		{event.Silent, Text{"Dispositivi muti", "Silent devices"}},
		{event.Disconnected, Text{"Disconnessi", "Disconnected"}},
		{event.Misplaced, Text{"Fuori posto", "Misplaced"}},
	}
}

// eventsByComune counts the events that were raised in each comune within the page's
// time range. An operator's note on one is of severity 0.
func (i Initiative) eventsByComune() Panel {
	var types []string
	names := map[string]Text{}
	for _, t := range eventColumns() {
		types = append(types, string(t.Type))
		names[string(t.Type)] = t.title
	}
	security := Facet{Steps: []Step{{0, Good}, {1, Poor}, {10, Bad}}}
	facets := map[string]Facet{string(event.AccessRefused): security, string(event.Isolation): security}
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
