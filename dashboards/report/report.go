// Package report writes what an initiative has reached as a page for the
// printer: one self-contained HTML file, A4, without scripts.
package report

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"time"

	"rione/dashboards"
)

// Row is one row that the store answers: the tags of its series, and its
// columns as float64 or nil.
type Row struct {
	Tags   map[string]string
	Time   time.Time
	Values map[string]any
}

// Store answers InfluxQL over one bucket.
type Store interface {
	Rows(ctx context.Context, query string) ([]Row, error)
}

// Options describe a report.
type Options struct {
	Initiative dashboards.Initiative
	Language   dashboards.Language // dashboards.Italian or dashboards.English
	Places     map[string]string   // names of comuni by ISTAT code
	From, To   time.Time           // of the course; values are the newest before To
}

// Validate returns what is wrong with the options.
func (o Options) Validate() error {
	if o.Language != dashboards.Italian && o.Language != dashboards.English {
		return fmt.Errorf("language %q: it or en", o.Language)
	}
	if !o.From.Before(o.To) {
		return errors.New("the report's period ends before it begins")
	}
	return nil
}

// Figure is one indicator and how far it is.
type Figure struct {
	Heading            string // the domain, of its first figure
	Title, Unit, Owner string
	Baseline, Target   float64
	Value              *float64 // nil: not measured yet
	Way                float64  // from baseline to target, 0 to 100 %
	Course             template.HTML
}

// Place is one comune, zone or administration and its figures, in the order of the
// report's columns.
type Place struct {
	Name   string
	Class  string // of population, what people read; "" where it has none
	Values []*float64

	class string // name of the class, by which places stand in order
}

// Report is everything that the page shows.
type Report struct {
	Title, Plan, Description, Note string
	Language                       dashboards.Language
	From, To                       time.Time
	Figures                        []Figure // of the whole
	Columns                        []string // titles of all indicators, for places
	Classed                        bool     // places stand within classes of population
	Places                         []Place
}

// Read asks for what the report shows: the store of readings for the newest values,
// and that of daily windows, which is kept for longer, for their course.
func Read(ctx context.Context, s, daily Store, o Options) (Report, error) {
	if err := o.Validate(); err != nil {
		return Report{}, err
	}
	i := o.Initiative
	r := Report{
		Title: i.Title.In(o.Language), Plan: i.Plan.In(o.Language), Description: i.Description.In(o.Language), Note: i.Note.In(o.Language),
		Language: o.Language, From: o.From, To: o.To,
	}
	newest, err := s.Rows(ctx, i.Newest(o.From, o.To))
	if err != nil {
		return r, err
	}
	course, err := daily.Rows(ctx, i.Course(o.From, o.To))
	if err != nil {
		return r, err
	}
	r.Figures = figures(o, newest, course)
	for _, n := range i.Indicators {
		r.Columns = append(r.Columns, n.Title.In(o.Language))
	}
	byPlace, err := s.Rows(ctx, i.ByPlace(o.From, o.To))
	r.Places = places(o, byPlace)
	r.Classed = slices.ContainsFunc(r.Places, func(p Place) bool { return p.Class != "" })
	return r, err
}

// figures are in the order of the domains, where the initiative has any.
func figures(o Options, newest, course []Row) []Figure {
	var out []Figure
	for _, d := range append([]dashboards.Domain{{}}, o.Initiative.Domains...) {
		heading := d.Title.In(o.Language)
		for _, n := range o.Initiative.OfWhole() {
			if n.Domain != d.ID {
				continue
			}
			f := figure(n, o, newest, course)
			f.Heading, heading = heading, ""
			out = append(out, f)
		}
	}
	return out
}

func figure(n dashboards.Indicator, o Options, newest, course []Row) Figure {
	f := Figure{Title: n.Title.In(o.Language), Unit: n.Unit, Owner: n.Owner, Baseline: n.Baseline, Target: n.Target}
	for _, row := range newest {
		if v, ok := row.Values["value"].(float64); ok && row.Tags["id"] == n.ID {
			f.Value = &v
			f.Way = min(100, max(0, 100*(v-n.Baseline)/(n.Target-n.Baseline)))
		}
	}
	var points []point
	for _, row := range course {
		if v, ok := row.Values["value"].(float64); ok && row.Tags["id"] == n.ID {
			points = append(points, point{row.Time, v})
		}
	}
	f.Course = sparkline(points, o.From, o.To, n.Baseline, n.Target)
	return f
}

// places returns a row for each place that has a value, by class and name.
func places(o Options, rows []Row) []Place {
	i, names, byName := o.Initiative, o.Places, map[string]*Place{}
	for _, row := range rows {
		name := row.Tags[i.PlaceTag()]
		if n, ok := names[name]; ok {
			name = n
		}
		v, ok := row.Values["value"].(float64)
		at := slices.IndexFunc(i.Indicators, func(n dashboards.Indicator) bool { return n.ID == row.Tags["id"] })
		if name == "" || !ok || at < 0 {
			continue
		}
		if byName[name] == nil {
			class := row.Tags["class"]
			byName[name] = &Place{
				Name: name, Class: dashboards.ClassText(class).In(o.Language), class: class, Values: make([]*float64, len(i.Indicators)),
			}
		}
		byName[name].Values[at] = &v
	}
	out := make([]Place, 0, len(byName))
	for _, p := range byName {
		out = append(out, *p)
	}
	slices.SortFunc(out, func(a, b Place) int {
		return cmp.Or(strings.Compare(a.class, b.class), strings.Compare(a.Name, b.Name))
	})
	return out
}

//go:embed report.html
var page string

// Write writes the report as HTML.
func (r Report) Write(w io.Writer) error {
	t, err := template.New("report").Funcs(template.FuncMap{
		"number": func(v *float64) string { return number(r.Language, v) },
		"fixed":  func(v float64) string { return number(r.Language, &v) },
		"date":   func(t time.Time) string { return t.Format("02/01/2006") },
		"say":    func(it, en string) string { return dashboards.Text{It: it, En: en}.In(r.Language) },
		"unit":   unit,
		"round":  func(v float64) int { return int(v + 0.5) },
	}).Parse(page)
	if err != nil {
		return err
	}
	return t.Execute(w, r)
}

// number writes a value as people of the language do, a dash for none.
func number(l dashboards.Language, v *float64) string {
	if v == nil {
		return "–"
	}
	s := strings.TrimSuffix(fmt.Sprintf("%.1f", *v), ".0")
	if l == dashboards.Italian {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s
}

// unit writes a unit (UCUM) as people do.
func unit(ucum string) string {
	return strings.NewReplacer("ug/", "µg/", "m3", "m³", "m2", "m²", "Cel", "°C", "[ppm]", "ppm", "kW.h", "kWh", "deg", "°", "By", "byte").Replace(ucum)
}
