package api

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

func TestOptions(t *testing.T) {
	registry := &memoryRegistry{}
	f := func(o Options, want string) {
		t.Helper()
		if _, err := New(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one about %q", err, want)
		}
	}
	f(Options{Listen: ":0", Store: brokenStore{}}, "registry")
	f(Options{Listen: ":0", Registry: registry}, "store")
	f(Options{Listen: "8080", Registry: registry, Store: brokenStore{}}, "host:port")
}

func TestPortTaken(t *testing.T) {
	first := newRig(t, nil)
	if err := first.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	second := newRig(t, nil, func(o *Options) { o.Listen = first.Addr().String() })
	if err := second.Start(context.Background()); err == nil || !strings.Contains(err.Error(), "another program") {
		t.Fatalf("error %v", err)
	}
	if err := errors.Join(first.Close(), first.Close()); err != nil {
		t.Fatalf("closing twice: %v", err)
	}
}

// A browser keeps a spare connection that says nothing; it does not spoil the end.
func TestCloseCutsSpareConnections(t *testing.T) {
	r := newRig(t, nil)
	if err := r.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	var spare []net.Conn
	for range 3 {
		c, err := net.Dial("tcp", r.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		spare = append(spare, c)
	}
	if res, err := http.Get("http://" + r.Addr().String() + "/status"); err != nil { // who came before was accepted
		t.Fatal(err)
	} else if err := res.Body.Close(); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range spare {
		if err := c.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, io.EOF) && !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("a spare connection ends with %v", err)
		}
	}
}

func TestStatus(t *testing.T) {
	var wrong error
	r := newRig(t, nil, func(o *Options) {
		o.Checks = []Check{
			{Name: "journal", Run: func(context.Context) error { return nil }},
			{Name: "influx", Run: func(context.Context) error { return wrong }},
		}
	})
	w := r.do(request{path: "/status", peer: everywhere})
	if st := decode[Status](t, w.Body.Bytes()); w.Code != 200 || w.Header().Get("Content-Type") != problemType ||
		st.Title != "ready" || st.Status != 200 || st.Service != "rione" || st.Version != "1.2.3" || len(st.Checks) != 2 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	wrong = errors.New("connection refused")
	w = r.do(request{path: "/status"})
	if body := problemOf(t, w, 503); !strings.Contains(body, "influx: connection refused") || w.Header().Get("Retry-After") == "" {
		t.Fatalf("not ready: %s %v", body, w.Header())
	}
	problemOf(t, r.do(request{path: "/status?verbose=1"}), 400)
}

func TestStatusGivesChecksASecond(t *testing.T) {
	r := newRig(t, nil, func(o *Options) {
		o.Checks = []Check{{Name: "slow", Run: func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		}}}
	})
	problemOf(t, r.do(request{path: "/status"}), 503)
}

func TestStrictAnswers(t *testing.T) {
	r := newRig(t, nil)
	w := r.do(request{path: "/v1/devices"})
	for _, h := range []string{"X-Request-Id", "Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy"} {
		if w.Header().Get(h) == "" {
			t.Errorf("no %s", h)
		}
	}
	if policy := w.Header().Get("Content-Security-Policy"); strings.Contains(policy, "unsafe") || !strings.Contains(policy, "default-src 'none'") {
		t.Errorf("policy %s", policy)
	}
	if a, b := w.Header().Get("X-Request-Id"), r.do(request{path: "/"}).Header().Get("X-Request-Id"); a == b {
		t.Errorf("two requests are both %s", a)
	}
	f := func(method, path string, want int) {
		t.Helper()
		problemOf(t, r.do(request{method: method, path: path, token: adminToken}), want)
	}
	f("GET", "/nothing", 404)
	f("GET", "/v1/nothing", 404)
	f("GET", "/assets/nothing.js", 404)
	f("PUT", "/v1/devices", 405)
	f("TRACE", "/v1/devices", 405)
	f("GET", "/v1/devices?kindd=air", 400)
	f("GET", "/v1/devices?limit=0", 422)
	f("GET", "/v1/devices?limit=many", 422)
}

func TestStoreDown(t *testing.T) {
	r := newRig(t, demoCity()[:1])
	id := r.registry.Snapshot().All()[0].ID
	body := problemOf(t, r.do(request{path: "/v1/readings?device=" + id}), 503)
	if strings.Contains(body, "10.0.0.7") {
		t.Errorf("the store's address leaks: %s", body)
	}
	problemOf(t, r.do(request{path: "/v1/ledger"}), 503)
}

func TestPanicIsAProblem(t *testing.T) {
	r := newRig(t, nil, func(o *Options) {
		o.Ingest = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("boom") })
	})
	if body := problemOf(t, r.do(request{method: "POST", path: "/ingest/v1/native"}), 500); strings.Contains(body, "boom") {
		t.Errorf("the cause leaks: %s", body)
	}
}

func TestIngestAndMetricsAreMounted(t *testing.T) {
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "rione_test_gauge"}, func() float64 { return 7 }))
	r := newRig(t, nil, func(o *Options) {
		o.Metrics = metrics
		o.Ingest = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			w.WriteHeader(http.StatusAccepted)
			_, _ = io.WriteString(w, r.URL.Path+" "+string(body))
		})
	})
	w := r.do(request{method: "POST", path: "/ingest/v1/native/058091", body: "[]", peer: everywhere})
	if w.Code != 202 || w.Body.String() != "/ingest/v1/native/058091 []" {
		t.Errorf("ingest: %d %s", w.Code, w.Body)
	}
	if w := r.do(request{path: "/metrics"}); !strings.Contains(w.Body.String(), "rione_test_gauge 7") {
		t.Errorf("metrics: %d %s", w.Code, w.Body)
	}
	problemOf(t, r.do(request{path: "/metrics", peer: everywhere}), 401)
}

func TestGzip(t *testing.T) {
	r := newRig(t, demoCity())
	w := r.do(request{path: "/v1/devices?limit=300", header: map[string]string{"Accept-Encoding": "gzip"}})
	if w.Header().Get("Content-Encoding") != "gzip" {
		t.Fatalf("headers %v", w.Header())
	}
	z, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	if page := decode[DevicePage](t, plain); len(page.Devices) != 300 {
		t.Errorf("%d devices", len(page.Devices))
	}
}

func TestBodyLimit(t *testing.T) {
	r := newRig(t, demoCity()[:1])
	body := `{"name":"` + strings.Repeat("x", 2<<20) + `"}`
	w := r.do(request{method: "PATCH", path: "/v1/devices/" + r.registry.Snapshot().All()[0].ID, token: adminToken,
		body: body, header: map[string]string{"If-Match": "*"}})
	problemOf(t, w, http.StatusRequestEntityTooLarge)
}

func TestStateOf(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	minutely := demoCity()[0]
	silentAbout := minutely
	silentAbout.Interval = 0
	f := func(age time.Duration, want State) {
		t.Helper()
		if got := stateOf(&minutely, now.Add(-age), now); got != want {
			t.Errorf("%v ago: %s, want %s", age, got, want)
		}
	}
	f(0, Online)
	f(-time.Minute, Online)
	f(150*time.Second, Online)
	f(151*time.Second, Late)
	f(10*time.Minute, Late)
	f(601*time.Second, Silent)
	if got := stateOf(&silentAbout, now.Add(-30*time.Minute), now); got != Online {
		t.Errorf("unknown interval: %s", got)
	}
	if got := stateOf(&minutely, time.Time{}, now); got != Silent {
		t.Errorf("never heard of: %s", got)
	}
	minutely.Updated = now.Add(-9 * time.Minute)
	if got := stateOf(&minutely, time.Time{}, now); got != Waiting {
		t.Errorf("registered lately: %s", got)
	}
	if got := stateOf(&minutely, now.Add(-time.Hour), now); got != Silent {
		t.Errorf("changed lately, heard of long ago: %s", got)
	}
}
