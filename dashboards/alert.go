package dashboards

import "time"

// AlertGroup are rules that Grafana evaluates one after the other.
type AlertGroup struct {
	Name   string        // without the label, for ever
	Folder string        // name of the folder that holds it
	Every  time.Duration // between two evaluations, a multiple of 10 s
	Alerts []Alert
}

// Alert is a rule. It fires for each series of its query apart, so that the
// query's tags say where.
type Alert struct {
	Name    string // last part of its UID, for ever
	Title   Text
	Summary Text // what happened and what to do; {{ $labels.TAG }} and {{ $values.B }} may stand in it
	Query   Query
	Compare Comparison
	Window  time.Duration // of data that is looked at
	Delay   time.Duration // leaves out the newest data, which may still come in
	Pending time.Duration // how long it must be so before anybody is told
	Page    string        // name of the dashboard to look at
	Panel   string        // English title of the panel there
	Mute    bool          // fires as long as the store does not answer; other rules are silent then
}

// Comparison says when the value of a series is bad.
type Comparison struct {
	Kind  ComparisonKind
	Limit float64
}

// ComparisonKind is how a series becomes a number and is held against a limit.
type ComparisonKind string

// The comparisons.
const (
	LastAbove    ComparisonKind = "last above"     // the newest value is above the limit
	LastBelow    ComparisonKind = "last below"     // the newest value is below the limit
	LastAwayFrom ComparisonKind = "last away from" // the newest value is not the limit, give or take a half
)

// Contact is who is told of alerts.
type Contact struct {
	Name   string   // without the label
	Emails []string // told by mail
}
