package dashboards

func comunePage() Dashboard {
	return Dashboard{
		Name:  "comune",
		Title: Text{"Comune", "Comune"},
		Description: Text{
			"Un comune, zona per zona.",
			"One comune, zone by zone.",
		},
		Variables:   []Variable{{Tag: "comune"}},
		Annotations: []Annotation{alarms("comune")},
		Rows: []Row{
			{Panels: headline("comune")},
			{Panels: []Panel{cityMap("comune"), wifiByZone(), linesTable(8, 8, "comune")}},
		},
	}
}

func wifiByZone() Panel {
	return Panel{
		Kind: Table, Title: Text{"Wi-Fi per zona", "Wi-Fi by zone"}, Width: 8, Height: 8, Window: now, SortBy: "devices",
		Coloured: []string{"up_pct"}, Steps: share(),
		Description: Text{
			"Access point, anche quelli che tacciono, e quota in servizio per zona. Un clic porta alla zona.",
			"Access points, silent ones too, and share in service by zone. A click leads to the zone.",
		},
		Queries: []Query{accessPointsBy("zone", "comune")},
		Links:   []Link{{To: "zone", Tags: []string{"zone"}}},
	}
}

func zonePage() Dashboard {
	return Dashboard{
		Name:  "zone",
		Title: Text{"Zona", "Zone"},
		Description: Text{
			"Una zona, dispositivo per dispositivo.",
			"One zone, device by device.",
		},
		Variables:   place(""),
		Annotations: []Annotation{alarms("comune", "zone")},
		Rows: []Row{
			{Panels: headline("comune", "zone")},
			{Panels: []Panel{
				accessPoints(12, "comune", "zone"), stations(12, "comune", "zone"),
			}},
		},
	}
}

// accessPoints lists the access points of a place.
func accessPoints(width int, tags ...string) Panel {
	return Panel{
		Kind: Table, Title: Text{"Access point", "Access points"}, Width: width, Window: now, SortBy: "clients",
		Description: Text{
			"Un access point per riga, con l'ultimo valore. Un clic porta al dispositivo.",
			"One access point a row, with its newest values. A click leads to the device.",
		},
		Queries: []Query{From("wifi_ap").Select(newestOf("up", "clients", "cpu_pct", "temp_c")...).
			For(tags...).By("device_id")},
		Links: []Link{{To: "wifi-device", Tags: []string{"device_id"}}},
	}
}

// stations lists the air stations of a place.
func stations(width int, tags ...string) Panel {
	return Panel{
		Kind: Table, Title: Text{"Stazioni dell'aria", "Air stations"}, Width: width, Window: now, SortBy: "pm25_ugm3",
		Coloured: []string{"pm25_ugm3"}, Steps: bands("pm25_ugm3"),
		Description: Text{
			"Una stazione per riga, con l'ultimo valore. Un clic porta al dispositivo.",
			"One station a row, with its newest values. A click leads to the device.",
		},
		Queries: []Query{From("air").Select(Last("pm25_ugm3"), Last("pm10_ugm3"), Last("no2_ugm3")).
			For(tags...).By("device_id")},
		Links: []Link{{To: "air-device", Tags: []string{"device_id"}}},
	}
}
