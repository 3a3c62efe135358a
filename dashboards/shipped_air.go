package dashboards

import "rione/ingest/schema"

// eaqi colours the six bands of the European Air Quality Index, good to
// extremely poor, from the upper bounds of the first five in µg/m³.
func eaqi(bounds ...float64) []Step {
	colours := [...]string{blue, sky, yellow, orange, vermillion, purple}
	out := []Step{{0, colours[0]}}
	for i, bound := range bounds {
		out = append(out, Step{bound, colours[i+1]})
	}
	return out
}

// bands returns the steps of a pollutant: the bands for hourly values, as the
// European Environment Agency revised them in 2024.
func bands(field string) []Step {
	switch field {
	case "pm10_ugm3":
		return eaqi(15, 45, 120, 195, 270)
	case "no2_ugm3":
		return eaqi(10, 25, 60, 100, 150)
	case "o3_ugm3":
		return eaqi(60, 100, 120, 160, 180)
	default: // PM2.5
		return eaqi(5, 15, 50, 90, 140)
	}
}

func airDomain() domain {
	return domain{
		name: "air", main: "air", device: "air-device",
		title: Text{"Qualità dell'aria", "Air quality"},
		description: Text{
			"Inquinanti secondo l'indice europeo; stazioni di riferimento e indicative separate.",
			"Pollutants by the European index; reference and indicative stations apart.",
		},
		figures: []Panel{
			pollutant("pm25_ugm3"), pollutant("pm10_ugm3"), pollutant("no2_ugm3"), pollutant("o3_ugm3"),
		},
		plots: []Panel{
			byGrade("pm25_ugm3"), byGrade("no2_ugm3"),
			plot(Text{"Ozono", "Ozone"}, Text{"Media su tutte le stazioni.", "Mean over all stations."}, average("air", "o3_ugm3")),
			plot(Text{"Particolato", "Particles"}, Text{"Media su tutte le stazioni.", "Mean over all stations."},
				average("air", "pm1_ugm3", "pm25_ugm3", "pm10_ugm3")),
		},
		where: []Panel{stations(12, inPlace()...), mapOf("air", "air-device", "pm25_ugm3", bands("pm25_ugm3"))},
		past: []trend{
			means(Text{"Particolato", "Particles"}, "air", "pm25_ugm3", "pm10_ugm3"),
			means(Text{"Gas", "Gases"}, "air", "no2_ugm3", "o3_ugm3"),
			highest(Text{"Indice europeo peggiore", "Worst European index"}, "air", schema.AirIndex),
		},
	}
}

func pollutant(field string) Panel {
	return gauge(label(field), Text{
		"Valore della stazione mediana. Gradini: indice europeo della qualità dell'aria.",
		"Value of the station in the middle. Steps: European air quality index.",
	}, bands(field), median("air", field, inPlace()...))
}

func byGrade(field string) Panel {
	name := label(field)
	return plot(
		Text{name.It + ": riferimento e indicative", name.En + ": reference and indicative"},
		Text{
			"Le stazioni indicative mostrano l'andamento, non il valore di legge.",
			"Indicative stations show the trend, not the legal value.",
		},
		average("air", field).By("grade").Legend("$tag_grade"), "reference", "indicative")
}
