package dashboards

// quality asks of the data what the platform page asks of the messages: is it
// all there, in time, and plausible.
func quality() Dashboard {
	return Dashboard{
		Name: "quality", Folder: folderPlatform,
		Title: Text{"Qualità dei dati", "Data quality"},
		Description: Text{
			"Completezza, ritardo e valori sospetti.",
			"Completeness, lateness and suspect values.",
		},
		Variables: place(""),
		Deeper:    []Link{{To: "sensors"}},
		Rows: []Row{
			{Panels: []Panel{
				heard("wifi_ap", Text{"Access point uditi", "Access points heard"}),
				heard("bb_link", Text{"Linee udite", "Lines heard"}),
				heard("air", Text{"Stazioni dell'aria udite", "Air stations heard"}),
				gauge(Text{"Valori sospetti", "Suspect values"}, Text{
					"Valori dell'ultima ora che non hanno superato un controllo.",
					"Values of the last hour that failed a check."}, nil,
					From("suspect").Select(Count("value").As("values")).For(inPlace()...)),
			}},
			{Panels: []Panel{
				heardOverTime("wifi_ap", Text{"Access point uditi", "Access points heard"}),
				heardOverTime("air", Text{"Stazioni dell'aria udite", "Air stations heard"}),
				flagged(), suspects(),
			}},
		},
	}
}

func heardQuery(measurement string) Query {
	return From(measurement).Select(Last("q")).For(inPlace()...).By("device_id")
}

func heard(measurement string, title Text) Panel {
	return gauge(title, Text{
		"Dispositivi che hanno detto qualcosa nell'ultima ora.",
		"Devices that said something within the last hour.",
	}, nil, heardQuery(measurement).Of().Select(Count("q").As("devices")))
}

func heardOverTime(measurement string, title Text) Panel {
	p := plot(title, Text{
		"Dispositivi uditi in ogni mezz'ora. Un gradino in giù è un guasto comune.",
		"Devices heard in each half hour. A step down is a common fault.",
	}, heardQuery(measurement).OverTime().Fill("none").Of().Select(Count("q").As("devices")).OverTime())
	p.Every = 6 * sums
	return p
}

// flagged are readings whose quality is not plainly good: replaced time, late,
// uncertain position, device at fault.
func flagged() Panel {
	return Panel{
		Kind: Table, Title: Text{"Stazioni con letture segnate", "Stations with flagged readings"}, Window: now, SortBy: "values",
		Description: Text{
			"Letture dell'aria con un bit di qualità: ora sostituita, ritardo, posizione incerta, guasto.",
			"Air readings with a quality bit: time replaced, late, position uncertain, fault.",
		},
		Queries: []Query{From("air").Select(Count("q").As("values")).For(inPlace()...).When("q", ">", 0).By("device_id")},
		Empty:   Text{"Nessuna lettura segnata", "No flagged reading"},
		Links:   []Link{{To: "air-device", Tags: []string{"device_id"}}},
	}
}
