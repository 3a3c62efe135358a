package api

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// meters count what the API does.
type meters struct {
	requests *prometheus.HistogramVec
}

func newMeters(registry *prometheus.Registry, s *Server) *meters {
	m := &meters{requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "rione_api_request_duration_seconds", Help: "Time to answer a request, by route and status.",
		Buckets: []float64{0.001, 0.005, 0.02, 0.05, 0.2, 1, 5, 30},
	}, []string{"route", "code"})}
	if registry == nil {
		return m
	}
	gauge := func(name, help string, f func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, f)
	}
	registry.MustRegister(m.requests,
		gauge("rione_api_live_clients", "Clients of the live feed.", func() float64 { return float64(s.live.count()) }),
		gauge("rione_api_latest_refused", "Points of devices beyond what the latest values hold.", func() float64 { return float64(s.o.Latest.refused.Load()) }),
		gauge("rione_api_exports", "Exports under way.", func() float64 { return float64(len(s.exports)) }))
	return m
}

// observed is a ResponseWriter that remembers the status.
type observed struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (o *observed) WriteHeader(status int) {
	if o.status == 0 {
		o.status = status
	}
	o.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController through.
func (o *observed) Unwrap() http.ResponseWriter { return o.ResponseWriter }

// observe measures a request, and notes in the log who changed what: the audit
// trail of the API. Reading leaves no trace there.
func (s *Server) observe(w http.ResponseWriter, r *http.Request, route, who string, serve http.HandlerFunc) {
	o, start := &observed{ResponseWriter: w}, time.Now()
	serve(o, r)
	if o.status == 0 {
		o.status = http.StatusOK
	}
	if o.status == http.StatusForbidden {
		s.trespassed(callerOf(r.Context()), route)
	}
	s.meters.requests.WithLabelValues(route, strconv.Itoa(o.status)).Observe(time.Since(start).Seconds())
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		s.log.Info("audit", "who", who, "route", route, "path", r.URL.Path, "status", o.status,
			"request", w.Header().Get("X-Request-Id"))
	}
}
