package rollup

import "github.com/prometheus/client_golang/prometheus"

// metrics count what a Runner does.
type metrics struct {
	windows                         *prometheus.CounterVec
	readings, seconds, late, frozen prometheus.Counter
}

func newMetrics(registry prometheus.Registerer, r *Runner) (*metrics, error) {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "rione_rollup_" + name, Help: help})
	}
	m := &metrics{
		windows: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "rione_rollup_windows_total", Help: "Windows written, by their length.",
		}, []string{"level"}),
		readings: counter("readings_total", "Rows of readings that windows were made of."),
		seconds:  counter("seconds_total", "Time that making quarters of an hour of readings took."),
		late:     counter("late_windows_total", "Quarters of an hour of one device that late readings touched."),
		frozen:   counter("frozen_windows_total", "Windows left as they stand, since what they were made of is no longer complete."),
	}
	lag := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "rione_rollup_lag_seconds", Help: "How far the windows are behind what could be made by now.",
	}, func() float64 { return r.Status().Behind.Seconds() })
	if registry == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.windows, m.readings, m.seconds, m.late, m.frozen, lag} {
		if err := registry.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}
