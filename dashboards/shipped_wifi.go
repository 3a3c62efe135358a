package dashboards

import (
	"fmt"
	"time"
)

func wifi() Dashboard {
	return Dashboard{
		Name:  "wifi",
		Title: Text{"Wi-Fi pubblico", "Public Wi-Fi"},
		Description: Text{
			"Il servizio è attivo, quanto è usato, dove la radio è piena.",
			"Whether the service is up, how much it is used, where the air is full.",
		},
		Tags:        []string{tagDomain},
		Variables:   place("wifi_ap"),
		Annotations: []Annotation{alarms("comune", "zone")},
		Deeper:      []Link{{To: "wifi-device"}},
		Rows: []Row{
			{Panels: wifiFigures()},
			{Panels: []Panel{usersOverTime(), serviceOverTime(), channelsOverTime(), trafficOverTime()}},
			{Title: Text{"Access point", "Access points"}, Panels: []Panel{
				accessPoints(12, "comune", "zone"), accessPointMap(),
			}},
			history(
				means(Text{"In servizio", "In service"}, "wifi_ap", "up"),
				means(Text{"Utenti per access point", "Clients of an access point"}, "wifi_ap", "clients"),
				growth(Text{"Traffico", "Traffic"}, "wifi_ssid", "down_bytes", "up_bytes"),
			),
		},
	}
}

func wifiFigures() []Panel {
	figures := headline("comune", "zone")[:2]
	for i := range figures {
		figures[i].Links = []Link{{To: "zone"}}
	}
	return append(figures,
		Panel{
			Kind: Stat, Title: Text{"Access point uditi", "Access points heard"}, Window: now,
			Description: Text{
				"Access point che hanno detto qualcosa nell'ultima ora.",
				"Access points that said something within the last hour.",
			},
			Queries: []Query{From("wifi_ap").Select(Last("up")).For("comune", "zone").By("device_id").
				Of().Select(Count("up").As("devices"))},
		},
		Panel{
			Kind: Stat, Title: Text{"Canale occupato", "Channel busy"}, Window: now,
			Steps: []Step{{0, Good}, {50, Fair}, {70, Poor}, {85, Bad}},
			Description: Text{
				"Occupazione del canale nella radio mediana. Sopra il 70 % gli utenti se ne accorgono.",
				"Channel utilisation of the radio in the middle. Above 70 % users notice.",
			},
			Queries: []Query{From("wifi_radio").Select(Last("util_pct")).For("comune", "zone").By("device_id", "radio").
				Of().Select(Percentile("util_pct", 50).As("util_pct"))},
		})
}

func usersOverTime() Panel {
	return Panel{
		Kind: TimeSeries, Title: Text{"Utenti connessi", "Clients"}, Every: sums,
		Description: Text{
			"Utenti associati, sommati su tutti gli access point.",
			"Associated clients, added over all access points.",
		},
		Queries: []Query{From("wifi_ap").Select(Mean("clients")).For("comune", "zone").By("device_id").OverTime().Fill("none").
			Of().Select(Sum("clients")).OverTime()},
	}
}

func serviceOverTime() Panel {
	return Panel{
		Kind: TimeSeries, Title: Text{"In servizio", "In service"}, Every: sums,
		Description: Text{
			"Disponibilità media degli access point che parlano.",
			"Mean availability of the access points that speak.",
		},
		Queries: []Query{From("wifi_ap").Select(Availability("up").As("up_pct")).For("comune", "zone").OverTime()},
	}
}

func channelsOverTime() Panel {
	return Panel{
		Kind: TimeSeries, Title: Text{"Canale occupato, per banda", "Channel busy, by band"}, Every: sums,
		Description: Text{
			"Media delle radio di ogni banda.",
			"Mean of the radios of each band.",
		},
		Series: []string{"2g", "5g", "6g"},
		Queries: []Query{From("wifi_radio").Select(Mean("util_pct")).For("comune", "zone").
			By("band").OverTime().Legend("$tag_band")},
	}
}

func trafficOverTime() Panel {
	return Panel{
		Kind: TimeSeries, Title: Text{"Traffico degli utenti", "User traffic"}, Window: 3 * time.Hour,
		Description: Text{
			"Bit al secondo verso gli utenti e dagli utenti, su tutte le reti pubbliche.",
			"Bits per second to and from users, over all public networks.",
		},
		Queries: []Query{trafficOf("down_bytes", "down"), trafficOf("up_bytes", "up_rate")},
	}
}

// trafficOf adds by how much a counter of bytes grew in each quarter of an hour, in
// bits per second. The rate of each series by intervals would cost four times as
// much, and two columns in one query more than two queries: InfluxDB reads all
// series anew for each column around an inner query.
func trafficOf(counter, name string) Query {
	const quarter = 15 * time.Minute
	return From("wifi_ssid").Select(Increase(counter).As(name)).For("comune", "zone").By("device_id", "band", "ssid").
		Of().Select(Sum(name).Times(fmt.Sprintf("8 / %d", quarter/time.Second)).In("bit/s")).Every(quarter)
}

func accessPointMap() Panel {
	return Panel{
		Kind: Geomap, Title: Text{"Mappa degli access point", "Map of access points"}, Width: 12, Height: 10, Window: now,
		Description: Text{
			"Colore: in servizio o no. Un clic porta al dispositivo.",
			"Colour: in service or not. A click leads to the device.",
		},
		Queries: []Query{onMap("wifi_ap", []string{"comune", "zone"}, "up", "clients")},
		Layers:  []Layer{{Title: Text{"Access point", "Access points"}, Shape: Circle, Colour: "up"}},
		Links:   []Link{{To: "wifi-device", Tags: []string{"device_id"}}},
	}
}
