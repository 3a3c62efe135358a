package dashboards

import (
	"fmt"
	"time"
)

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
				complete("wifi_ap", Text{"Completezza, access point", "Completeness, access points"}),
				complete("bb_link", Text{"Completezza, linee", "Completeness, lines"}),
				complete("air", Text{"Completezza, aria", "Completeness, air"}),
				gauge(Text{"Valori sospetti", "Suspect values"}, Text{
					"Valori dell'ultima ora che non hanno superato un controllo.",
					"Values of the last hour that failed a check."}, nil,
					From("suspect").Select(Count("value").As("values")).For(inPlace()...)),
			}},
			{Panels: []Panel{
				heardOverTime("wifi_ap", Text{"Access point uditi", "Access points heard"}),
				heardOverTime("air", Text{"Stazioni dell'aria udite", "Air stations heard"}),
				late(), flagged(), suspects(),
			}},
		},
	}
}

func heardQuery(measurement string) Query {
	return From(measurement).Select(Last("q")).For(inPlace()...).By("device_id")
}

// complete is the share of the day's devices that were heard within the last hour: what
// the first count adds to the devices, the second adds to those that were heard.
func complete(measurement string, title Text) Panel {
	known := heardQuery(measurement).Of().Select(Count("q").As("devices"), Count("q").Times("0").As("heard"))
	of := heardQuery(measurement).Since(now).Of().Select(Count("q").As("heard"))
	p := gauge(title, Text{
		"Quota dei dispositivi uditi nell'ultimo giorno che hanno detto qualcosa nell'ultima ora.",
		"Share of the devices heard within a day that said something within the last hour.",
	}, share(), Together(known, of).Select(Ratio(Sum("heard"), Sum("devices")).As("share_pct")))
	p.Window = 24 * time.Hour
	return p
}

// lateBit is the quality bit of readings from a backlog.
const lateBit = 16

// late counts readings that came long after their time.
func late() Panel {
	readings := func(measurement, name string) Query {
		return From(measurement).Select(Bits("q", lateBit).As("late")).For(inPlace()...).
			Of().Select(Sum("late").Times(fmt.Sprintf("1 / %d", lateBit)).As(name)).OverTime()
	}
	p := plot(Text{"Letture in ritardo", "Late readings"}, Text{
		"Letture arrivate molto dopo la loro ora, per intervallo: la rete o un gateway era fermo, e poi ha recuperato.",
		"Readings that came long after their time, by interval: the network or a gateway was down, and caught up.",
	}, readings("wifi_ap", "late_wifi"))
	p.Queries = append(p.Queries, readings("bb_link", "late_lines"), readings("air", "late_air"))
	p.Every, p.Window = 3*sums, 3*time.Hour // it looks at each reading
	return p
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
