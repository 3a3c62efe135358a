package httpdoor_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"rione/simulator/httpdoor"
	"rione/simulator/link"
)

// door is an HTTP door that answers what it is told to.
type door struct {
	mu      sync.Mutex
	answers []int // of the next requests; then 202
	bodies  []string
	auth    string
}

func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.auth = r.Header.Get("Authorization")
	status := http.StatusAccepted
	if len(d.answers) > 0 {
		status, d.answers = d.answers[0], d.answers[1:]
	}
	if status/100 == 2 {
		d.bodies = append(d.bodies, r.URL.Path+" "+string(body))
	}
	w.WriteHeader(status)
}

func open(t *testing.T, d *door, o link.Options) link.Link {
	t.Helper()
	server := httptest.NewServer(d)
	t.Cleanup(server.Close)
	dialer := httpdoor.New(httpdoor.Options{URL: server.URL + "/", Token: "secret"})
	t.Cleanup(dialer.Close)
	l, err := dialer.Dial(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

func receive(t *testing.T, from chan uint64) uint64 {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(10 * time.Second):
		t.Fatal("nothing was answered")
	}
	return 0
}

func TestMessagesArriveInOrderAndAreAcked(t *testing.T) {
	d := &door{answers: []int{http.StatusServiceUnavailable, http.StatusTooManyRequests, http.StatusAccepted, http.StatusOK}} // pushed again
	acked := make(chan uint64, 10)
	l := open(t, d, link.Options{Acked: func(token uint64) { acked <- token }})
	for i := range uint64(5) {
		if err := l.Publish("/ingest/v1/native/058091", []byte{'a' + byte(i)}, i); err != nil {
			t.Fatal(err)
		}
	}
	for i := range uint64(5) {
		if got := receive(t, acked); got != i {
			t.Errorf("%d was acked, want %d", got, i)
		}
	}
	want := []string{"/ingest/v1/native/058091 a", "/ingest/v1/native/058091 b", "/ingest/v1/native/058091 c", "/ingest/v1/native/058091 d", "/ingest/v1/native/058091 e"}
	if !slices.Equal(d.bodies, want) || d.auth != "Bearer secret" {
		t.Errorf("%q with %q", d.bodies, d.auth)
	}
}

func TestWhatTheDoorRefusesIsNotPushedAgain(t *testing.T) {
	d := &door{answers: []int{http.StatusUnprocessableEntity}}
	refused, acked := make(chan uint64, 1), make(chan uint64, 1)
	l := open(t, d, link.Options{Acked: func(token uint64) { acked <- token }, Refused: func(token uint64, reason byte) {
		if reason < 0x80 {
			t.Errorf("reason %#x says well", reason)
		}
		refused <- token
	}})
	for i := range uint64(2) {
		if err := l.Publish("/x", nil, i); err != nil {
			t.Fatal(err)
		}
	}
	if r, a := receive(t, refused), receive(t, acked); r != 0 || a != 1 {
		t.Errorf("refused %d, acked %d", r, a)
	}
}

func TestAFullWindowIsBusyAndCloseEndsIt(t *testing.T) {
	stuck := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-stuck:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(stuck) })
	dialer := httpdoor.New(httpdoor.Options{URL: server.URL, Conns: 1})
	l, err := dialer.Dial(t.Context(), link.Options{Window: 2})
	if err != nil {
		t.Fatal(err)
	}
	busy := false
	for i := range uint64(5) {
		busy = busy || errors.Is(l.Publish("/x", []byte("a"), i), link.ErrBusy)
	}
	if !busy {
		t.Error("five messages went into a window of two and one under way")
	}
	l.Close()
	if err := l.Publish("/x", nil, 9); !errors.Is(err, link.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}
