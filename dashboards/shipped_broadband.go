package dashboards

// Lines end in homes. They are shown by zones of this many or more, never one
// by one.
const fewestLines = 5

func broadband() Dashboard {
	return Dashboard{
		Name:  "broadband",
		Title: Text{"Banda larga", "Broadband"},
		Description: Text{
			"Linee in servizio, velocità, latenza. Per zone di almeno cinque linee: le case non si mostrano una per una.",
			"Lines in service, speed, latency. By zones of five lines or more: homes are not shown one by one.",
		},
		Tags:        []string{tagDomain},
		Variables:   place("bb_link"),
		Annotations: []Annotation{alarms("comune", "zone")},
		Deeper:      []Link{{To: "comune"}},
		Rows: []Row{
			{Panels: lineFigures()},
			{Panels: []Panel{latencyOverTime(), lossOverTime(), linesOverTime(), capacityOverTime()}},
			{Title: Text{"Zone", "Zones"}, Panels: []Panel{linesTable(12, 10, "comune", "zone"), linesMap()}},
			history(
				means(Text{"In servizio", "In service"}, "bb_link", "up"),
				means(Text{"Latenza", "Latency"}, "bb_probe", "rtt_avg_ms"),
				means(Text{"Capacità", "Capacity"}, "bb_speed", "capacity_mbps"),
			),
		},
	}
}

func lineFigures() []Panel {
	tags := []string{"comune", "zone"}
	inServiceNow := headline(tags...)[2]
	inServiceNow.Links = []Link{{To: "comune"}}
	return []Panel{
		inServiceNow,
		{
			Kind: Stat, Title: Text{"Latenza mediana", "Median latency"}, Window: now,
			Steps: []Step{{0, Good}, {30, Fair}, {60, Poor}, {150, Bad}},
			Description: Text{
				"Andata e ritorno nella sonda mediana.",
				"Round trip of the probe in the middle.",
			},
			Queries: []Query{median("bb_probe", "rtt_avg_ms", tags...)},
		},
		{
			Kind: Stat, Title: Text{"Pacchetti persi", "Packet loss"}, Window: now,
			Steps: []Step{{0, Good}, {0.5, Fair}, {1, Poor}, {3, Bad}},
			Description: Text{
				"Media su tutte le sonde.",
				"Mean over all probes.",
			},
			Queries: []Query{From("bb_probe").Select(Last("loss_pct")).For(tags...).By("device_id").
				Of().Select(Mean("loss_pct"))},
		},
		{
			Kind: Stat, Title: Text{"Velocità mediana", "Median speed"}, Window: now,
			Description: Text{
				"Velocità di allineamento verso l'utente della linea mediana.",
				"Synchronised rate towards the user of the line in the middle.",
			},
			Queries: []Query{median("bb_link", "sync_down_kbps", tags...)},
		},
	}
}

func latencyOverTime() Panel {
	return Panel{
		Kind: TimeSeries, Title: Text{"Latenza", "Latency"}, Every: sums,
		Description: Text{
			"Metà delle misure sta sotto la prima linea, il 95 % sotto la seconda.",
			"Half of the measurements are below the first line, 95 % below the second.",
		},
		Queries: []Query{From("bb_probe").
			Select(Percentile("rtt_avg_ms", 50).As("p50"), Percentile("rtt_avg_ms", 95).As("p95")).
			For("comune", "zone").OverTime()},
	}
}

func lossOverTime() Panel {
	return Panel{
		Kind: TimeSeries, Title: Text{"Pacchetti persi", "Packet loss"}, Every: sums,
		Description: Text{
			"Media su tutte le sonde.",
			"Mean over all probes.",
		},
		Queries: []Query{From("bb_probe").Select(Mean("loss_pct")).For("comune", "zone").OverTime()},
	}
}

func linesOverTime() Panel {
	return Panel{
		Kind: TimeSeries, Title: Text{"In servizio, per tecnologia", "In service, by technology"}, Every: sums,
		Description: Text{
			"Disponibilità media delle linee di ogni tecnologia.",
			"Mean availability of the lines of each technology.",
		},
		Series: []string{"ftth", "fttc", "fwa", "adsl", "vdsl", "gpon", "xgspon", "docsis"},
		Queries: []Query{From("bb_link").Select(Availability("up").As("up_pct")).For("comune", "zone").
			By("tech").OverTime().Legend("$tag_tech")},
	}
}

func capacityOverTime() Panel {
	return Panel{
		Kind: TimeSeries, Title: Text{"Capacità misurata", "Measured capacity"}, Every: sums,
		Description: Text{
			"Media delle misure attive, verso l'utente e dall'utente.",
			"Mean of the active measurements, towards and from the user.",
		},
		Series: []string{"down", "up"},
		Queries: []Query{From("bb_speed").Select(Mean("capacity_mbps")).For("comune", "zone").
			By("dir").OverTime().Legend("$tag_dir")},
	}
}

// linesByZone sums the lines up by zone and leaves small zones out. Each further
// column reads all lines once more.
func linesByZone(tags []string, columns ...Column) Query {
	return linesIn(From("bb_link").For(tags...), columns...)
}

// linesIn does so for the lines that the query chooses.
func linesIn(lines Query, columns ...Column) Query {
	inner := lines.Select(Last("up")).Select(columns...).By("comune", "zone", "device_id")
	outer := inner.Of().Select(Count("up").As("devices"), Availability("up").As("up_pct"))
	for _, c := range columns {
		outer = outer.Select(Mean(c.name))
	}
	return outer.By("comune", "zone").AtLeast("devices", fewestLines)
}

func linesTable(width, height int, tags ...string) Panel {
	return Panel{
		Kind: Table, Title: Text{"Linee per zona", "Lines by zone"}, Width: width, Height: height, Window: now,
		Coloured: []string{"up_pct"}, Steps: share(), SortBy: "devices",
		Description: Text{
			"Linee, quota in servizio e velocità media per zona di almeno cinque linee. Un clic porta alla zona.",
			"Lines, share in service and mean speed by zone of five lines or more. A click leads to the zone.",
		},
		Queries: []Query{linesByZone(tags, Raw("sync_down_kbps"))},
		Empty:   Text{"Nessuna zona ha cinque linee", "No zone has five lines"},
		Links:   []Link{{To: "zone", Tags: []string{"comune", "zone"}}},
	}
}

func linesMap() Panel {
	return Panel{
		Kind: Geomap, Title: Text{"Mappa delle zone", "Map of zones"}, Width: 12, Height: 10, Window: now,
		Description: Text{
			"Un segno per zona di almeno cinque linee, nel mezzo delle sue linee.",
			"One marker for a zone of five lines or more, in the middle of its lines.",
		},
		Queries: []Query{linesByZone([]string{"comune", "zone"}, position()...)},
		Layers:  []Layer{{Title: Text{"Zone", "Zones"}, Shape: Square, Colour: "up_pct", Steps: share()}},
		Empty:   Text{"Nessuna zona ha cinque linee", "No zone has five lines"},
		Links:   []Link{{To: "zone", Tags: []string{"comune", "zone"}}},
	}
}
