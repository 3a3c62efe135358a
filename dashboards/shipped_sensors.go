package dashboards

func sensors() Dashboard {
	tags := []string{"comune", "zone"}
	return Dashboard{
		Name:  "sensors",
		Title: Text{"Sensori urbani", "Urban sensors"},
		Description: Text{
			"Aria, rumore, tempo, acqua, mobilità, luce, rifiuti e persone in uno sguardo.",
			"Air, noise, weather, water, mobility, lighting, waste and people at a glance.",
		},
		Variables:   place(""),
		Annotations: []Annotation{alarms(tags...)},
		Rows: []Row{
			{Panels: sensorFigures(tags)},
			{Title: Text{"Andamento", "Over time"}, Panels: []Panel{
				trend("air", Text{"Particolato", "Particles"}, tags, "pm25_ugm3", "pm10_ugm3"),
				trend("noise", Text{"Rumore", "Noise"}, tags, "laeq_db", "lamax_db"),
				trend("weather", Text{"Temperatura dell'aria", "Air temperature"}, tags, "temp_c"),
				trend("water", Text{"Livello dell'acqua", "Water level"}, tags, "level_m"),
			}},
			{Title: Text{"Dove", "Where"}, Panels: []Panel{stations(12, tags...), fullBins(tags)}},
		},
	}
}

func sensorFigures(tags []string) []Panel {
	air := headline(tags...)[3]
	air.Links = []Link{{To: "zone", Title: Text{"Zona", "Zone"}}}
	return []Panel{
		air,
		figure(Text{"Rumore mediano", "Median noise"}, Text{"Livello equivalente del fonometro mediano.",
			"Equivalent level of the meter in the middle."},
			[]Step{{0, Good}, {55, Fair}, {65, Poor}, {75, Bad}}, median("noise", "laeq_db", tags...)),
		figure(Text{"Temperatura", "Temperature"}, Text{"Temperatura della stazione mediana.",
			"Temperature of the station in the middle."}, nil, median("weather", "temp_c", tags...)),
		figure(Text{"Veicoli", "Vehicles"}, Text{"Veicoli nell'ultima finestra di ogni contatore.",
			"Vehicles in the last window of each counter."}, nil, inTotal("traffic", "count", tags...)),
		figure(Text{"Stalli occupati", "Spaces taken"}, Text{"Quota di stalli occupati.",
			"Share of parking spaces that are taken."}, nil, shareOf("parking_spot", "occupied", tags)),
		figure(Text{"Lampioni guasti", "Lights at fault"}, Text{"Quota di lampioni che segnalano un guasto.",
			"Share of street lights that report a fault."},
			[]Step{{0, Good}, {1, Poor}, {5, Bad}}, shareOf("light", "fault", tags)),
		figure(Text{"Riempimento dei cassonetti", "Filling of bins"}, Text{"Riempimento medio.",
			"Mean filling."}, []Step{{0, Good}, {70, Poor}, {90, Bad}},
			From("bin").Select(Last("fill_pct")).For(tags...).By("device_id").Of().Select(Mean("fill_pct"))),
		figure(Text{"Persone entrate", "People in"}, Text{"Persone contate all'ingresso nel periodo.",
			"People counted on the way in during the period."}, nil,
			From("people").Select(Sum("in_n")).For(tags...)),
	}
}

// figure is a stat of what is so now.
func figure(title, description Text, steps []Step, q Query) Panel {
	return Panel{
		Kind: Stat, Title: title, Description: description, Steps: steps, Window: now, Queries: []Query{q},
		Links: []Link{{To: "zone", Title: Text{"Zona", "Zone"}}},
	}
}

// shareOf asks for which share of things a state is 1.
func shareOf(measurement, state string, tags []string) Query {
	return From(measurement).Select(Last(state)).For(tags...).By("device_id").
		Of().Select(Availability(state).As("share_pct"))
}

// trend plots the means of fields over all devices of a place.
func trend(measurement string, title Text, tags []string, fields ...string) Panel {
	q := From(measurement).For(tags...).OverTime()
	for _, f := range fields {
		q = q.Select(Mean(f))
	}
	return Panel{
		Kind: TimeSeries, Title: title, Every: sums, Queries: []Query{q},
		Description: Text{
			"Media su tutti i sensori scelti.",
			"Mean over all chosen sensors.",
		},
		Links: []Link{{To: measurement + "-device", Title: Text{"Un dispositivo", "One device"}}},
	}
}

func fullBins(tags []string) Panel {
	return Panel{
		Kind: Table, Title: Text{"Cassonetti da svuotare", "Bins to empty"}, Window: now, SortBy: "fill_pct",
		Coloured: []string{"fill_pct"}, Steps: []Step{{0, Good}, {70, Poor}, {90, Bad}},
		Description: Text{
			"Ultimo riempimento di ogni cassonetto, i più pieni in alto.",
			"Newest filling of each container, the fullest first.",
		},
		Queries: []Query{From("bin").Select(Last("fill_pct"), Last("tilted")).For(tags...).By("device_id")},
		Links:   []Link{{To: "bin-device", Title: Text{"Cassonetto", "Container"}, Tags: []string{"device_id"}}},
	}
}
