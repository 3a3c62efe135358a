package report

import (
	"fmt"
	"html/template"
	"math"

	"rione/simulator"
)

// shortest is the shortest piece of time that a rate is drawn of, s; the last
// one may be of no length.
const shortest = 0.5

// ratePlot shows what was published and acked a second.
func (r *Report) ratePlot() template.HTML {
	published, acked := line{name: "published", class: 1}, line{name: "acked", class: 2}
	most, before, end := 1.0, 0.0, 1.0
	for _, s := range r.Summary.Timeline {
		span := s.At - before
		if before > 0 && span < shortest {
			continue
		}
		p, a := float64(s.Published)/span, float64(s.Acked)/span
		published.points = append(published.points, [2]float64{s.At, p})
		acked.points = append(acked.points, [2]float64{s.At, a})
		most, before, end = math.Max(most, math.Max(p, a)), s.At, s.At
	}
	p := plot{name: "messages a second over time", across: span("s since the beginning", end), up: linear("messages/s", most), lines: []line{published, acked}}
	return p.svg()
}

// latencyPlot shows publish → ack over time.
func (r *Report) latencyPlot() template.HTML {
	p50, p99 := line{name: "p50", class: 1}, line{name: "p99", class: 2}
	least, most, end := math.Inf(1), 1.0, 1.0
	for _, s := range r.Summary.Timeline {
		before := end
		if end = s.At; s.Acked == 0 || len(p50.points) > 0 && end-before < shortest {
			continue
		}
		p50.points = append(p50.points, [2]float64{s.At, s.AckP50})
		p99.points = append(p99.points, [2]float64{s.At, s.AckP99})
		least, most = math.Min(least, s.AckP50), math.Max(most, s.AckP99)
	}
	p := plot{name: "publish to ack over time", across: span("s since the beginning", end), up: logarithmic("ms", math.Min(least, most), most), lines: []line{p50, p99}}
	return p.svg()
}

// quantilePlot shows both latencies by percentile; the axis gives every further
// nine the same room.
func (r *Report) quantilePlot() (template.HTML, error) {
	nines := func(percent float64) float64 { return -math.Log10(1 - percent/100) }
	p := plot{name: "latency by percentile", across: axis{title: "of the messages", hi: 4.1}}
	for _, t := range []float64{50, 90, 99, 99.9, 99.99} {
		p.across.ticks = append(p.across.ticks, tick{nines(t), fmt.Sprintf("%g %%", t)})
	}
	least, most := math.Inf(1), 1.0
	for i, h := range []simulator.Histogram{r.Summary.Histograms.Ack, r.Summary.Histograms.Queryable} {
		list, err := h.Quantiles()
		if err != nil {
			return "", err
		}
		l := line{name: [...]string{"publish → ack", "publish → queryable"}[i], class: i + 1}
		for _, q := range list {
			l.points = append(l.points, [2]float64{nines(q.Percent), q.MS})
			least, most = math.Min(least, q.MS), math.Max(most, q.MS)
		}
		if len(list) > 0 {
			p.lines = append(p.lines, l)
		}
	}
	p.up = logarithmic("ms", math.Min(least, most), most)
	return p.svg(), nil
}
