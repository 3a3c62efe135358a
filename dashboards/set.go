package dashboards

import "time"

// Config says where the shipped dashboards find their data.
type Config struct {
	InfluxURL   string            // of InfluxDB, as Grafana reaches it
	InfluxToken string            // a token that may read, or user:password for InfluxDB 1.8
	Label       string            // marks what belongs to the set; "" means DefaultLabel
	Language    Language          // of titles; "" means both
	Comuni      map[string]string // ISTAT code → name; empty: panels show codes
	Refresh     time.Duration     // of dashboards that show what is now; 0 means 1 minute
}

// DefaultLabel marks what rione made in a Grafana.
const DefaultLabel = "rione"

// Set is a desired state of one Grafana organisation. Everything in it carries
// the label: UIDs begin with it, dashboards have it as a tag.
type Set struct {
	Label       string
	Language    Language
	Comuni      map[string]string
	DataSources []DataSource
	Folders     []Folder
	Dashboards  []Dashboard
}

// DataSource is one database of InfluxDB, queried in InfluxQL.
type DataSource struct {
	Name     string // without the label
	URL      string
	Database string
	Token    string // sent as "Authorization: Token …"; "" sends none
}

// Folder holds dashboards.
type Folder struct {
	Name  string // without the label
	Title string
}

// Shipped returns the dashboards that rione brings, for the given store.
func Shipped(c Config) (Set, error) { return Set{}, nil }

// Validate returns everything that is wrong with the set, nil when it can be
// applied.
func (s Set) Validate() error { return nil }

// Export writes the set to dir as Grafana's file provisioning reads it. Files
// are the same for the same set. Secrets are not written: the data sources'
// file refers to the environment variable RIONE_INFLUX_TOKEN.
func Export(s Set, dir string) error { return nil }
