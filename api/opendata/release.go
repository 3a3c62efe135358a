package opendata

import (
	"slices"

	"rione/ingest/schema"
)

// leastGroup is the smallest number of people, Wi-Fi clients or homes that a
// published figure may stand for.
const leastGroup = 5

// release says what of a measurement may ever leave. What is not named here
// stays, whatever a publication says.
type release struct {
	open   []string // fields of single devices; never of those in homes
	tags   []string // extra tags of single devices
	counts []count  // of people, published as sums of a cell and an hour
	homes  []string // fields published as means over the homes of a cell and an hour
	split  []string // tags with a closed list of values that keep groups apart
}

// count is a field that counts people.
type count struct {
	field    string
	function string // how an hour of one device becomes a number: mean of a level, sum of events
}

// groups returns the names of the fields that are published in groups.
func (r *release) groups() []string {
	var names []string
	for _, c := range r.counts {
		names = append(names, c.field)
	}
	return append(names, r.homes...)
}

// releases is the table. Where one field is a part of another (clients by radio
// or by network, sessions among clients) only the whole is here: the difference
// of two published figures would be a small one that is not.
//
//nolint:gochecknoglobals // a table that nobody changes
var releases = map[string]release{
	"air":          {open: fieldsOf("air"), tags: []string{"grade"}, homes: fieldsOf("air"), split: []string{"grade"}},
	"noise":        {open: fieldsOf("noise")},
	"weather":      {open: fieldsOf("weather"), homes: fieldsOf("weather")},
	"water":        {open: fieldsOf("water")},
	"traffic":      {open: fieldsOf("traffic"), tags: []string{"lane", "dir", "vclass"}},
	"parking_spot": {open: fieldsOf("parking_spot")},
	"parking_area": {open: fieldsOf("parking_area")},
	"light":        {open: fieldsOf("light")},
	"bin":          {open: fieldsOf("bin")},
	"wifi_ap":      {open: []string{"up", "uptime_s", "sanity_pct"}, counts: []count{{"clients", "mean"}}},
	"wifi_radio":   {open: []string{"channel", "width_mhz", "noise_dbm", "tx_power_dbm"}, tags: []string{"band", "radio"}},
	"people":       {counts: []count{{"in_n", "sum"}, {"out_n", "sum"}}},
	"bb_link": {open: []string{"up", "rx_power_dbm", "sync_down_kbps", "sync_up_kbps", "attain_down_kbps", "snr_down_db", "snr_up_db"},
		tags: []string{"tech", "line"}, homes: []string{"up", "sync_down_kbps", "sync_up_kbps", "attain_down_kbps"}, split: []string{"tech"}},
	"bb_speed": {open: fieldsOf("bb_speed"), tags: []string{"dir", "method"}, homes: []string{"capacity_mbps", "rtt_min_ms"}, split: []string{"dir"}},
}

func fieldsOf(measurement string) []string {
	var names []string
	m := schema.Lookup(measurement)
	for i := range m.Fields {
		names = append(names, m.Fields[i].Name)
	}
	return names
}

// releaseOf returns what of a measurement may leave, nil when nothing does.
func releaseOf(measurement string) *release {
	r, ok := releases[measurement]
	if !ok {
		return nil
	}
	return &r
}

// measurements returns the names of what can be published, sorted.
func measurements() []string {
	var names []string
	for name := range releases {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
