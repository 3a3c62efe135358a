package dashboards

// populationClass is the indicator of which class of population an administration
// is, from 0.
const populationClass = "population-class"

// matrix compares places: one row a comune, zone or administration, one column an
// indicator, coloured by how far it is.
func (i Initiative) matrix() Panel {
	m := &Matrix{Row: i.PlaceTag(), Column: "id", Value: "value", Facets: map[string]Facet{}}
	names := namesOf(i.Indicators)
	out := Panel{
		Kind: Table, Title: Text{"Indicatori per luogo", "Indicators by place"}, Width: gridColumns, Matrix: m, Names: names,
		Description: Text{
			"Una riga per luogo, una colonna per indicatore, l'ultimo valore. I colori dicono a che punto è dall'obiettivo.",
			"One row a place, one column an indicator, the newest value. Colours say how far it is from the target.",
		},
		Empty: Text{"Nessun indicatore ancora misurato", "No indicator measured yet"},
	}
	if i.Split == ByAdministration {
		m.Rows = Text{"Amministrazione", "Administration"}
		names[populationClass] = label("class")
		m.Columns, m.Facets[populationClass] = append(m.Columns, populationClass), Facet{Words: classWords()}
		out.Title = Text{"Amministrazioni a confronto", "Administrations compared"}
		out.Description = Text{
			"Una riga per amministrazione: comuni, e unioni di comuni. «Posto nella classe»: quota delle amministrazioni della stessa classe di popolazione che fa peggio.",
			"One row an administration: comuni, and unions of comuni. \"Rank within the class\": share of the administrations in the same class of population that does worse.",
		}
	}
	for _, n := range i.Indicators {
		m.Columns, m.Facets[n.ID] = append(m.Columns, n.ID), Facet{Unit: n.Unit, Steps: n.steps()}
	}
	if m.Row == "comune" {
		out.Links = []Link{{To: "comune", Tags: []string{"comune"}}}
	}
	q := i.by(m.Row, m.Columns)
	if i.Split == ByAdministration && !i.Public {
		q = q.For("class")
	}
	out.Queries = []Query{q}
	return out
}

// dataSets lists what the initiative publishes: one row a data set.
func (i Initiative) dataSets() Panel {
	facets := map[string]Facet{
		"dataset-status": {Words: []word{
			{Text{"senza dati", "no data"}, Bad}, {Text{"in ritardo", "late"}, Poor}, {Text{"aggiornato", "up to date"}, Good},
		}},
		"dataset-age":      {Unit: "h"},
		"dataset-complete": {Unit: "%", Steps: share()},
		"dataset-licence":  {Words: []word{{Text{"CC BY 4.0", "CC BY 4.0"}, Good}, {Text{"CC0 1.0", "CC0 1.0"}, Good}}},
	}
	columns := []string{"dataset-status", "dataset-age", "dataset-complete", "dataset-licence"}
	return Panel{
		Kind: Table, Title: Text{"Un insieme per riga", "Each data set"}, Width: gridColumns, Window: now,
		Description: Text{
			"Una riga per insieme: stato, età del dato più recente, completezza dell'ultimo giorno, licenza.",
			"One row a data set: state, age of its newest row, completeness of the last day, licence.",
		},
		Names: map[string]Text{
			"dataset-status": {"Stato", "Status"}, "dataset-age": {"Dato più recente, ore fa", "Newest row, hours ago"},
			"dataset-complete": {"Completezza", "Completeness"}, "dataset-licence": {"Licenza", "Licence"},
		},
		Queries: []Query{i.by("subject", columns)},
		Matrix:  &Matrix{Row: "subject", Column: "id", Value: "value", Rows: Text{"Insieme di dati", "Data set"}, Columns: columns, Facets: facets},
		Empty:   Text{"Nessun insieme pubblicato", "No data set published"},
	}
}
