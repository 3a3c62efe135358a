// Package report writes what a run found as one HTML page that needs nothing
// else: style and plots are in it, and it reads well on light and dark screens
// and on paper.
package report

import (
	_ "embed" // page.html
	"fmt"
	"html/template"
	"io"
	"time"

	"rione/simulator"
)

// Report is a run, and what it was asked to be.
type Report struct {
	Title   string
	About   string
	Target  string // where it was played against
	Made    time.Time
	Version string // of the program
	Checks  []simulator.Check
	Summary *simulator.Summary
}

//go:embed page.html
var pageHTML string

// page is what the template sees.
type page struct {
	*Report
	Pass                    bool
	Figures                 []figure
	Faults                  []figure
	Rate, Latency, Quantile template.HTML
}

// figure is a number with its name.
type figure struct{ Name, Value string }

// WriteHTML writes the page.
func (r *Report) WriteHTML(w io.Writer) error {
	t, err := template.New("report").Parse(pageHTML)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	p := page{Report: r, Pass: simulator.Pass(r.Checks), Figures: r.figures(), Faults: r.faults()}
	p.Rate, p.Latency = r.ratePlot(), r.latencyPlot()
	if p.Quantile, err = r.quantilePlot(); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if err := t.Execute(w, p); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

func (r *Report) figures() []figure {
	s := r.Summary
	out := []figure{
		{"devices", thousands(int64(s.Devices))}, {"connections", thousands(int64(s.Connections))},
		{"published", thousands(s.Published)}, {"a second", fmt.Sprintf("%.0f", s.Rate)},
		{"acked", thousands(s.Acked)}, {"failed", thousands(s.Failed)},
	}
	if s.Verified {
		out = append(out, figure{"stored", thousands(s.Stored)}, figure{"readings", thousands(s.Readings)},
			figure{"lost", thousands(s.Lost)}, figure{"wrong", thousands(s.Wrong)}, figure{"stored twice", thousands(s.StoredTwice)})
	}
	return append(out, figure{"connections broken", thousands(s.Disconnects)})
}

func (r *Report) faults() (out []figure) {
	for _, c := range r.Summary.Faults.Named() {
		if c.N > 0 {
			out = append(out, figure{c.Name, thousands(c.N)})
		}
	}
	return out
}

// thousands writes n with a thin space after each three digits.
func thousands(n int64) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "\u202f" + text[i:]
	}
	return text
}
