package report

import (
	"fmt"
	"html/template"
	"math"
	"strings"
)

// Size of a plot and of what stands around its lines, in its own units.
const (
	width, height            = 480.0, 230.0
	left, right, top, bottom = 58.0, 14.0, 14.0, 40.0
)

// plot is a chart of lines over one horizontal axis.
type plot struct {
	name   string // for those who cannot see it
	across axis
	up     axis
	lines  []line
}

// axis places values between two ends.
type axis struct {
	title  string
	lo, hi float64
	log    bool
	ticks  []tick
}

type tick struct {
	at    float64
	label string
}

// line is a series of points; class is its style, 1 or 2.
type line struct {
	name   string
	class  int
	points [][2]float64
}

// share returns where v stands on the axis, 0 to 1.
func (a *axis) share(v float64) float64 {
	lo, hi := a.lo, a.hi
	if a.log {
		lo, hi, v = math.Log10(lo), math.Log10(hi), math.Log10(math.Max(v, a.lo))
	}
	if hi <= lo {
		return 0
	}
	return math.Min(math.Max((v-lo)/(hi-lo), 0), 1)
}

// linear returns an axis from 0 to a round number that holds most.
func linear(title string, most float64) axis {
	step := niceStep(most / 5)
	hi := math.Max(math.Ceil(most/step), 1) * step
	a := axis{title: title, hi: hi}
	for v := 0.0; v <= hi*1.0001; v += step {
		a.ticks = append(a.ticks, tick{v, short(v)})
	}
	return a
}

// span returns an axis from 0 to the very end, with ticks on the way.
func span(title string, end float64) axis {
	a := axis{title: title, hi: end}
	step := niceStep(end / 6)
	for v := 0.0; v <= end; v += step {
		a.ticks = append(a.ticks, tick{v, short(v)})
	}
	return a
}

// niceStep returns 1, 2 or 5 times a power of ten, at least v.
func niceStep(v float64) float64 {
	if v <= 0 {
		return 1
	}
	p := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5} {
		if m*p >= v*0.9999 {
			return m * p
		}
	}
	return 10 * p
}

// logarithmic returns an axis of whole powers of ten that hold least and most.
func logarithmic(title string, least, most float64) axis {
	lo := math.Floor(math.Log10(math.Max(least, 0.01)))
	hi := math.Max(math.Ceil(math.Log10(math.Max(most, 0.01))), lo+1)
	a := axis{title: title, lo: math.Pow(10, lo), hi: math.Pow(10, hi), log: true}
	for p := lo; p <= hi; p++ {
		a.ticks = append(a.ticks, tick{math.Pow(10, p), short(math.Pow(10, p))})
	}
	return a
}

func short(v float64) string {
	if v >= 10_000 {
		return fmt.Sprintf("%gk", v/1000)
	}
	return fmt.Sprintf("%.4g", v)
}

// svg draws the plot.
func (p *plot) svg() template.HTML {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %g %g" role="img" aria-label="%s">`, width, height, template.HTMLEscapeString(p.name))
	for _, t := range p.up.ticks {
		y := p.y(t.at)
		fmt.Fprintf(&b, `<line class="grid" x1="%g" x2="%g" y1="%.1f" y2="%.1f"/><text class="tick" x="%g" y="%.1f" text-anchor="end">%s</text>`,
			left, width-right, y, y, left-8, y+4, t.label)
	}
	for _, t := range p.across.ticks {
		x := p.x(t.at)
		fmt.Fprintf(&b, `<line class="grid" x1="%.1f" x2="%.1f" y1="%g" y2="%g"/><text class="tick" x="%.1f" y="%g" text-anchor="middle">%s</text>`,
			x, x, top, height-bottom, x, height-bottom+16, t.label)
	}
	fmt.Fprintf(&b, `<text class="tick" x="%g" y="%g" text-anchor="end">%s</text>`, width-right, height-4, template.HTMLEscapeString(p.across.title))
	fmt.Fprintf(&b, `<text class="tick" x="4" y="%g">%s</text>`, height-4, template.HTMLEscapeString(p.up.title))
	for _, l := range p.lines {
		p.draw(&b, &l)
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String() + p.legend()) //nolint:gosec // every text in it is escaped above
}

func (p *plot) draw(b *strings.Builder, l *line) {
	if len(l.points) == 0 {
		return
	}
	fmt.Fprintf(b, `<polyline class="line c%d" points="`, l.class)
	for _, at := range l.points {
		fmt.Fprintf(b, "%.1f,%.1f ", p.x(at[0]), p.y(at[1]))
	}
	b.WriteString(`"/>`)
}

// legend names the lines beside a piece of each.
func (p *plot) legend() string {
	var b strings.Builder
	b.WriteString(`<p class="legend">`)
	for _, l := range p.lines {
		fmt.Fprintf(&b, `<span><i class="c%d"></i>%s</span> `, l.class, template.HTMLEscapeString(l.name))
	}
	b.WriteString(`</p>`)
	return b.String()
}

func (p *plot) x(v float64) float64 { return left + p.across.share(v)*(width-left-right) }
func (p *plot) y(v float64) float64 { return height - bottom - p.up.share(v)*(height-top-bottom) }
