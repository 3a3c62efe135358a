package api

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

func TestRateLimit(t *testing.T) {
	now := noon
	r := newRig(t, smallFleet(), func(o *Options) { o.PerMinute, o.Now = 3, func() time.Time { return now } })
	f := func(in request, want int, left string) {
		t.Helper()
		in.path = "/v1/comuni"
		w := r.do(in)
		if w.Code != want || w.Header().Get("X-RateLimit-Remaining") != left || w.Header().Get("X-RateLimit-Limit") != "3" {
			t.Errorf("%+v: %d %v, want %d, %s left", in, w.Code, w.Header(), want, left)
		}
	}
	f(request{}, 200, "2")
	f(request{}, 200, "1")
	f(request{}, 200, "0")
	f(request{}, 429, "0")
	f(request{token: "read-only"}, 200, "2") // somebody else, at the same address
	f(request{token: "read-only", peer: everywhere}, 200, "1")
	f(request{peer: "[::1]:9"}, 200, "2")
	if w := r.do(request{path: "/status"}); w.Code != 200 {
		t.Errorf("/status is limited: %d", w.Code)
	}
	now = now.Add(limitWindow)
	f(request{}, 200, "2")
}

func TestLimiterIsBounded(t *testing.T) {
	l := newLimiter(5, func() time.Time { return noon })
	for i := range maxCounted + 100 {
		l.take(fmt.Sprint(i))
	}
	if len(l.counts) > maxCounted+1 {
		t.Errorf("%d clients counted", len(l.counts))
	}
	if left, _ := l.take("a new one"); left >= 0 {
		t.Errorf("%d left to those beyond the bound", left)
	}
}

func TestAuditAndMetrics(t *testing.T) {
	var log bytes.Buffer
	metrics := prometheus.NewRegistry()
	r := newRig(t, smallFleet(), func(o *Options) {
		o.Logger, o.Metrics = slog.New(slog.NewTextHandler(&log, nil)), metrics
	})
	r.do(request{path: "/v1/devices"})
	if log.Len() > 0 {
		t.Errorf("reading is logged: %s", &log)
	}
	w := r.do(request{method: http.MethodDelete, path: "/v1/devices/air-1", token: "work", header: map[string]string{"If-Match": `"7"`}})
	for _, want := range []string{"msg=audit", "who=hands", "/v1/devices/air-1", "status=200", w.Header().Get("X-Request-Id")} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("%s is not in %s", want, &log)
		}
	}
	if strings.Contains(log.String(), "work") {
		t.Errorf("the token is in the log: %s", &log)
	}
	text := r.do(request{path: "/metrics"}).Body.String()
	if !strings.Contains(text, `rione_api_request_duration_seconds_count{code="200",route="GET /v1/devices"} 1`) || !strings.Contains(text, "rione_api_live_clients 0") {
		t.Error(text)
	}
}
