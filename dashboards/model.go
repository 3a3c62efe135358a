// Package dashboards is Grafana as code: a typed model of dashboards whose
// queries are built from the data contract, the dashboards that rione ships,
// and a plan that brings a Grafana to that state and keeps it there.
package dashboards

// Language is a language of titles.
type Language string

// The languages. The zero Language shows both, Italian first.
const (
	Italian Language = "it"
	English Language = "en"
)

// Dashboard is one page of panels.
type Dashboard struct {
	Name string // last part of its UID, for ever
}
