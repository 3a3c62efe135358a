package dashboards

func noiseDomain() domain {
	levels := []Step{{0, Good}, {55, Fair}, {65, Poor}, {75, Bad}}
	return domain{
		name: "noise", main: "noise", device: "noise-device",
		title: Text{"Rumore", "Noise"},
		description: Text{
			"Livelli equivalenti e massimi. 55 dB di giorno disturbano, 65 dB nuocciono a lungo andare.",
			"Equivalent and highest levels. By day 55 dB annoy, 65 dB do harm in the long run.",
		},
		figures: []Panel{
			gauge(Text{"Rumore mediano", "Median noise"}, Text{"Fonometro mediano.", "Meter in the middle."},
				levels, median("noise", "laeq_db", inPlace()...)),
			gauge(Text{"Il più forte", "The loudest"}, Text{"Livello equivalente più alto fra tutti i fonometri.",
				"Highest equivalent level of all meters."}, levels, From("noise").Select(Max("laeq_db")).For(inPlace()...)),
			gauge(Text{"Il più quieto", "The quietest"}, Text{"Livello equivalente più basso fra tutti i fonometri.",
				"Lowest equivalent level of all meters."}, levels, From("noise").Select(Min("laeq_db")).For(inPlace()...)),
			gauge(Text{"Picco", "Peak"}, Text{"Livello massimo dell'ultima ora.", "Highest level of the last hour."},
				nil, From("noise").Select(Max("lamax_db")).For(inPlace()...)),
		},
		plots: []Panel{
			plot(Text{"Metà e 95 su 100", "Half and 95 of 100"}, Text{
				"Metà delle misure sta sotto la prima linea, il 95 % sotto la seconda.",
				"Half of the measurements are below the first line, 95 % below the second."},
				From("noise").Select(Percentile("laeq_db", 50).As("p50"), Percentile("laeq_db", 95).As("p95")).
					For(inPlace()...).OverTime()),
			plot(Text{"Livelli medi", "Mean levels"}, Text{"Media su tutti i fonometri.", "Mean over all meters."},
				average("noise", "laeq_db", "lamax_db", "lamin_db")),
		},
		where: []Panel{
			newest("noise", "noise-device", Text{"Fonometri", "Sound level meters"}, levels, "laeq_db", "lamax_db", "lamin_db"),
			mapOf("noise", "noise-device", "laeq_db", levels),
		},
		past: []trend{
			means(Text{"Rumore", "Noise"}, "noise", "laeq_db"),
		},
	}
}

func weatherDomain() domain {
	mean := Text{"Media su tutte le stazioni.", "Mean over all stations."}
	middle := Text{"Stazione mediana.", "Station in the middle."}
	return domain{
		name: "weather", main: "weather", device: "weather-device",
		title: Text{"Tempo e acqua", "Weather and water"},
		description: Text{
			"Temperatura, pioggia, vento e livello dei corsi d'acqua.",
			"Temperature, rain, wind and water levels.",
		},
		figures: []Panel{
			gauge(Text{"Temperatura", "Temperature"}, middle, nil, median("weather", "temp_c", inPlace()...)),
			gauge(Text{"Raffica più forte", "Strongest gust"}, Text{"La più forte dell'ultima ora.", "The strongest of the last hour."},
				[]Step{{0, Good}, {17, Poor}, {25, Bad}}, From("weather").Select(Max("gust_ms")).For(inPlace()...)),
			gauge(Text{"Pioggia dell'ultima ora", "Rain of the last hour"}, Text{"Stazione con più pioggia.", "Station with the most rain."},
				[]Step{{0, Good}, {10, Poor}, {30, Bad}}, From("weather").Select(Sum("rain_mm")).For(inPlace()...).
					By("device_id").Of().Select(Max("rain_mm"))),
			gauge(Text{"Acqua più alta", "Highest water"}, Text{"Livello più alto dell'ultima ora.", "Highest level of the last hour."},
				nil, From("water").Select(Max("level_m")).For(inPlace()...)),
		},
		plots: []Panel{
			plot(Text{"Temperatura", "Temperature"}, mean, average("weather", "temp_c")),
			plot(Text{"Pioggia", "Rain"}, mean, average("weather", "rain_mm")),
			plot(Text{"Vento", "Wind"}, mean, average("weather", "wind_ms", "gust_ms")),
			plot(Text{"Livello dell'acqua", "Water level"}, Text{"Media degli idrometri.", "Mean of the water gauges."},
				average("water", "level_m")),
		},
		where: []Panel{
			newest("weather", "weather-device", Text{"Stazioni meteo", "Weather stations"}, nil, "temp_c", "rh_pct", "wind_ms"),
			newest("water", "water-device", Text{"Idrometri", "Water gauges"}, nil, "level_m"),
		},
		past: []trend{
			means(Text{"Temperatura", "Temperature"}, "weather", "temp_c"),
			highest(Text{"Raffiche", "Gusts"}, "weather", "gust_ms"),
			means(Text{"Livello dell'acqua", "Water level"}, "water", "level_m"),
		},
	}
}
