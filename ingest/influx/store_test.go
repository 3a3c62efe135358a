package influx_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"rione/ingest/influx"
	"rione/ingest/influx/influxtest"
)

const bucket = "city"

// store is a real InfluxDB with a writer, and the writer's metrics.
type store struct {
	*influxtest.Server
	client  *influx.Client
	writer  *influx.Writer
	metrics *prometheus.Registry
}

func newStore(t *testing.T, settings ...string) *store {
	t.Helper()
	s := &store{Server: influxtest.Start(t, settings...)}
	s.Buckets(bucket)
	s.connect(t, s.URL, 10*time.Second)
	return s
}

// connect gives s a client and a writer of its own, to url.
func (s *store) connect(t *testing.T, url string, timeout time.Duration) {
	t.Helper()
	s.metrics = prometheus.NewRegistry()
	var err error
	s.client, err = influx.NewClient(influx.Options{URL: url, Token: s.Token, Org: s.Org, Timeout: timeout, Metrics: s.metrics})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.client.Close)
	if s.writer, err = influx.NewWriter(s.client); err != nil {
		t.Fatal(err)
	}
}

// write writes lines into the bucket and returns what was refused.
func (s *store) write(t *testing.T, lines ...string) []influx.Reject {
	t.Helper()
	rejects, err := s.writer.Write(t.Context(), bucket, batchOf(lines...))
	if err != nil {
		t.Fatal(err)
	}
	return rejects
}

func batchOf(lines ...string) *influx.Batch {
	b := influx.NewBatch()
	for _, line := range lines {
		b.AddLine([]byte(line))
	}
	return b
}

// count returns how many values a field of a measurement has.
func (s *store) count(t *testing.T, measurement, field string) int {
	t.Helper()
	return countIn(t, s.Client(), bucket, measurement, field)
}

func countIn(t *testing.T, c *influx.Client, bucket, measurement, field string) int {
	t.Helper()
	all, err := c.Query(t.Context(), bucket, fmt.Sprintf("SELECT count(%s) FROM %s", influx.Ident(field), influx.Ident(measurement)))
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		return 0
	}
	return int(all[0].Values[0][1].(int64))
}

// requests returns how many write requests the writer made.
func (s *store) requests(t *testing.T) int {
	t.Helper()
	return int(s.metric(t, "rione_influx_request_seconds", "").GetHistogram().GetSampleCount())
}

// lines returns how many lines the writer counted in a state.
func (s *store) lines(t *testing.T, state string) int {
	t.Helper()
	return int(s.metric(t, "rione_influx_lines_total", state).GetCounter().GetValue())
}

// metric returns the metric of that name and, if not "", label value.
func (s *store) metric(t *testing.T, name, label string) *dto.Metric {
	t.Helper()
	families, err := s.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == name && (label == "" || m.GetLabel()[0].GetValue() == label) {
				return m
			}
		}
	}
	t.Fatalf("the writer has no metric %s %s", name, label)
	return nil
}

// faults stands before a real InfluxDB and answers writes in its place while
// fault returns true.
type faults struct {
	*httptest.Server
	writes atomic.Int32
	fault  atomic.Pointer[func(http.ResponseWriter, *http.Request) bool]
}

func newFaults(t *testing.T, target string) *faults {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	f, proxy := &faults{}, httputil.NewSingleHostReverseProxy(u)
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/v2/write" {
			f.writes.Add(1)
			if fault := f.fault.Load(); fault != nil && (*fault)(w, r) {
				return
			}
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(f.Close)
	return f
}

// set replaces the fault; it gets the number of the write, from 1.
func (f *faults) set(fault func(n int, w http.ResponseWriter, r *http.Request) bool) {
	g := func(w http.ResponseWriter, r *http.Request) bool { return fault(int(f.writes.Load()), w, r) }
	f.fault.Store(&g)
}
