package dashboards

func city() Dashboard {
	return Dashboard{
		Name:  "city",
		Title: Text{"Città", "City"},
		Description: Text{
			"Che cosa funziona adesso, dove no, che cosa è cambiato. Da qui si scende a comune, zona e dispositivo.",
			"What works now, where it does not, what changed. From here down to comune, zone and device.",
		},
		Variables:   []Variable{{Tag: "comune"}},
		Annotations: []Annotation{alarms("comune")},
		Links: []Link{
			{All: tagDomain, Title: Text{"Temi", "Domains"}},
			{All: tagInitiative, Title: Text{"Iniziative", "Initiatives"}},
			{To: "sensors"}, {To: platformPage},
		},
		Rows: []Row{
			{Panels: headline("comune")},
			{Panels: []Panel{cityMap("comune"), worstComuni(), events("comune")}},
			{Title: Text{"Comuni", "Comuni"}, Panels: []Panel{comuniTable()}},
		},
	}
}

// headline are the four figures at the top of a place.
func headline(tags ...string) []Panel {
	return []Panel{
		{
			Kind: Stat, Title: Text{"Wi-Fi in servizio", "Wi-Fi in service"}, Window: now, Steps: share(),
			Description: Text{
				"Quota di access point il cui servizio radio è attivo.",
				"Share of access points whose radio service is available.",
			},
			Queries: []Query{inService("wifi_ap", tags...)},
			Links:   []Link{{To: "wifi"}},
		},
		{
			Kind: Stat, Title: Text{"Utenti Wi-Fi", "Wi-Fi users"}, Window: now,
			Description: Text{
				"Utenti associati adesso, su tutti gli access point.",
				"Clients associated now, over all access points.",
			},
			Queries: []Query{inTotal("wifi_ap", "clients", tags...)},
			Links:   []Link{{To: "wifi"}},
		},
		{
			Kind: Stat, Title: Text{"Linee in servizio", "Lines in service"}, Window: now, Steps: share(),
			Description: Text{
				"Quota di linee a banda larga in servizio.",
				"Share of broadband lines in service.",
			},
			Queries: []Query{inService("bb_link", tags...)},
			Links:   []Link{{To: "broadband"}},
		},
		{
			Kind: Stat, Title: Text{"PM2,5 mediano", "Median PM2.5"}, Window: now, Steps: bands("pm25_ugm3"),
			Description: Text{
				"Valore della stazione mediana. Gradini: indice europeo della qualità dell'aria.",
				"Value of the station in the middle. Steps: European air quality index.",
			},
			Queries: []Query{median("air", "pm25_ugm3", tags...)},
			Links:   []Link{{To: "air"}},
		},
	}
}

func cityMap(tags ...string) Panel {
	return Panel{
		Kind: Geomap, Title: Text{"Mappa", "Map"}, Window: now,
		Description: Text{
			"Cerchi: access point. Quadrati: zone a banda larga di almeno cinque linee, poiché le case non si mostrano " +
				"una per una. Triangoli: aria. Un clic sul segno porta al dispositivo.",
			"Circles: access points. Squares: broadband by zones of five lines or more, since homes are not shown " +
				"one by one. Triangles: air. A click on a marker leads to the device.",
		},
		Queries: []Query{
			onMap("wifi_ap", tags, "up", "clients"),
			linesByZone(tags, position()...),
			onMap("air", tags, "pm25_ugm3"),
		},
		Layers: []Layer{
			{Title: Text{"Wi-Fi", "Wi-Fi"}, Shape: Circle, Colour: "up"},
			{Title: Text{"Banda larga", "Broadband"}, Shape: Square, Colour: "up_pct", Steps: share()},
			{Title: Text{"Aria", "Air"}, Shape: Triangle, Colour: "pm25_ugm3", Steps: bands("pm25_ugm3")},
		},
		Links: []Link{
			{To: "wifi-device", Tags: []string{"device_id"}},
			{To: "air-device", Tags: []string{"device_id"}},
		},
	}
}

func worstComuni() Panel {
	return Panel{
		Kind: BarGauge, Title: Text{"Wi-Fi per comune", "Wi-Fi by comune"}, Width: 8, Height: 8, Window: now, Steps: share(),
		Description: Text{
			"Quota di access point in servizio in ogni comune.",
			"Share of access points in service in each comune.",
		},
		Queries: []Query{From("wifi_ap").Select(Last("up")).For("comune").By("comune", "device_id").
			Of().Select(Availability("up").As("up_pct")).By("comune")},
		Links: []Link{{To: "wifi"}}, // the table below leads to each comune
	}
}

// events lists what happened last.
func events(tags ...string) Panel {
	return Panel{
		Kind: Table, Title: Text{"Che cosa è cambiato", "What changed"}, Width: 8, Height: 8,
		Description: Text{
			"Ultimi eventi: presenze, allarmi dei dispositivi, note degli operatori.",
			"Latest events: presence, alarms from devices, operators' notes.",
		},
		Queries: []Query{From("event").Select(Raw("severity"), Raw("text")).For(tags...).Newest(50)},
		Empty:   Text{"Nessun evento nel periodo", "No event in this period"},
		Links:   []Link{{To: "zone"}},
	}
}

// alarms marks events of severity 3 and above in every plot.
func alarms(tags ...string) Annotation {
	return Annotation{
		Title: Text{"Allarmi", "Alarms"}, Column: "text", Colour: Bad,
		Query: From("event").Select(Raw("text")).For(tags...).When("severity", ">=", 3).Newest(100),
	}
}

func comuniTable() Panel {
	return Panel{
		Kind: Table, Title: Text{"Comuni a confronto", "Comuni compared"}, Width: 24, Window: now, SortBy: "devices",
		Coloured: []string{"up_pct"}, Steps: share(),
		Description: Text{
			"Access point, quota in servizio e utenti per comune. Un clic porta al comune.",
			"Access points, share in service and clients by comune. A click leads to the comune.",
		},
		Queries: []Query{accessPointsBy("comune")},
		Links:   []Link{{To: "comune", Tags: []string{"comune"}}},
	}
}

// accessPointsBy sums the access points up over a tag.
func accessPointsBy(tag string, tags ...string) Query {
	return From("wifi_ap").Select(newestOf("up", "clients")...).For(tags...).By(tag, "device_id").
		Of().Select(Count("up").As("devices"), Availability("up").As("up_pct"), Sum("clients")).By(tag)
}
