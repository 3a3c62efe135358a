package dashboards

import (
	"fmt"
	"slices"

	"rione/ingest/schema"
)

// Initiative is a programme of one or more administrations: what it wants to
// reach, and how far it is. It is data, not code.
type Initiative struct {
	ID          string      `json:"id"` // [a-z0-9-], at most 9
	Title       Text        `json:"title"`
	Plan        Text        `json:"plan"` // that it belongs to
	Description Text        `json:"description"`
	Note        Text        `json:"note"`                // on where baselines and targets come from
	Comuni      []string    `json:"comuni,omitempty"`    // ISTAT codes; empty: those that the table of comuni gives it
	Split       string      `json:"split"`               // by what results are compared: comune, zone or administration
	Licence     string      `json:"licence"`             // of what it publishes
	Public      bool        `json:"public,omitempty"`    // its page is shown to anybody who has the link
	DelayHours  int         `json:"publication_delay_h"` // before anything is published
	Pages       []string    `json:"pages"`               // dashboards that lead deeper
	Domains     []Domain    `json:"domains,omitempty"`   // that its indicators are of; with them it has a page of its impact
	Indicators  []Indicator `json:"indicators"`          // the most important first
	Progress    []Progress  `json:"progress,omitempty"`  // of what passes through states
	Layers      []FactLayer `json:"layers,omitempty"`    // on maps, of what no sensor tells
	DataSets    bool        `json:"datasets,omitempty"`  // its page compares what it publishes, in the place of places
	Spread      bool        `json:"-"`                   // its comuni are in several InfluxDBs: devices cannot be asked, their figures can
}

// Domain is a part of a city's life that indicators are of.
type Domain struct {
	ID    string `json:"id"`
	Title Text   `json:"title"`
	Page  string `json:"page"` // that leads deeper
}

// Indicator is a figure that an initiative wants to move.
type Indicator struct {
	ID        string    `json:"id"` // [a-z0-9-], the tag id of the measurement indicator
	Title     Text      `json:"title"`
	Domain    string    `json:"domain,omitempty"` // id of one of the initiative's domains
	Unit      string    `json:"unit"`             // UCUM
	Baseline  float64   `json:"baseline"`         // before the initiative
	Target    float64   `json:"target"`           //
	Direction Direction `json:"direction"`        // in which it should move
	Owner     string    `json:"owner"`            // who answers for it
	Live      *Live     `json:"live"`             // how devices tell it
	Rank      *Rank     `json:"rank"`             // how it follows from another indicator
	Ratio     *Quotient `json:"ratio"`            // how it follows from two other figures
	Events    []string  `json:"events"`           // types of events that it counts, of the last thirty days; none of the four: it is a fact of the measurement indicator
	Whole     Whole     `json:"whole"`            // what the whole is where only places tell: the mean of theirs, or the sum
}

// Direction is up or down.
type Direction string

// The directions.
const (
	Up   Direction = "up"
	Down Direction = "down"
)

// Rank is where a comune stands among those of its class of population, by
// another indicator: the percentile, 100 the best.
type Rank struct {
	Of string `json:"of"` // id of the other indicator, of the same initiative
}

// Follows tells whether an indicator follows from how far things are.
func (i *Initiative) Follows(n Indicator) bool {
	return slices.ContainsFunc(i.Progress, func(p Progress) bool { return p.Figure == n.ID })
}

// Quotient is one figure by another, place by place, such as what devices cost by how
// many there are. Both are facts of the initiative; how many devices an
// administration has ("devices") rione knows.
type Quotient struct {
	Of  string `json:"of"`
	Per string `json:"per"`
}

// Whole is how the figure of the whole follows from those of its places.
type Whole string

// The ways. The zero Whole is the mean.
const (
	WholeMean Whole = "mean"
	WholeSum  Whole = "sum"
)

// ByAdministration is the split of an initiative that compares administrations:
// comuni, and unions of comuni that act as one. Each is the subject of its figures.
const ByAdministration = "administration"

// PlaceTag returns the tag by which results are compared.
func (i *Initiative) PlaceTag() string {
	if i.Split == ByAdministration {
		return "subject"
	}
	return i.Split
}

// Live takes an indicator from what devices say now.
type Live struct {
	Measurement string `json:"measurement"`
	Field       string `json:"field"`
	As          string `json:"as"` // availability (of a state), median, mean or sum over devices
}

// serves tells whether it is a share of devices that rione counts, silent ones too.
func (l *Live) serves() bool {
	return l.As == "availability" && l.Field == "up" && slices.Contains(schema.Services(), l.Measurement)
}

// column returns how the devices' newest values become one.
func (l *Live) column() (Column, error) {
	switch l.As {
	case "availability":
		return Availability(l.Field).As("value"), nil
	case "median":
		return Percentile(l.Field, 50).As("value"), nil
	case "mean":
		return Mean(l.Field).As("value"), nil
	case "sum":
		return Sum(l.Field).As("value"), nil
	}
	return Column{}, fmt.Errorf("as %q: availability, median, mean or sum", l.As)
}
