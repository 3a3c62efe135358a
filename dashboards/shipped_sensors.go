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
			{Panels: sensorFigures()},
			{Title: Text{"Andamento", "Over time"}, Panels: []Panel{
				leading(airDomain(), 3), leading(noiseDomain(), 1), leading(weatherDomain(), 0), leading(mobilityDomain(), 0),
			}},
			{Title: Text{"Dove", "Where"}, Panels: []Panel{stations(12, tags...), fullBins(tags)}},
		},
	}
}

// sensorFigures are one figure of each domain; it leads to the domain's page.
func sensorFigures() []Panel {
	var out []Panel
	for _, pick := range []struct {
		of domain
		n  int // which of its figures
	}{
		{airDomain(), 0}, {noiseDomain(), 0}, {weatherDomain(), 0}, {mobilityDomain(), 0},
		{mobilityDomain(), 2}, {lightingDomain(), 1}, {wasteDomain(), 0}, {peopleDomain(), 0},
	} {
		p := pick.of.figures[pick.n]
		p.Links = []Link{{To: pick.of.name}}
		out = append(out, p)
	}
	return out
}

// leading is one of a domain's plots, which leads to the domain's page.
func leading(d domain, n int) Panel {
	p := d.plots[n]
	p.Links = []Link{{To: d.name}}
	return p
}

// shareOf asks for which share of things a state is 1.
func shareOf(measurement, state string, tags []string) Query {
	return From(measurement).Select(Last(state)).For(tags...).By("device_id").
		Of().Select(Availability(state).As("share_pct"))
}

func fullBins(tags []string) Panel {
	return Panel{
		Kind: Table, Title: Text{"Cassonetti da svuotare", "Bins to empty"}, Window: now, SortBy: "fill_pct",
		Coloured: []string{"fill_pct"}, Steps: []Step{{0, Good}, {70, Poor}, {90, Bad}},
		Description: Text{
			"Ultimo riempimento di ogni cassonetto, i più pieni in alto.",
			"Newest filling of each container, the fullest first.",
		},
		Queries: []Query{From("bin").Select(newestOf("fill_pct", "tilted")...).For(tags...).By("device_id")},
		Links:   []Link{{To: "bin-device", Tags: []string{"device_id"}}},
	}
}
