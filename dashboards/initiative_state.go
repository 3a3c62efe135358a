package dashboards

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Progress is a list of things that each pass through the same states, such as
// the actions of a plan, or services that comuni take up. What state a thing is
// in is a fact of the measurement indicator, by CSV or API: its id is the
// thing's, its value the state's place in the list, from 0.
type Progress struct {
	Title  Text            `json:"title"`
	Figure string          `json:"figure,omitempty"` // id of the indicator that is the percent of things in the last state
	By     string          `json:"by,omitempty"`     // comune or zone: one row each, one column a thing; "": one row a thing
	Things map[string]Text `json:"things"`           // by id
	States []State         `json:"states"`           // from the first to the last
}

// State is one of the states of a Progress.
type State struct {
	Text   Text   `json:"text"`
	Colour string `json:"colour"` // good, fair, poor, bad or none
}

// FactLayer is something that the administration knows of places
// and no sensor does, such as addresses without service. Each is a fact with a
// position.
type FactLayer struct {
	ID          string `json:"id"` // of the fact
	Title       Text   `json:"title"`
	Description Text   `json:"description"`
	Unit        string `json:"unit"`     // UCUM
	Poor        int    `json:"poor"`     // coloured as poor from this value on
	Bad         int    `json:"bad"`      // as bad from this one
	Services    bool   `json:"services"` // with the access points and lines on the same map
}

func (p *Progress) validate() error {
	var errs []error
	if p.Title.empty() {
		errs = append(errs, errors.New("a title in both languages is needed"))
	}
	if p.By != "" && p.By != "comune" && p.By != "zone" {
		errs = append(errs, fmt.Errorf("by %q: comune, zone or nothing", p.By))
	}
	if len(p.Things) == 0 || len(p.States) < 2 {
		errs = append(errs, errors.New("at least one thing and two states are needed"))
	}
	for id, title := range p.Things {
		if !indicatorID.MatchString(id) || title.empty() {
			errs = append(errs, fmt.Errorf("thing %q: use 1 to 40 of a-z, 0-9 and - in its id, and give titles in both languages", id))
		}
	}
	for _, s := range p.States {
		if _, ok := tones()[s.Colour]; !ok || s.Text.empty() {
			errs = append(errs, fmt.Errorf("state %q: a text in both languages and a colour (good, fair, poor, bad, none) are needed", s.Text.En))
		}
	}
	return errors.Join(errs...)
}

func (l *FactLayer) validate() error {
	switch {
	case !indicatorID.MatchString(l.ID) || l.Title.empty() || l.Description.empty():
		return errors.New("an id of a-z, 0-9 and -, a title and a description in both languages are needed")
	case l.Bad <= l.Poor:
		return errors.New("bad must be above poor")
	}
	return nil
}

// tones are the colours that an initiative's file can name.
func tones() map[string]string {
	return map[string]string{"good": Good, "fair": Fair, "poor": Poor, "bad": Bad, "none": Unknown}
}

// words are what the values of the progress are called.
func (p *Progress) words() []word {
	out := make([]word, len(p.States))
	for i, s := range p.States {
		out[i] = word{s.Text, tones()[s.Colour]}
	}
	return out
}

// panel shows who is how far.
func (p *Progress) panel(initiative string) Panel {
	q := From("indicator").Is("initiative", initiative).OneOf("id", slices.Sorted(maps.Keys(p.Things))...).Select(Last("value"))
	out := Panel{
		Kind: Table, Title: p.Title, Width: gridColumns, Names: p.Things, Words: p.words(),
		Description: Text{
			"Lo stato più recente, come l'amministrazione l'ha dichiarato (`rione facts import`).",
			"The newest state, as the administration declared it (`rione facts import`).",
		},
		Empty: Text{"Nessuno stato dichiarato", "No state declared"},
	}
	if p.By == "" {
		out.Queries = []Query{q.By("id")}
		return out
	}
	out.Queries = []Query{q.By(p.By, "id")}
	out.Matrix = &Matrix{Row: p.By, Column: "id", Value: "value"}
	if p.By == "comune" {
		out.Links = []Link{{To: "comune", Tags: []string{"comune"}}}
	}
	return out
}

// panel shows where, beside what devices serve there.
func (l *FactLayer) panel(i *Initiative) Panel {
	steps := []Step{{0, Good}, {float64(l.Poor), Poor}, {float64(l.Bad), Bad}}
	out := Panel{
		Kind: Geomap, Title: l.Title, Description: l.Description, Width: gridColumns, Height: 12,
		Queries: []Query{From("indicator").Is("initiative", i.ID).Is("id", l.ID).With("comune").
			Select(append([]Column{Last("value").In(l.Unit)}, position()...)...).By("comune", "zone")},
		Layers: []Layer{{Title: l.Title, Shape: Star, Colour: "value", Steps: steps}},
		Empty:  Text{"Nessun luogo dichiarato", "No place declared"},
	}
	if l.Services {
		out.Queries = append(out.Queries,
			From("wifi_ap").Since(now).Select(append([]Column{Last("up")}, position()...)...).OneOf("comune", i.Comuni...).By("device_id"),
			linesIn(From("bb_link").Since(now).OneOf("comune", i.Comuni...), position()...))
		out.Layers = append(out.Layers,
			Layer{Title: Text{"Wi-Fi", "Wi-Fi"}, Shape: Circle, Colour: "up"},
			Layer{Title: Text{"Banda larga", "Broadband"}, Shape: Square, Colour: "up_pct", Steps: share()})
	}
	return out
}
