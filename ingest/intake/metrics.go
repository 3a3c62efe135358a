package intake

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	messages, records, bytes, refused prometheus.Counter
	commit                            prometheus.Histogram
}

func newMetrics(r prometheus.Registerer) *metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Namespace: "rione", Subsystem: "intake", Name: name, Help: help})
	}
	m := &metrics{
		messages: counter("messages_total", "Messages committed to the journal."),
		records:  counter("records_total", "Records committed to the journal."),
		bytes:    counter("record_bytes_total", "Bytes of the records, compressed."),
		refused:  counter("refused_total", "Appends that the journal refused; each is tried again."),
		commit: prometheus.NewHistogram(prometheus.HistogramOpts{
			Namespace: "rione", Subsystem: "intake", Name: "commit_seconds", Help: "Time from sealing a record to its being durable.",
			Buckets: prometheus.ExponentialBuckets(0.0002, 2, 14),
		}),
	}
	if r != nil {
		r.MustRegister(m.messages, m.records, m.bytes, m.refused, m.commit)
	}
	return m
}

func (m *metrics) committed(messages, bytes int, took time.Duration) {
	m.messages.Add(float64(messages))
	m.records.Inc()
	m.bytes.Add(float64(bytes))
	m.commit.Observe(took.Seconds())
}
