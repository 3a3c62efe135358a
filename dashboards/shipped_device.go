package dashboards

import (
	"strings"
	"time"

	"rione/ingest/schema"
)

// deviceKind is a kind of device that has a page of its own.
type deviceKind struct {
	name  string // of its pages and links
	title Text
	of    []string // measurements, the default one first
}

// deviceKinds returns the kinds whose devices are shown one by one. Broadband
// lines are not among them, since they end in homes, nor are people counters,
// whose small numbers tell who passed.
func deviceKinds() []deviceKind {
	return []deviceKind{
		{"wifi", Text{"Access point", "Access point"}, []string{"wifi_ap", "wifi_radio"}},
		{"air", Text{"Stazione dell'aria", "Air station"}, []string{"air"}},
		{"noise", Text{"Fonometro", "Sound level meter"}, []string{"noise"}},
		{"weather", Text{"Stazione meteo", "Weather station"}, []string{"weather"}},
		{"water", Text{"Idrometro", "Water gauge"}, []string{"water"}},
		{"traffic", Text{"Contatore di veicoli", "Vehicle counter"}, []string{"traffic"}},
		{"parking", Text{"Stallo", "Parking space"}, []string{"parking_spot"}},
		{"light", Text{"Lampione", "Street light"}, []string{"light"}},
		{"bin", Text{"Cassonetto", "Container"}, []string{"bin"}},
	}
}

func devicePages() []Dashboard {
	var out []Dashboard
	for _, k := range deviceKinds() {
		out = append(out, devicePage(k))
	}
	return out
}

// devicePage shows everything that one device says: a plot for each unit of
// each measurement, states as a timeline, then the device itself.
func devicePage(k deviceKind) Dashboard {
	d := Dashboard{
		Name:  k.name + "-device",
		Title: k.title, Folder: folderDevices,
		Description: Text{
			"Tutto ciò che dice un dispositivo, e in che stato è.",
			"Everything that one device says, and the state it is in.",
		},
		Variables: append(place(k.of[0]),
			Variable{Tag: "device_id", From: k.of[0], Within: []string{"comune", "zone"}, Single: true}),
		Annotations: []Annotation{alarms("device_id")},
		Range:       24 * time.Hour,
	}
	for _, name := range k.of {
		d.Rows = append(d.Rows, Row{Panels: plotsOf(schema.Lookup(name))})
	}
	d.Rows = append(d.Rows, Row{Title: Text{"Il dispositivo", "The device itself"}, Panels: plotsOf(schema.Lookup("device"))})
	return d
}

// plotsOf plots the fields of a measurement for one device, those of one unit
// together.
func plotsOf(m *schema.Measurement) []Panel {
	var out []Panel
	for _, fields := range byUnit(m) {
		out = append(out, plotOf(m, fields))
	}
	return out
}

// byUnit groups the fields of a measurement that are worth a plot: states by
// themselves, gauges by unit. Counters of a device's age tell nothing.
func byUnit(m *schema.Measurement) [][]schema.Field {
	var keys []string
	groups := map[string][]schema.Field{}
	for _, f := range m.Fields {
		if f.Type == schema.Text || f.Role == schema.Counter || f.Name == "window_s" || f.Name == "channel" {
			continue
		}
		key := f.Unit
		if f.Role == schema.State {
			key = "state"
		}
		if groups[key] == nil {
			keys = append(keys, key)
		}
		groups[key] = append(groups[key], f)
	}
	out := make([][]schema.Field, len(keys))
	for i, k := range keys {
		out[i] = groups[k]
	}
	return out
}

func plotOf(m *schema.Measurement, fields []schema.Field) Panel {
	p := Panel{
		Kind: TimeSeries, Title: fieldTitle(fields), Width: 8, Every: time.Minute,
		Description: Text{"Valori di " + m.Name + ", media per intervallo.", "Values of " + m.Name + ", mean of each interval."},
		Empty:       Text{"Questo dispositivo non lo misura", "This device does not measure it"},
		Links:       []Link{{To: "zone"}},
	}
	q := From(m.Name).For("device_id").OverTime()
	for _, f := range fields {
		if f.Role == schema.State {
			p.Kind = StateTimeline
			q = q.Select(Last(f.Name)).Fill("previous")
			continue
		}
		q = q.Select(Mean(f.Name))
	}
	if len(m.Tags) > 0 {
		tag, legend := m.Tags[0], "$tag_"+m.Tags[0].Name
		if len(fields) > 1 {
			legend += columnLegend
		} else {
			p.Series = tag.Values
		}
		q = q.By(tag.Name).Legend(legend)
	}
	p.Queries = []Query{q}
	return p
}

// fieldTitle names a plot by its fields.
func fieldTitle(fields []schema.Field) Text {
	var it, en []string
	for _, f := range fields[:min(3, len(fields))] {
		t := label(f.Name)
		it, en = append(it, t.It), append(en, t.En)
	}
	more := ""
	if len(fields) > 3 {
		more = ", …"
	}
	return Text{strings.Join(it, ", ") + more, strings.Join(en, ", ") + more}
}
