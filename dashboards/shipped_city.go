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
			{Title: Text{"Comuni", "Comuni"}, Panels: []Panel{comuniTable(), usersByComune()}},
		},
	}
}

// headline are the four figures at the top of a place.
func headline(tags ...string) []Panel {
	return []Panel{
		{
			Kind: Stat, Title: Text{"Wi-Fi in servizio", "Wi-Fi in service"}, Window: now, Steps: share(),
			Description: Text{
				"Quota di access point il cui servizio radio è attivo. Chi tace non è in servizio.",
				"Share of access points whose radio service is available. One that is silent is not in service.",
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
				"Quota di linee a banda larga in servizio. Una linea che tace non lo è.",
				"Share of broadband lines in service. One that is silent is not.",
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
				"una per una. Triangoli: aria. Un clic sul segno porta al dispositivo o alla zona.",
			"Circles: access points. Squares: broadband by zones of five lines or more, since homes are not shown " +
				"one by one. Triangles: air. A click on a marker leads to the device or zone.",
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
			{To: "wifi-device", Tags: []string{"device_id"}, Of: "wifi_ap"},
			{To: "zone", Tags: []string{"comune", "zone"}, Of: "bb_link"},
			{To: "air-device", Tags: []string{"device_id"}, Of: "air"},
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
		Queries: []Query{inService("wifi_ap", "comune").By("comune")},
		Links:   []Link{{To: "wifi"}}, // the table below leads to each comune
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
		Queries: []Query{From("event").Select(Raw("severity"), Raw("comune"), Raw("text")).For(tags...).Newest(50)},
		Empty:   Text{"Nessun evento nel periodo", "No event in this period"},
		Links:   []Link{{To: "zone"}},
	}
}

// alarms marks events of severity 3 and above in every plot. Grafana makes the
// first column beside the text the title of a mark, and without one its time in
// milliseconds; it leaves out rows with an empty column.
func alarms(tags ...string) Annotation {
	return Annotation{
		Title: Text{"Allarmi", "Alarms"}, Column: "text", Colour: Bad,
		Query: From("event").Select(RawTag("type"), Raw("text")).For(tags...).When("severity", ">=", 3).Newest(100),
	}
}

func comuniTable() Panel {
	return Panel{
		Kind: Table, Title: Text{"Comuni a confronto", "Comuni compared"}, Width: 16, Height: 8, Window: now, SortBy: "devices",
		Coloured: []string{"up_pct"}, Steps: share(),
		Description: Text{
			"Access point, anche quelli che tacciono, e quota in servizio. Un clic porta al comune.",
			"Access points, silent ones too, and share in service. A click leads to the comune.",
		},
		Queries: []Query{accessPointsBy("comune")},
		Links:   []Link{{To: "comune", Tags: []string{"comune"}}},
	}
}

// accessPointsBy counts the access points of each value of a tag.
func accessPointsBy(tag string, tags ...string) Query {
	return serving("wifi_ap").For(tags...).Of().Select(Sum("devices"), servingShare()).By(tag)
}

func usersByComune() Panel {
	return Panel{
		Kind: BarGauge, Title: Text{"Utenti Wi-Fi per comune", "Wi-Fi users by comune"}, Width: 8, Height: 8, Window: now,
		Description: Text{
			"Utenti associati adesso in ogni comune.",
			"Clients associated now in each comune.",
		},
		Queries: []Query{From("wifi_ap").Select(Last("clients")).By("comune", "device_id").
			Of().Select(Sum("clients")).By("comune")},
		Links: []Link{{To: "wifi"}},
	}
}
