package report

import (
	"fmt"
	"html/template"
	"strings"
	"time"
)

// point is one mean of the course.
type point struct {
	at    time.Time
	value float64
}

// Size of a sparkline, px.
const (
	sparkWidth  = 160.0
	sparkHeight = 36.0
)

// sparkline draws the course as SVG, with the target as a dashed line. Without
// two points there is nothing to draw.
func sparkline(points []point, from, to time.Time, baseline, target float64) template.HTML {
	if len(points) < 2 {
		return ""
	}
	low, high := min(baseline, target), max(baseline, target)
	for _, p := range points {
		low, high = min(low, p.value), max(high, p.value)
	}
	x := func(t time.Time) float64 { return sparkWidth * float64(t.Sub(from)) / float64(to.Sub(from)) }
	y := func(v float64) float64 { return 2 + (sparkHeight-4)*(high-v)/(high-low) }
	var path strings.Builder
	for i, p := range points {
		fmt.Fprintf(&path, "%s%.1f %.1f", map[bool]string{true: "M", false: "L"}[i == 0], x(p.at), y(p.value))
	}
	return template.HTML(fmt.Sprintf( //nolint:gosec // numbers only
		`<svg viewBox="0 0 %g %g" width="%g" height="%g" aria-hidden="true">`+
			`<line x1="0" x2="%g" y1="%.1f" y2="%.1f" class="target"/><path d="%s" class="course"/></svg>`,
		sparkWidth, sparkHeight, sparkWidth, sparkHeight, sparkWidth, y(target), y(target), path.String()))
}
