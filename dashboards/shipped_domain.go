package dashboards

// domain is a field of city life that has a page of its own.
type domain struct {
	name        string
	title       Text
	description Text
	main        string // measurement whose comuni and zones can be chosen
	device      string // name of the page that leads deeper: one of its devices, mostly
	figures     []Panel
	plots       []Panel
	where       []Panel // tables and maps
	past        []trend
}

// inPlace are the tags by which people choose a place.
func inPlace() []string { return []string{"comune", "zone"} }

func domains() []domain {
	return []domain{airDomain(), noiseDomain(), mobilityDomain(), wasteDomain(), lightingDomain(), weatherDomain(), peopleDomain()}
}

func domainPages() []Dashboard {
	var out []Dashboard
	for _, d := range domains() {
		out = append(out, Dashboard{
			Name: d.name, Title: d.title, Description: d.description,
			Tags:        []string{tagDomain},
			Variables:   place(d.main),
			Annotations: []Annotation{alarms(inPlace()...)},
			Deeper:      []Link{{To: d.device}},
			Rows: []Row{
				{Panels: d.figures},
				{Title: Text{"Andamento", "Over time"}, Panels: d.plots},
				{Title: Text{"Dove", "Where"}, Panels: d.where},
				history(d.past...),
			},
		})
	}
	return out
}

// gauge is a figure of what is so now.
func gauge(title, description Text, steps []Step, q Query) Panel {
	return Panel{Kind: Stat, Title: title, Description: description, Steps: steps, Window: now, Queries: []Query{q}}
}

// plot draws one query over time.
func plot(title, description Text, q Query, series ...string) Panel {
	return Panel{
		Kind: TimeSeries, Title: title, Description: description, Queries: []Query{q}, Series: series, Every: sums,
	}
}

// newest lists the devices of a measurement with their newest values.
func newest(measurement, device string, title Text, steps []Step, fields ...string) Panel {
	q := From(measurement).For(inPlace()...).By("device_id")
	for _, f := range fields { // which may come in messages of their own
		q = q.Select(Last(f))
	}
	p := Panel{
		Kind: Table, Title: title, Window: now, SortBy: fields[0], Queries: []Query{q},
		Description: Text{
			"Un dispositivo per riga, con l'ultimo valore. Un clic porta al dispositivo.",
			"One device a row, with its newest values. A click leads to the device.",
		},
		Links: []Link{{To: device, Tags: []string{"device_id"}}},
	}
	if len(steps) > 0 {
		p.Coloured, p.Steps = fields[:1], steps
	}
	return p
}

// mapOf puts the devices of a measurement on a map, coloured by one field.
func mapOf(measurement, device, field string, steps []Step) Panel {
	return Panel{
		Kind: Geomap, Title: Text{"Mappa", "Map"}, Width: 12, Height: 10, Window: now,
		Description: Text{
			"Un segno per dispositivo; il colore dice l'ultimo valore. Un clic porta al dispositivo.",
			"One marker a device; the colour says its newest value. A click leads to the device.",
		},
		Queries: []Query{onMap(measurement, inPlace(), field)},
		Layers:  []Layer{{Title: label(field), Shape: Circle, Colour: field, Steps: steps}},
		Links:   []Link{{To: device, Tags: []string{"device_id"}}},
	}
}

// average asks for the mean of a field over all devices of a place, over time.
func average(measurement string, fields ...string) Query {
	q := From(measurement).For(inPlace()...).OverTime()
	for _, f := range fields {
		q = q.Select(Mean(f))
	}
	return q
}
