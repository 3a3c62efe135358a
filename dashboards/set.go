package dashboards

import (
	"cmp"
	"maps"
	"slices"
)

// DefaultLabel marks what rione made in a Grafana.
const DefaultLabel = "rione"

// Set is a desired state of one Grafana organisation. Everything in it carries
// the label: UIDs begin with it, dashboards have it as a tag. What does not
// carry it is never touched.
type Set struct {
	Label       string            // [a-z0-9-], at most 20
	Language    Language          // of titles
	Comuni      map[string]string // ISTAT code → name; empty: people see codes
	Within      []string          // ISTAT codes that people can choose; none: all
	DataSources []DataSource
	Folders     []Folder
	Dashboards  []Dashboard
	Contacts    []Contact // the first one is told of alerts; none: the organisation's policies decide
	Alerts      []AlertGroup
}

// DataSource is one database of InfluxDB, queried in InfluxQL.
type DataSource struct {
	Name     string // without the label
	URL      string // as Grafana reaches it
	Database string
	Token    string // sent as "Authorization: Token …"; "" sends none
}

// Folder holds dashboards.
type Folder struct {
	Name  string // without the label
	Title string
}

// UID returns the UID of what the set calls name. The underscore keeps labels
// apart of which one begins with the other.
func (s *Set) UID(name string) string { return s.Label + "_" + name }

// dashboard returns the dashboard of that name, or nil.
func (s *Set) dashboard(name string) *Dashboard {
	for i := range s.Dashboards {
		if s.Dashboards[i].Name == name {
			return &s.Dashboards[i]
		}
	}
	return nil
}

// comuniByName returns the codes of the comuni in the order of their names.
func (s *Set) comuniByName() []string {
	return slices.SortedFunc(maps.Keys(s.Comuni), func(a, b string) int {
		return cmp.Or(cmp.Compare(s.Comuni[a], s.Comuni[b]), cmp.Compare(a, b))
	})
}

// Resources returns the set as Grafana takes it, in the order of Kinds. The
// set must be valid.
func (s *Set) Resources() []Resource {
	var out []Resource
	for _, d := range s.DataSources {
		out = append(out, s.dataSource(d))
	}
	for _, f := range s.Folders {
		uid := s.UID(f.Name)
		out = append(out, Resource{Kind: Folders, UID: uid, Title: f.Title, Body: object{"uid": uid, "title": f.Title}})
	}
	for i := range s.Dashboards {
		d := &s.Dashboards[i]
		out = append(out, Resource{
			Kind: Dashboards, UID: s.UID(d.Name), Title: d.Title.In(s.Language), Folder: s.UID(d.Folder), Body: s.encode(d),
		})
	}
	for i := range s.Dashboards {
		if s.Dashboards[i].Public {
			out = append(out, s.public(&s.Dashboards[i]))
		}
	}
	for _, c := range s.Contacts {
		out = append(out, s.contact(c))
	}
	for _, g := range s.Alerts {
		out = append(out, s.alertGroup(g))
	}
	return out
}

func (s *Set) public(d *Dashboard) Resource {
	uid := s.UID(d.Name)
	return Resource{Kind: PublicDashboards, UID: uid, Title: uid, Body: object{
		"dashboardUid": uid, "isEnabled": true, "timeSelectionEnabled": true, "annotationsEnabled": false, "share": "public",
	}}
}

func (s *Set) dataSource(d DataSource) Resource {
	settings := object{"httpMode": "POST", "dbName": d.Database, "version": "InfluxQL", labelKey: s.Label}
	r := Resource{Kind: DataSources, UID: s.UID(d.Name), Title: s.Label + " " + d.Name}
	if d.Token != "" {
		settings["httpHeaderName1"] = "Authorization"
		settings[checkKey] = secretCheck(r.UID, d.Token)
		r.Secrets = map[string]string{"httpHeaderValue1": "Token " + d.Token}
	}
	r.Body = object{
		"uid": r.UID, "name": r.Title, "type": "influxdb", "access": "proxy", "url": d.URL,
		"database": d.Database, "jsonData": settings,
	}
	return r
}
