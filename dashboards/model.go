// Package dashboards is Grafana as code: a typed model of dashboards whose
// queries are built from the data contract, the dashboards that rione ships,
// and a plan that brings a Grafana to that state and keeps it there.
package dashboards

import "time"

// Language is a language of titles.
type Language string

// The languages. The zero Language shows both, Italian first.
const (
	Italian Language = "it"
	English Language = "en"
)

// Text is what a person reads.
type Text struct {
	It string `json:"it"`
	En string `json:"en"`
}

// In returns the text in a language, in both for the zero Language.
func (t Text) In(l Language) string {
	switch {
	case l == Italian || t.En == "":
		return t.It
	case l == English || t.It == "" || t.It == t.En:
		return t.En
	}
	return t.It + " · " + t.En
}

func (t Text) empty() bool { return t.It == "" || t.En == "" }

// Dashboard is one page of panels.
type Dashboard struct {
	Name        string // last part of its UID, for ever
	Folder      string // name of its folder
	Title       Text
	Description Text
	Database    string        // that its queries read
	Variables   []Variable    //
	Rows        []Row         //
	Annotations []Annotation  //
	Links       []Link        // at the top of the page
	Deeper      []Link        // of panels that name no links of their own
	Tags        []string      // beside the set's label
	Range       time.Duration // shown at first, up to now
	Refresh     time.Duration // 0: never by itself
	Public      bool          // shown to anybody who has the link; it can have no variables then
}

// Row is a line of panels under a title. Panels flow from left to right and
// wrap at 24 columns.
type Row struct {
	Title  Text // the zero Text draws no title
	Closed bool // asks nothing until somebody opens it; needs a title
	Panels []Panel
}

// PanelKind is how a panel draws.
type PanelKind string

// The kinds of panels.
const (
	Stat          PanelKind = "stat"
	TimeSeries    PanelKind = "timeseries"
	Table         PanelKind = "table"
	Geomap        PanelKind = "geomap"
	BarGauge      PanelKind = "bargauge"
	StateTimeline PanelKind = "state-timeline"
	Markdown      PanelKind = "text"
)

// Panel is one picture of data. Its unit is the one of the first column of its
// first query.
type Panel struct {
	Kind        PanelKind
	Title       Text
	Description Text // what it shows, and what to do when it looks bad
	Width       int  // of 24 columns
	Height      int  // in grid rows; 0 means the kind's own
	Queries     []Query
	Steps       []Step            // colours by value
	Coloured    []string          // columns of a table that Steps colour
	Series      []string          // names of series in the order of the palette, where a tag names them
	Units       map[string]string // units (UCUM) of those series, where they differ
	Stacked     bool              // series of a plot add up
	SortBy      string            // column of a table, highest first
	Matrix      *Matrix           // turns the rows of a table into a matrix, nil leaves them
	Names       map[string]Text   // what people read for values of the tag id
	Words       []word            // what the values 0, 1, 2, … of a table are called
	Links       []Link            // lead deeper
	Layers      []Layer           // of a map, one for each query
	Every       time.Duration     // shortest interval of a plot, 0: as fine as the screen
	Points      int               // at most about this many intervals in a plot, 0: as many as the screen has columns
	Window      time.Duration     // shows this last part of the time range, 0: all of it
	Empty       Text              // shown when there is no data; the zero Text says just that
	Content     Text              // of Markdown
}

// Matrix turns rows of two tags and a value into a row for each value of the
// one and a column for each value of the other.
type Matrix struct {
	Row, Column, Value string
	Rows               Text             // what the rows are; the zero Text is the tag's own label
	Columns            []string         // values of the column's tag in the order in which they stand; none: any
	Facets             map[string]Facet // what single columns look like
}

// Facet is what a column of a matrix looks like.
type Facet struct {
	Unit  string // UCUM
	Words []word // what the values 0, 1, 2, … are called
	Steps []Step // colours by value
}

// Step colours the values from From up to the next step.
type Step struct {
	From   float64
	Colour string
}

// Layer is how a map draws the rows of one query. The query must return the
// columns latitude and longitude.
type Layer struct {
	Title  Text
	Shape  Shape
	Colour string // column whose value colours the markers: a state, or by Steps
	Steps  []Step
}

// Shape is the shape of a map's markers. Layers differ by shape, so that
// colour is free to say the state.
type Shape string

// The shapes.
const (
	Circle   Shape = "circle"
	Square   Shape = "square"
	Triangle Shape = "triangle"
	Star     Shape = "star"
)

// Link leads to another dashboard of the set and takes the time range along.
// From a panel that shows rows it takes the row's tags; elsewhere what the
// variables have chosen.
type Link struct {
	To    string   // name of the dashboard
	Title Text     // the zero Text: the other dashboard's own
	Tags  []string // tags of the row to choose there; empty: the variables' choice
	Of    string   // measurement from whose rows it leads, where a map has several; "": from all that have the tags
	All   string   // instead of To, at the top of a page: a list of all dashboards of the set with this tag
}

// Variable lets people choose values of a tag.
type Variable struct {
	Tag    string
	From   string   // measurement whose values are listed, "" for all
	Within []string // tags whose variables restrict the list
	Single bool     // exactly one value; else any number or all
}

// Annotation marks moments in every plot. The query returns a text column.
type Annotation struct {
	Title  Text
	Query  Query
	Column string // text of the mark
	Colour string
}

// place returns the variables of a place, the usual ones.
func place(measurement string) []Variable {
	return []Variable{
		{Tag: "comune", From: measurement},
		{Tag: "zone", From: measurement, Within: []string{"comune"}},
	}
}

// variableOf returns the name of a tag's variable.
func variableOf(tag string) string {
	if tag == "device_id" {
		return "device"
	}
	return tag
}
