package changelog

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"rione/devices"
)

type metrics struct {
	entries  prometheus.Gauge
	revision prometheus.Gauge
	gaps     prometheus.Counter
	damaged  prometheus.Counter
}

// newMetrics registers with r, which may be nil.
func newMetrics(r prometheus.Registerer) *metrics {
	f := promauto.With(r)
	return &metrics{
		entries:  f.NewGauge(prometheus.GaugeOpts{Name: "rione_devices_entries", Help: "Devices in the registry, retired ones included."}),
		revision: f.NewGauge(prometheus.GaugeOpts{Name: "rione_devices_revision", Help: "Revision of the registry that this process uses."}),
		gaps:     f.NewCounter(prometheus.CounterOpts{Name: "rione_devices_gaps_total", Help: "Times that change sets were missing from the stream."}),
		damaged:  f.NewCounter(prometheus.CounterOpts{Name: "rione_devices_damaged_sets_total", Help: "Change sets that could not be read and were passed over."}),
	}
}

func (m *metrics) set(s *devices.Snapshot) {
	m.entries.Set(float64(s.Len()))
	m.revision.Set(float64(s.Revision))
}
