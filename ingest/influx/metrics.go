package influx

import (
	"errors"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// writerMetrics counts what a Writer does. The label values are closed sets.
type writerMetrics struct {
	stored, expired, rejected prometheus.Counter
	requests                  prometheus.Histogram
	bytes                     prometheus.Counter
	retries                   *prometheus.CounterVec
	down                      prometheus.Gauge
}

func newWriterMetrics(r prometheus.Registerer) (*writerMetrics, error) {
	lines := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "rione_influx_lines_total", Help: "Lines by what became of them: stored, expired, rejected.",
	}, []string{"state"})
	m := &writerMetrics{
		stored: lines.WithLabelValues("stored"), expired: lines.WithLabelValues("expired"), rejected: lines.WithLabelValues("rejected"),
		requests: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "rione_influx_request_seconds", Help: "Duration of one write request.", Buckets: prometheus.ExponentialBuckets(0.001, 2.5, 12),
		}),
		bytes: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "rione_influx_sent_bytes_total", Help: "Bytes of write requests, as sent.",
		}),
		retries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "rione_influx_retries_total", Help: "Write requests that failed and are tried again, by reason.",
		}, []string{"reason"}),
		down: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "rione_influx_down", Help: "1 while the store takes no writes.",
		}),
	}
	if r == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{lines, m.requests, m.bytes, m.retries, m.down} {
		if err := r.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *writerMetrics) request(d time.Duration, size int) {
	m.requests.Observe(d.Seconds())
	m.bytes.Add(float64(size))
}

func (m *writerMetrics) retry(err error) { m.retries.WithLabelValues(reason(err)).Inc() }

// reason names why a request is tried again.
func reason(err error) string {
	var said *Error
	switch {
	case isTimeout(err):
		return "timeout"
	case !errors.As(err, &said):
		return "network"
	case said.Status == http.StatusTooManyRequests || said.Status == http.StatusServiceUnavailable:
		return "overload"
	case said.Status == http.StatusUnauthorized || said.Status == http.StatusForbidden:
		return "token"
	case said.Status >= 500:
		return "server"
	}
	return "request"
}

func (m *writerMetrics) setDown(down bool) {
	if down {
		m.down.Set(1)
	} else {
		m.down.Set(0)
	}
}

func (m *writerMetrics) count(lines int, rejects []Reject) {
	expired := 0
	for _, r := range rejects {
		if r.Expired {
			expired++
		}
	}
	m.stored.Add(float64(lines - len(rejects)))
	m.expired.Add(float64(expired))
	m.rejected.Add(float64(len(rejects) - expired))
}
