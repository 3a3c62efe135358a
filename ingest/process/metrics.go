package process

import "github.com/prometheus/client_golang/prometheus"

// Metrics count what the processors of a process do.
type Metrics struct {
	messages, refused                                                 *prometheus.CounterVec
	points, suspects, corrections, unknownFields, corrupt, unbalanced prometheus.Counter
	behind                                                            prometheus.Gauge
	parked, drained                                                   *prometheus.CounterVec
	breakers                                                          *prometheus.GaugeVec
}

// NewMetrics registers the processors' metrics; r may be nil.
func NewMetrics(r prometheus.Registerer) *Metrics {
	opts := func(name, help string) prometheus.Opts {
		return prometheus.Opts{Namespace: "rione", Subsystem: "process", Name: name, Help: help}
	}
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts(opts(name, help)))
	}
	m := &Metrics{
		messages:      prometheus.NewCounterVec(prometheus.CounterOpts(opts("messages_total", "Messages by terminal state.")), []string{"outcome"}),
		refused:       prometheus.NewCounterVec(prometheus.CounterOpts(opts("refusals_total", "Refusals of messages and fields, by reason.")), []string{"reason"}),
		points:        counter("points_total", "Points stored."),
		suspects:      counter("suspects_total", "Values set aside by a field check."),
		corrections:   counter("corrections_total", "Readings that came again with other values; the later ones won."),
		unknownFields: counter("unknown_fields_total", "Values whose field no measurement has."),
		corrupt:       counter("corrupt_records_total", "Records of the journal that could not be read."),
		unbalanced:    counter("unbalanced_messages_total", "Messages by which what the doors acked and what was accounted for differ."),
		behind:        prometheus.NewGauge(prometheus.GaugeOpts(opts("lag_seconds", "Age of the newest record when its points were stored."))),
		parked:        prometheus.NewCounterVec(prometheus.CounterOpts(opts("parked_lines_total", "Lines put aside for a target whose store takes none.")), []string{"target"}),
		drained:       prometheus.NewCounterVec(prometheus.CounterOpts(opts("drained_lines_total", "Parked lines that the store has taken or refused.")), []string{"target"}),
		breakers:      prometheus.NewGaugeVec(prometheus.GaugeOpts(opts("breakers", "Ways to a target, one a partition, by state: closed, half_open, open.")), []string{"target", "state"}),
	}
	if r != nil {
		r.MustRegister(m.parked, m.drained, m.breakers, m.messages, m.refused, m.points, m.suspects, m.corrections, m.unknownFields, m.corrupt, m.unbalanced, m.behind)
	}
	return m
}
