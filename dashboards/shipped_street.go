package dashboards

import "time"

func mobilityDomain() domain {
	return domain{
		name: "mobility", main: "traffic", device: "traffic-device",
		title: Text{"Mobilità e sosta", "Mobility and parking"},
		description: Text{
			"Veicoli, velocità e posti liberi.",
			"Vehicles, speed and free spaces.",
		},
		figures: []Panel{
			gauge(Text{"Veicoli", "Vehicles"}, Text{"Contati nell'ultima ora.", "Counted within the last hour."},
				nil, From("traffic").Select(Sum("count")).For(inPlace()...)),
			gauge(Text{"Velocità mediana", "Median speed"}, Text{"Contatore mediano.", "Counter in the middle."},
				nil, median("traffic", "speed_kmh", inPlace()...)),
			gauge(Text{"Stalli occupati", "Spaces taken"}, Text{"Quota di stalli occupati.", "Share of spaces taken."},
				[]Step{{0, Good}, {80, Fair}, {95, Poor}}, shareOf("parking_spot", "occupied", inPlace())),
			gauge(Text{"Posti liberi", "Free spaces"}, Text{"Nei parcheggi.", "In the car parks."},
				nil, inTotal("parking_area", "free", inPlace()...)),
		},
		plots: []Panel{
			plot(Text{"Veicoli", "Vehicles"}, Text{"Per intervallo, su tutti i contatori.", "By interval, over all counters."},
				From("traffic").Select(Sum("count")).For(inPlace()...).OverTime()),
			plot(Text{"Velocità", "Speed"}, Text{"Media su tutti i contatori.", "Mean over all counters."},
				average("traffic", "speed_kmh")),
			plot(Text{"Stalli occupati", "Spaces taken"}, Text{"Quota di tempo e di stalli.", "Share of time and of spaces."},
				From("parking_spot").Select(Availability("occupied").As("share_pct")).For(inPlace()...).OverTime()),
			plot(Text{"Strada occupata", "Road occupied"}, Text{"Quota di tempo, media.", "Share of time, mean."},
				average("traffic", "occ_pct")),
		},
		where: []Panel{
			newest("traffic", "traffic-device", Text{"Contatori", "Counters"}, nil, "count", "speed_kmh", "occ_pct"),
			mapOf("parking_spot", "parking-device", "occupied", nil),
		},
		past: []trend{
			amounts(Text{"Veicoli", "Vehicles"}, "traffic", "count"),
			means(Text{"Stalli occupati", "Spaces taken"}, "parking_spot", "occupied"),
		},
	}
}

func wasteDomain() domain {
	filling := []Step{{0, Good}, {70, Poor}, {90, Bad}}
	return domain{
		name: "waste", main: "bin", device: "bin-device",
		title:       Text{"Rifiuti", "Waste"},
		description: Text{"Quali cassonetti vuotare oggi.", "Which containers to empty today."},
		figures: []Panel{
			gauge(Text{"Riempimento medio", "Mean filling"}, Text{"Su tutti i cassonetti.", "Over all containers."}, filling,
				From("bin").Select(Last("fill_pct")).For(inPlace()...).By("device_id").Of().Select(Mean("fill_pct"))),
			gauge(Text{"Il più pieno", "The fullest"}, Text{"Riempimento più alto.", "Highest filling."}, filling,
				From("bin").Select(Last("fill_pct")).For(inPlace()...).By("device_id").Of().Select(Max("fill_pct"))),
			gauge(Text{"Rovesciati", "Tilted"}, Text{"Quota di cassonetti non diritti.", "Share of containers not upright."},
				[]Step{{0, Good}, {1, Poor}, {5, Bad}}, shareOf("bin", "tilted", inPlace())),
			gauge(Text{"Cassonetti uditi", "Containers heard"}, Text{"Nell'ultima ora.", "Within the last hour."}, nil,
				From("bin").Select(Last("fill_pct")).For(inPlace()...).By("device_id").
					Of().Select(Count("fill_pct").As("devices"))),
		},
		plots: []Panel{
			plot(Text{"Riempimento", "Filling"}, Text{"Media su tutti i cassonetti.", "Mean over all containers."},
				average("bin", "fill_pct")),
			plot(Text{"Temperatura interna", "Temperature inside"}, Text{"La più alta: un incendio si vede qui.",
				"The highest: a fire shows here."}, From("bin").Select(Max("temp_c")).For(inPlace()...).OverTime()),
		},
		where: []Panel{fullBins(inPlace()), mapOf("bin", "bin-device", "fill_pct", filling)},
		past: []trend{
			means(Text{"Riempimento", "Filling"}, "bin", "fill_pct"),
		},
	}
}

func lightingDomain() domain {
	return domain{
		name: "lighting", main: "light", device: "light-device",
		title:       Text{"Illuminazione", "Lighting"},
		description: Text{"Lampade accese, guaste, ed energia.", "Lamps lit, at fault, and energy."},
		figures: []Panel{
			gauge(Text{"Accese", "Lit"}, Text{"Quota di lampade accese.", "Share of lamps lit."}, nil,
				shareOf("light", "lit", inPlace())),
			gauge(Text{"Guaste", "At fault"}, Text{"Quota di lampade che segnalano un guasto.", "Share of lamps that report a fault."},
				[]Step{{0, Good}, {1, Poor}, {5, Bad}}, shareOf("light", "fault", inPlace())),
			gauge(Text{"Potenza", "Power"}, Text{"Somma su tutte le lampade.", "Sum over all lamps."}, nil,
				inTotal("light", "power_w", inPlace()...)),
			gauge(Text{"Regolazione", "Dimming"}, Text{"Media; 100 è piena luce.", "Mean; 100 is full light."}, nil,
				From("light").Select(Last("dim_pct")).For(inPlace()...).By("device_id").Of().Select(Mean("dim_pct"))),
		},
		plots: []Panel{
			plot(Text{"Potenza", "Power"}, Text{"Somma su tutte le lampade.", "Sum over all lamps."},
				From("light").Select(Mean("power_w")).For(inPlace()...).By("device_id").OverTime().Fill("none").
					Of().Select(Sum("power_w")).OverTime()),
			plot(Text{"Guaste", "At fault"}, Text{"Quota di lampade.", "Share of lamps."},
				From("light").Select(Availability("fault").As("share_pct")).For(inPlace()...).OverTime()),
		},
		where: []Panel{
			newest("light", "light-device", Text{"Lampioni", "Street lights"}, nil, "power_w", "fault", "dim_pct"),
			mapOf("light", "light-device", "fault", nil),
		},
		past: []trend{
			growth(Text{"Energia", "Energy"}, "light", "energy_kwh"),
			means(Text{"Guaste", "At fault"}, "light", "fault"),
		},
	}
}

// peopleDomain shows no counts of fewer than five: who they are could be
// guessed. It counts by intervals in which more than five pass at night too.
func peopleDomain() domain {
	const (
		fewest  = 5
		quarter = 15 * time.Minute
	)
	return domain{
		name: "people", main: "people", device: "zone",
		title:       Text{"Persone", "People"},
		description: Text{"Passaggi, mai sotto cinque.", "Passages, never below five."},
		figures: []Panel{
			gauge(Text{"Entrate", "In"}, Text{"Nell'ultima ora.", "Within the last hour."}, nil,
				From("people").Select(Sum("in_n")).For(inPlace()...).AtLeast("in_n", fewest)),
			gauge(Text{"Uscite", "Out"}, Text{"Nell'ultima ora.", "Within the last hour."}, nil,
				From("people").Select(Sum("out_n")).For(inPlace()...).AtLeast("out_n", fewest)),
		},
		plots: []Panel{
			plot(Text{"Entrate", "In"}, Text{"Per quarto d'ora; sotto cinque resta vuoto.", "By quarter of an hour; below five stays empty."},
				From("people").Select(Sum("in_n")).For(inPlace()...).Every(quarter).AtLeast("in_n", fewest)),
			plot(Text{"Uscite", "Out"}, Text{"Per quarto d'ora; sotto cinque resta vuoto.", "By quarter of an hour; below five stays empty."},
				From("people").Select(Sum("out_n")).For(inPlace()...).Every(quarter).AtLeast("out_n", fewest)),
		},
		where: []Panel{{
			Kind: Table, Title: Text{"Zone", "Zones"}, Width: 24, Window: now, SortBy: "in_n",
			Description: Text{"Passaggi per zona, mai sotto cinque.", "Passages by zone, never below five."},
			Queries: []Query{From("people").Select(Sum("in_n"), Sum("out_n")).For(inPlace()...).By("comune", "zone").
				AtLeast("in_n", fewest)},
			Links: []Link{{To: "zone", Tags: []string{"comune", "zone"}}},
		}},
	}
}
