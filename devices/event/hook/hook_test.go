package hook

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rione/devices/event"
	"rione/devices/event/keep"
)

const secret = "0123456789abcdef"

func noon() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

func newHook(t *testing.T, url string, change func(*Options)) *Hook {
	t.Helper()
	o := Options{URL: url, Secret: []byte(secret), Private: true, Version: "1.2.3", Now: noon}
	if change != nil {
		change(&o)
	}
	h, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.client.CloseIdleConnections)
	return h
}

func serve(t *testing.T, f http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	return s.URL
}

func happened(step event.Step) event.Event {
	return event.Event{ID: "silent-air-1-x", Type: event.Silent, Step: step, State: event.Open, Text: "nothing", Raised: noon()}
}

func TestPost(t *testing.T) {
	var posts atomic.Int32
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		posts.Add(1)
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		for name, want := range map[string]string{
			"Content-Type": "application/json", "User-Agent": "rione/1.2.3", DeliveryHeader: "7", TimestampHeader: "1795348800",
			SignatureHeader: Sign([]byte(secret), "1795348800", body),
		} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		var m Message
		if err := json.Unmarshal(body, &m); err != nil || m.Delivery != 7 || m.Event.ID != "silent-air-1-x" || m.Event.Step != event.Raised || r.Method != http.MethodPost {
			t.Errorf("%s %s (%v)", r.Method, body, err)
		}
	})
	h := newHook(t, url+"/x", nil)
	if err := h.Deliver(t.Context(), 7, happened(event.Raised)); err != nil {
		t.Error(err)
	}
	if err := h.Deliver(t.Context(), 8, happened(event.Updated)); err != nil || posts.Load() != 1 {
		t.Errorf("devices that come and go are posted: %d posts, %v", posts.Load(), err)
	}
}

// The signature as anybody can compute it: openssl dgst -sha256 -hmac.
func TestSign(t *testing.T) {
	const want = "v1=1ba6b8171186efc613e8bcc0cbdab2748f24984d7c5a84faa2637afa0e40d224"
	got := Sign([]byte("key"), "1", []byte("{}"))
	if got != want {
		t.Errorf("signature %s", got)
	}
	for name, other := range map[string]string{
		"key": Sign([]byte("kez"), "1", []byte("{}")), "time": Sign([]byte("key"), "2", []byte("{}")), "body": Sign([]byte("key"), "1", []byte("{ }")),
	} {
		if other == got {
			t.Errorf("another %s has the same signature", name)
		}
	}
}

// While the secret changes, whoever knows either one of both takes the post.
func TestSecretThatChanges(t *testing.T) {
	const before = "fedcba9876543210"
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		at := r.Header.Get(TimestampHeader)
		want := []string{Sign([]byte(secret), at, body), Sign([]byte(before), at, body)}
		if got := strings.Split(r.Header.Get(SignatureHeader), ","); !slices.Equal(got, want) {
			t.Errorf("signatures %q, want %q", got, want)
		}
	})
	if err := newHook(t, url, func(o *Options) { o.Before = []byte(before) }).Deliver(t.Context(), 1, happened(event.Raised)); err != nil {
		t.Error(err)
	}
}

func TestAnswers(t *testing.T) {
	var status atomic.Int32
	var after atomic.Value
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if s := after.Load().(string); s != "" {
			w.Header().Set("Retry-After", s)
		}
		w.WriteHeader(int(status.Load()))
	})
	h := newHook(t, url, nil)
	f := func(code int, retryAfter string, refused bool, pause time.Duration) {
		t.Helper()
		status.Store(int32(code))
		after.Store(retryAfter)
		err := h.Deliver(t.Context(), 1, happened(event.Raised))
		if (err == nil) != (code < 300) {
			t.Fatalf("%d: %v", code, err)
		}
		var r *keep.RefusedError
		if errors.As(err, &r) != refused {
			t.Errorf("%d: %v", code, err)
		}
		var again *keep.RetryAfterError
		if errors.As(err, &again) && again.Pause != pause || !errors.As(err, &again) && pause != 0 {
			t.Errorf("%d: %v, want a pause of %v", code, err, pause)
		}
	}
	f(200, "", false, 0)
	f(204, "", false, 0)
	f(301, "", true, 0)
	f(400, "", true, 0)
	f(401, "", false, 0)
	f(404, "", false, 0)
	f(410, "", true, 0)
	f(429, "17", false, 17*time.Second)
	f(429, "Sun, 22 Nov 2026 12:01:00 GMT", false, time.Minute)
	f(429, "-1", false, 0)
	f(503, "soon", false, 0)
	f(500, "17", false, 0)
}

func TestNobodyThere(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	err := newHook(t, s.URL+"/with-a-secret", nil).Deliver(t.Context(), 1, happened(event.Raised))
	var refused *keep.RefusedError
	if err == nil || errors.As(err, &refused) || strings.Contains(err.Error(), "with-a-secret") {
		t.Errorf("%v", err)
	}
}

func TestSlowAnswer(t *testing.T) {
	release := make(chan struct{})
	url := serve(t, func(http.ResponseWriter, *http.Request) { <-release })
	t.Cleanup(func() { close(release) })
	if err := newHook(t, url, func(o *Options) { o.Timeout = 50 * time.Millisecond }).Deliver(t.Context(), 1, happened(event.Raised)); err == nil {
		t.Error("no answer is an answer")
	}
}

func TestInnerNetworkIsRefused(t *testing.T) {
	var reached atomic.Bool
	s := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Store(true) }))
	t.Cleanup(s.Close)
	_, port, _ := strings.Cut(strings.TrimPrefix(s.URL, "https://"), ":")
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]"} { // by address and by name
		h := newHook(t, "https://"+host+":"+port, func(o *Options) { o.Private = false })
		h.client.Transport.(*http.Transport).TLSClientConfig = s.Client().Transport.(*http.Transport).TLSClientConfig
		err := h.Deliver(t.Context(), 1, happened(event.Raised))
		if err == nil || reached.Load() {
			t.Errorf("%s is reached: %v", host, err)
		}
	}
}

func TestRedirects(t *testing.T) {
	var posts atomic.Int32
	inner := serve(t, func(http.ResponseWriter, *http.Request) { posts.Add(1) })
	var to atomic.Value
	var code atomic.Int32
	outer := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/there" {
			body, _ := io.ReadAll(r.Body)
			if r.Method != http.MethodPost || len(body) == 0 || r.Header.Get(SignatureHeader) == "" {
				t.Errorf("redirected: %s %s", r.Method, body)
			}
			return
		}
		http.Redirect(w, r, to.Load().(string), int(code.Load()))
	})
	f := func(status int, where string, want bool) {
		t.Helper()
		code.Store(int32(status))
		to.Store(where)
		if err := newHook(t, outer, nil).Deliver(t.Context(), 1, happened(event.Raised)); (err == nil) != want {
			t.Errorf("%d to %s: %v", status, where, err)
		}
	}
	f(307, "/there", true)
	f(308, "/there", true)
	f(302, "/there", false) // would lose the body
	f(307, inner, false)    // another host
	f(307, "/round", false) // and round
	if posts.Load() != 0 {
		t.Error("another host is told")
	}
}

func TestOptions(t *testing.T) {
	f := func(o Options, want bool) {
		t.Helper()
		if o.Secret == nil {
			o.Secret = []byte(secret)
		}
		if _, err := New(o); (err == nil) != want {
			t.Errorf("%q: %v", o.URL, err)
		}
	}
	f(Options{URL: "https://example.org/x"}, true)
	f(Options{URL: "http://example.org/x"}, false)
	f(Options{URL: "http://example.org/x", Private: true}, true)
	f(Options{URL: "https://anna:pw@example.org/x"}, false)
	f(Options{URL: "ftp://example.org/x"}, false)
	f(Options{URL: "example.org"}, false)
	f(Options{URL: "https://example.org", Secret: []byte("short")}, false)
	f(Options{URL: "https://example.org", Before: []byte("short")}, false)
	f(Options{URL: "https://example.org", Before: []byte("fedcba9876543210")}, true)
}

func TestIsPublic(t *testing.T) {
	f := func(want bool, addresses ...string) {
		t.Helper()
		for _, a := range addresses {
			if got := isPublic(netip.MustParseAddr(a)); got != want {
				t.Errorf("%s: %v", a, got)
			}
		}
	}
	f(true, "8.8.8.8", "93.184.216.34", "172.32.0.1", "2001:4860:4860::8888", "2a00:1450:4002::1", "::ffff:8.8.8.8")
	f(false, "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.8.8.8", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.168.1.1",
		"192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255")
	f(false, "::", "::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::a00:1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1",
		"2001:db8::1", "2002:a00:1::", "100::1", "3fff::1", "4000::1")
	if isPublic(netip.Addr{}) {
		t.Error("no address is public")
	}
	if err := publicOnly("tcp", "not an address", nil); err == nil {
		t.Error("what cannot be read is let through")
	}
}
