package broker

import (
	"errors"
	"os"

	"github.com/prometheus/client_golang/prometheus"
)

// Labels of what is refused, and why.
const (
	refusedMalformed   = "malformed"
	refusedTooLarge    = "too_large"
	refusedTopic       = "topic"
	refusedPermission  = "not_permitted"
	refusedFormat      = "format"
	refusedFlight      = "receive_maximum"
	refusedIntake      = "intake"
	refusedSockets     = "connections"
	refusedRate        = "connect_rate"
	refusedTimeout     = "timeout"
	refusedCredentials = "credentials"
	refusedBusy        = "busy"
)

// metrics are the counters of the door, resolved once so that counting a
// message costs one atomic addition.
type metrics struct {
	connections prometheus.Gauge
	sessions    prometheus.Gauge
	retained    prometheus.Gauge
	connects    prometheus.Counter
	messages    [3]prometheus.Counter // by QoS
	acks        prometheus.Counter
	payload     prometheus.Counter
	sent        prometheus.Counter
	refused     *prometheus.CounterVec
	delivered   prometheus.Counter
	dropSlow    prometheus.Counter
	dropExpired prometheus.Counter
	dropLarge   prometheus.Counter
	dropRetain  prometheus.Counter
	slowClosed  prometheus.Counter
}

// newMetrics makes the metrics and registers them unless reg is nil.
func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	all := collectors{reg: reg}
	byQoS := all.vec("rione_broker_messages_total", "Messages taken in, by QoS.", "qos")
	dropped := all.vec("rione_broker_dropped_total", "Deliveries that were dropped: the subscriber was slow, or they were expired or too large for it; and messages that could not be retained.", "reason")
	m := &metrics{
		connections: all.gauge("rione_broker_connections", "Connected clients."),
		sessions:    all.gauge("rione_broker_sessions", "Sessions, their client connected or not."),
		retained:    all.gauge("rione_broker_retained_messages", "Retained messages."),
		connects:    all.counter("rione_broker_connects_total", "Clients that connected."),
		acks:        all.counter("rione_broker_acks_total", "Messages that were acked after their commit."),
		payload:     all.counter("rione_broker_payload_bytes_total", "Payload bytes taken in."),
		sent:        all.counter("rione_broker_sent_bytes_total", "Bytes written to clients."),
		refused:     all.vec("rione_broker_refused_total", "Connections, packets and messages refused, by reason.", "reason"),
		delivered:   all.counter("rione_broker_delivered_total", "Messages sent to subscribers."),
		dropSlow:    dropped.WithLabelValues("slow"),
		dropExpired: dropped.WithLabelValues("expired"),
		dropLarge:   dropped.WithLabelValues("too_large"),
		dropRetain:  dropped.WithLabelValues("retained_full"),
		slowClosed:  all.counter("rione_broker_slow_closed_total", "Clients closed because they did not read."),
	}
	for qos, label := range []string{"0", "1", "2"} {
		m.messages[qos] = byQoS.WithLabelValues(label)
	}
	return m, errors.Join(all.errs...)
}

// refuse counts a refusal.
func (m *metrics) refuse(reason string) { m.refused.WithLabelValues(reason).Inc() }

// countWriteError counts a client that read nothing until the time-out.
func (m *metrics) countWriteError(err error) {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		m.slowClosed.Inc()
	}
}

// collectors makes collectors, registers them, and gathers what went wrong.
type collectors struct {
	reg  prometheus.Registerer
	errs []error
}

func (c *collectors) add(m prometheus.Collector) {
	if c.reg == nil {
		return
	}
	if err := c.reg.Register(m); err != nil {
		c.errs = append(c.errs, err)
	}
}

func (c *collectors) gauge(name, help string) prometheus.Gauge {
	g := prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help})
	c.add(g)
	return g
}

func (c *collectors) counter(name, help string) prometheus.Counter {
	n := prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	c.add(n)
	return n
}

func (c *collectors) vec(name, help, label string) *prometheus.CounterVec {
	v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{label})
	c.add(v)
	return v
}
