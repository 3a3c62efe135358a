package dashboards

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"rione/ingest/schema"
)

// Config says where the shipped dashboards find their data.
type Config struct {
	InfluxURL   string            // of InfluxDB, as Grafana reaches it; required
	InfluxToken string            // a token that may read, or user:password for InfluxDB 1.8
	Bucket      string            // of fixed devices, the others' names begin with it; "" means schema.BucketFixed
	Label       string            // marks what belongs to the set; "" means DefaultLabel
	Language    Language          // of titles; "" means both
	Comuni      map[string]string // ISTAT code → name; empty: panels show codes
	Within      []string          // ISTAT codes that people can choose; none: all
	Initiatives []Initiative      // nil: those that rione brings
	AlertEmails []string          // told of alerts; none: Grafana's own notification policies decide
	Place       string            // whose pages these are, in the titles of folders; "": everybody's
	Part        bool              // the store holds some comuni only; the platform's page and alerts are elsewhere
}

// Names of the shipped folders.
const (
	folderCity     = "folder-city"
	folderPlans    = "folder-plans"
	folderDevices  = "folder-devices"
	folderPlatform = "folder-platform"
)

// Tags by which pages list each other.
const (
	tagDomain     = "tema"
	tagInitiative = "iniziativa"
)

// Shipped returns the dashboards that rione brings, for the given store.
func Shipped(c Config) (Set, error) {
	if c.Initiatives == nil {
		var err error
		if c.Initiatives, err = ShippedInitiatives(); err != nil {
			return Set{}, err
		}
	}
	s := Set{
		Label: cmp.Or(c.Label, DefaultLabel), Language: c.Language, Comuni: c.Comuni, Within: c.Within,
		DataSources: stores(c), Folders: folders(c.Place),
		Dashboards: fixedPages(), Alerts: alerts(),
	}
	if len(c.AlertEmails) > 0 {
		s.Contacts = []Contact{{Name: "operators", Emails: c.AlertEmails}}
	}
	for _, i := range c.Initiatives {
		s.Dashboards = append(s.Dashboards, initiativePage(i))
		if len(i.Domains) > 0 {
			s.Dashboards = append(s.Dashboards, impactPage(i))
		}
	}
	if c.Part {
		s.withoutPlatform()
	}
	for i := range s.Dashboards {
		s.Dashboards[i].complete()
	}
	return s, s.Validate()
}

// fixedPages are those that follow from no initiative.
func fixedPages() []Dashboard {
	return slices.Concat(
		[]Dashboard{city(), comunePage(), zonePage(), wifi(), broadband(), sensors()},
		domainPages(),
		[]Dashboard{platform(), quality()},
		devicePages(),
	)
}

// pageNames are their names.
func pageNames() []string {
	var out []string
	for _, d := range fixedPages() {
		out = append(out, d.Name)
	}
	return out
}

func folders(place string) []Folder {
	out := []Folder{
		{folderCity, "rione"},
		{folderPlans, "rione · iniziative · initiatives"},
		{folderDevices, "rione · dispositivi · devices"},
		{folderPlatform, "rione · piattaforma · platform"},
	}
	if place != "" {
		for i := range out {
			out[i].Title += " · " + place
		}
	}
	return out
}

// withoutPlatform leaves out what asks the ledger, which knows no comuni apart,
// and the ways there.
func (s *Set) withoutPlatform() {
	leads := func(l Link) bool { return l.To == platformPage }
	s.Dashboards = slices.DeleteFunc(s.Dashboards, func(d Dashboard) bool { return d.Name == platformPage })
	s.Alerts = slices.DeleteFunc(s.Alerts, func(g AlertGroup) bool { return g.Name == platformAlerts })
	for i := range s.Dashboards {
		d := &s.Dashboards[i]
		d.Links = slices.DeleteFunc(d.Links, leads)
		d.Deeper = slices.DeleteFunc(d.Deeper, leads)
	}
}

// stores returns a data source for each database that rione writes.
func stores(c Config) []DataSource {
	var out []DataSource
	for _, d := range [][2]string{
		{"city", schema.BucketFixed}, {"movers", schema.BucketMovers},
		{"hourly", schema.BucketHourly}, {"daily", schema.BucketDaily},
	} {
		database := cmp.Or(c.Bucket, schema.BucketFixed) + strings.TrimPrefix(d[1], schema.BucketFixed)
		out = append(out, DataSource{Name: d[0], URL: c.InfluxURL, Database: database, Token: c.InfluxToken})
	}
	return out
}

// complete fills in what most shipped dashboards have in common.
func (d *Dashboard) complete() {
	d.Folder = cmp.Or(d.Folder, folderCity)
	d.Database = cmp.Or(d.Database, "city")
	d.Range = cmp.Or(d.Range, 6*time.Hour)
	d.Refresh = cmp.Or(d.Refresh, time.Minute)
	leadsToCity := slices.ContainsFunc(d.Links, func(l Link) bool { return l.To == "city" })
	if d.Name != "city" && !leadsToCity {
		d.Links = append([]Link{{To: "city"}}, d.Links...)
	}
	for _, r := range d.Rows {
		for i := range r.Panels {
			d.completePanel(&r.Panels[i])
		}
	}
}

func (d *Dashboard) completePanel(p *Panel) {
	if len(p.Links) == 0 {
		p.Links = d.Deeper
	}
	if p.Kind == TimeSeries && !d.has("device_id") {
		p.Points = manyDevices
	}
}

// manyDevices is how many intervals a plot over many devices has: the store
// works for each interval of each device.
const manyDevices = 48

// now is how far back a panel looks for what is so now: long enough for a
// device that reports every half hour.
const now = time.Hour

// sums is the shortest interval over which values of many devices are added:
// each device must have reported in it.
const sums = 5 * time.Minute

// share are the steps of a share that should be high, percent.
func share() []Step { return []Step{{0, Bad}, {90, Poor}, {99, Good}} }

// position are the columns that put a row on the map. They are of the point that
// the row's one selector chose: several selectors would each read every series.
func position() []Column { return []Column{Raw("lat").As("latitude"), Raw("lon").As("longitude")} }

// newestOf are the columns of the newest point that has the first field.
func newestOf(fields ...string) []Column {
	out := []Column{Last(fields[0])}
	for _, f := range fields[1:] {
		out = append(out, Raw(f))
	}
	return out
}

// onMap is one layer's query: one row a device.
func onMap(measurement string, tags []string, fields ...string) Query {
	return From(measurement).Select(newestOf(fields...)...).Select(position()...).For(tags...).By("device_id")
}

// serving asks how many devices of a measurement are up in each comune and zone, and how
// many there are, silent ones too. rione counts them, see schema.Service: a query of
// readings cannot tell who is missing.
func serving(measurement string) Query {
	q := From("indicator").Is("initiative", schema.Service).Is("id", measurement).
		Select(Last("value").As("up"), Last("target").As("devices")).By("comune", "zone")
	if !slices.Contains(schema.Services(), measurement) {
		return q.fail(fmt.Errorf("the devices of %s that serve people are not counted", measurement))
	}
	return q
}

// servingShare is the percent of them that are up.
func servingShare() Column { return Ratio(Sum("up"), Sum("devices")).As("up_pct") }

// inService asks what share of the devices of a measurement is up.
func inService(measurement string, tags ...string) Query {
	return serving(measurement).For(tags...).Of().Select(servingShare())
}

// inTotal adds the newest values of a field over all devices.
func inTotal(measurement, field string, tags ...string) Query {
	return From(measurement).Select(Last(field)).For(tags...).By("device_id").Of().Select(Sum(field))
}

// median asks for the newest value of the device in the middle.
func median(measurement, field string, tags ...string) Query {
	return From(measurement).Select(Last(field)).For(tags...).By("device_id").
		Of().Select(Percentile(field, 50).As(field))
}
