package dashboards

import "time"

// platformAlerts is the name of the rules about rione itself.
const platformAlerts = "alerts-platform"

// alerts are the rules that rione ships. Their pending periods are longer than
// a restart of rione or of the store takes.
func alerts() []AlertGroup {
	return []AlertGroup{
		{Name: "alerts-devices", Folder: folderPlatform, Every: 5 * time.Minute, Alerts: []Alert{silentShare(), clusterDown()}},
		{Name: "alerts-quality", Folder: folderPlatform, Every: 5 * time.Minute, Alerts: []Alert{poorAir(), poorLines(), storeMute()}},
		{Name: platformAlerts, Folder: folderPlatform, Every: time.Minute, Alerts: []Alert{ledgerImbalance(), journalFull()}},
	}
}

// silentShare compares the access points heard of late with those of a day: what the
// first count adds, the second takes away again, so that a comune of which nothing is
// heard has a row too. Neither count has intervals: each costs one look at each device.
func silentShare() Alert {
	devices := From("wifi_ap").Select(Last("q")).By("comune", "device_id")
	known := devices.Of().Select(Count("q").As("devices"), Count("q").As("silent")).By("comune")
	heard := devices.Since(30 * time.Minute).Of().Select(Count("q").Times("-1").As("silent")).By("comune")
	return Alert{
		Name: "silent-share", Title: Text{"Access point silenziosi", "Silent access points"}, Page: "wifi", Panel: "Access points heard",
		Summary: Text{
			"Da mezz'ora tace il {{ $values.B }} % degli access point del comune {{ $labels.comune }}. Si guardi prima la rete, poi i dispositivi.",
			"For half an hour {{ $values.B }} % of the access points of comune {{ $labels.comune }} have been silent. Look at the network first.",
		},
		Query:   Together(known, heard).Select(Ratio(Sum("silent"), Sum("devices")).As("silent_pct")).By("comune"),
		Compare: Comparison{LastAbove, 50}, Window: 24 * time.Hour, Pending: 10 * time.Minute,
	}
}

func clusterDown() Alert {
	return Alert{
		Name: "cluster-down", Title: Text{"Gruppo di access point fuori servizio", "Cluster of access points down"}, Page: "zone", Panel: "Wi-Fi in service",
		Summary: Text{
			"Nella zona {{ $labels.zone }} del comune {{ $labels.comune }} meno della metà degli access point è in servizio.",
			"In zone {{ $labels.zone }} of comune {{ $labels.comune }} fewer than half of the access points are in service.",
		},
		Query: From("wifi_ap").Select(Last("up")).By("comune", "zone", "device_id").
			Of().Select(Count("up").As("devices"), Availability("up").As("up_pct")).By("comune", "zone").
			Of().Select(Raw("up_pct")).When("devices", ">=", 3).By("comune", "zone"),
		Compare: Comparison{LastBelow, 50}, Window: time.Hour, Pending: 10 * time.Minute,
	}
}

func poorAir() Alert {
	return Alert{
		Name: "air-poor", Title: Text{"Aria scadente", "Poor air"}, Page: "air", Panel: label("pm25_ugm3").En,
		Summary: Text{
			"PM2,5 scadente nel comune {{ $labels.comune }}: {{ $values.B }} µg/m³ di media oraria nella stazione mediana.",
			"Poor PM2.5 in comune {{ $labels.comune }}: {{ $values.B }} µg/m³, hourly mean of the station in the middle.",
		},
		Query: From("air").Select(Mean("pm25_ugm3")).By("comune", "device_id").
			Of().Select(Percentile("pm25_ugm3", 50).As("pm25_ugm3")).By("comune"),
		Compare: Comparison{LastAbove, 50}, Window: time.Hour, Pending: 30 * time.Minute,
	}
}

func poorLines() Alert {
	return Alert{
		Name: "line-quality", Title: Text{"Linee con pacchetti persi", "Lines losing packets"}, Page: "broadband", Panel: "Packet loss",
		Summary: Text{
			"Le sonde del comune {{ $labels.comune }} perdono il {{ $values.B }} % dei pacchetti.",
			"Probes of comune {{ $labels.comune }} lose {{ $values.B }} % of the packets.",
		},
		Query:   From("bb_probe").Select(Mean("loss_pct")).By("comune"),
		Compare: Comparison{LastAbove, 3}, Window: 30 * time.Minute, Pending: 15 * time.Minute,
	}
}

// ledgerImbalance leaves out the newest minutes, whose messages are at work.
func ledgerImbalance() Alert {
	return Alert{
		Name: "ledger-imbalance", Title: Text{"Messaggi senza esito", "Messages unaccounted for"}, Page: platformPage, Panel: "Unaccounted",
		Summary: Text{
			"{{ $values.B }} messaggi confermati non hanno esito. Si esegua «rione ledger», poi «rione doctor».",
			"{{ $values.B }} acked messages have no outcome. Run \"rione ledger\", then \"rione doctor\".",
		},
		Query: From("ledger").Select(Sum("acked").Less(Sum("stored"), Sum("partial"), Sum("duplicate"),
			Sum("quarantined"), Sum("expired")).As("open")),
		Compare: Comparison{LastAwayFrom, 0}, Window: time.Hour, Delay: 10 * time.Minute, Pending: 15 * time.Minute,
	}
}

// journalFull follows the event that rione raises at 80 % of the limit and closes
// below 70 %: its newest state stands for as long as nothing else is said.
func journalFull() Alert {
	return Alert{
		Name: "journal-full", Title: Text{"Il journal si riempie", "The journal fills up"}, Page: platformPage, Panel: "Journal filled",
		Summary: Text{
			"Il journal supera l'80 % del limite; al 100 % le porte non accettano più nulla. Si esegua «rione doctor».",
			"The journal is over 80 % of its limit; at 100 % doors take nothing more. Run \"rione doctor\".",
		},
		Query:   From("event").Select(Last("state")).Is("type", "journal_full"),
		Compare: Comparison{LastAbove, 0}, Window: 7 * 24 * time.Hour, Pending: 2 * time.Minute,
	}
}

// storeMute counts what is never fewer than none: only an error raises it.
func storeMute() Alert {
	return Alert{
		Name: "store-mute", Title: Text{"InfluxDB non risponde", "InfluxDB does not answer"}, Page: "quality", Panel: "Access points heard",
		Summary: Text{
			"Grafana non riesce a interrogare InfluxDB, e gli altri allarmi tacciono finché non torna. Si esegua «rione doctor».",
			"Grafana cannot ask InfluxDB, and the other alerts are silent until it is back. Run \"rione doctor\".",
		},
		Query:   From("event").Select(Count("state")),
		Compare: Comparison{LastBelow, 0}, Window: time.Hour, Pending: 10 * time.Minute, Mute: true,
	}
}
