package webhook_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"rione/ingest"
	"rione/ingest/webhook"
)

// fakeIntake commits at once, or holds acks back, refuses, or blocks.
type fakeIntake struct {
	mu        sync.Mutex
	taken     []ingest.Message
	held      []ingest.Acker
	hold      bool
	refuse    error         // what Submit returns
	outcome   error         // what acks say
	blocked   chan struct{} // Submit waits for it
	submitted chan struct{} // hears of each Submit
}

var _ ingest.Intake = (*fakeIntake)(nil)

func newIntake() *fakeIntake { return &fakeIntake{submitted: make(chan struct{}, 1000)} }

func (f *fakeIntake) Submit(m *ingest.Message, a ingest.Acker, _ uint64) error {
	f.mu.Lock()
	blocked := f.blocked
	f.mu.Unlock()
	f.submitted <- struct{}{}
	if blocked != nil {
		<-blocked
	}
	f.mu.Lock()
	if f.refuse != nil {
		defer f.mu.Unlock()
		return f.refuse
	}
	c := *m
	c.Payload = bytes.Clone(m.Payload)
	f.taken = append(f.taken, c)
	f.held = append(f.held, a)
	hold := f.hold
	f.mu.Unlock()
	if !hold {
		f.ack()
	}
	return nil
}

func (f *fakeIntake) ack() {
	f.mu.Lock()
	list, outcome := f.held, f.outcome
	f.held = nil
	f.mu.Unlock()
	for _, a := range list {
		a.Ack(0, outcome)
		a.Flush()
	}
}

func (f *fakeIntake) messages() []ingest.Message {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]ingest.Message(nil), f.taken...)
}

const secret = "admin-secret"

func newDoor(t testing.TB, o webhook.Options) *webhook.Door {
	t.Helper()
	o.AdminToken, o.Formats = secret, []string{"native", "senml", "tts"}
	d, err := webhook.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// request is a POST of body with the administrator's token.
func request(path, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+secret)
	return r
}

func do(d http.Handler, r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w.Result()
}

// refused fails unless the answer is a problem of that status.
func refused(t *testing.T, res *http.Response, status int, detail string) {
	t.Helper()
	var p struct {
		Title, Detail string
		Status        int
	}
	err := json.NewDecoder(res.Body).Decode(&p)
	if err != nil || res.StatusCode != status || p.Status != status || p.Title != http.StatusText(status) || !strings.Contains(p.Detail, detail) {
		t.Errorf("answer is %d %+v, %v; want %d with %q", res.StatusCode, p, err, status, detail)
	}
	if ct := res.Header.Get("Content-Type"); ct != "application/problem+json" {
		t.Errorf("content type is %q", ct)
	}
	if retry := res.Header.Get("Retry-After"); (retry != "") != (status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests) {
		t.Errorf("Retry-After of %d is %q", status, retry)
	}
}

func accepted(t *testing.T, res *http.Response) {
	t.Helper()
	if body, _ := io.ReadAll(res.Body); res.StatusCode != http.StatusAccepted || len(body) > 0 {
		t.Errorf("answer is %d %s", res.StatusCode, body)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	f := func(want string, o webhook.Options) {
		t.Helper()
		if _, err := webhook.New(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
	f("required", webhook.Options{AdminToken: "x"})
	f("required", webhook.Options{Intake: newIntake()})
}

func TestMessage(t *testing.T) {
	in := newIntake()
	before := time.Now()
	accepted(t, do(newDoor(t, webhook.Options{Intake: in}), request("/ingest/v1/senml/058091", "[]")))
	m := in.messages()[0]
	if m.Door != "http" || m.Route != "http-senml" || m.Client != "token:admin" || m.Topic != "/ingest/v1/senml/058091" ||
		string(m.Payload) != "[]" || m.Received.Before(before) || m.Received.Location() != time.UTC {
		t.Errorf("message is %+v", m)
	}
	routes, err := ingest.NewRoutes(webhook.Routes([]string{"native", "senml"}))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/ingest/v1/senml", "/ingest/v1/senml/058091"} {
		if got := routes.Match(path); got != m.Route || routes.ByName(got).Format != "senml" {
			t.Errorf("path %s has the route %q", path, got)
		}
	}
}

// History says so in its door, and comes from the administrator only.
func TestHistory(t *testing.T) {
	in := newIntake()
	d := newDoor(t, webhook.Options{Intake: in, Tokens: someTokens{}})
	f := func(value, token, door string) {
		t.Helper()
		r := request("/ingest/v1/native", "{}")
		r.Header.Set(webhook.HistoryHeader, value)
		r.Header.Set("Authorization", "Bearer "+token)
		res := do(d, r)
		if door == "" {
			refused(t, res, 403, "administrator")
			return
		}
		accepted(t, res)
		if all := in.messages(); all[len(all)-1].Door != door {
			t.Errorf("%q by %s came through %q, want %q", value, token, all[len(all)-1].Door, door)
		}
	}
	f("true", secret, ingest.ImportDoor)
	f("", secret, webhook.DoorName)
	f("", "pusher", webhook.DoorName)
	f("true", "pusher", "")
	f("true", "namesake", "") // a name proves nothing
	f("", "namesake", webhook.DoorName)
	if n := len(in.messages()); n != 4 {
		t.Errorf("%d messages were taken, want 4", n)
	}
}

// someTokens lets two push everything, of whom one is called as the door calls
// the administrator.
type someTokens struct{}

func (someTokens) Check(text string) (string, func(string, string) bool, bool) {
	name, known := map[string]string{"pusher": "admins", "namesake": "admin"}[text]
	return name, func(string, string) bool { return true }, known
}

func TestRefusals(t *testing.T) {
	in := newIntake()
	metrics := prometheus.NewRegistry()
	d := newDoor(t, webhook.Options{Intake: in, MaxBody: 10, Metrics: metrics})
	f := func(status int, detail string, r *http.Request) {
		t.Helper()
		res := do(d, r)
		refused(t, res, status, detail)
		if status == http.StatusMethodNotAllowed && res.Header.Get("Allow") != "POST" {
			t.Error("405 without Allow")
		}
		if status == http.StatusUnauthorized && res.Header.Get("WWW-Authenticate") == "" {
			t.Error("401 without WWW-Authenticate")
		}
	}
	with := func(r *http.Request, header, value string) *http.Request {
		r.Header.Set(header, value)
		return r
	}
	const path = "/ingest/v1/native"
	f(405, "POST", httptest.NewRequest(http.MethodGet, path, nil))
	f(401, "Bearer", httptest.NewRequest(http.MethodPost, path, strings.NewReader("{}")))
	f(401, "Bearer", with(request(path, "{}"), "Authorization", "Bearer wrong"))
	f(401, "Bearer", with(request(path, "{}"), "Authorization", secret))
	f(401, "Bearer", with(request(path, "{}"), "Authorization", "Basic "+secret))
	f(404, "rione decode --list", request("/ingest/v1/tele", "{}"))
	f(404, "rione decode --list", request("/ingest/v1/", "{}"))
	f(404, "rione decode --list", request("/ingest/v2/native", "{}"))
	f(404, "six digits", request(path+"/roma", "{}"))
	f(404, "six digits", request(path+"/058091/x", "{}"))
	f(415, "Content-Encoding", with(request(path, "{}"), "Content-Encoding", "gzip"))
	for _, media := range []string{"image/png", "multipart/form-data; boundary=x", "text/html; charset=utf-8", "application/xml", "application/soap+xml", "application/zip"} {
		f(415, "no format comes as "+media, with(request(path, "{}"), "Content-Type", media))
	}
	f(413, "smaller", request(path, "01234567890"))
	f(422, "empty", request(path, ""))
	f(400, "255", with(request(path, "{}"), "Idempotency-Key", strings.Repeat("x", 256)))
	if n := len(in.messages()); n != 0 {
		t.Errorf("%d refused messages were taken", n)
	}
	accepted(t, do(d, with(with(request(path+"/", "0123456789"), "Authorization", "bearer "+secret), "Content-Encoding", "identity")))
	for _, media := range []string{"application/json", "application/ld+json", "application/senml+cbor", "application/x-protobuf", "application/octet-stream", "text/plain", "application/x-www-form-urlencoded", "nonsense;;", ""} {
		accepted(t, do(d, with(request(path, "0123456789"), "Content-Type", media)))
	}
	families, err := metrics.Gather()
	if err != nil || len(families) != 1 || families[0].GetMetric()[0].GetLabel()[0].GetValue() != "202" {
		t.Errorf("metrics are %v, error %v", families, err)
	}
}

func TestIntakeRefuses(t *testing.T) {
	f := func(status int, detail string, change func(*fakeIntake)) {
		t.Helper()
		in := newIntake()
		change(in)
		d := newDoor(t, webhook.Options{Intake: in, MaxPending: 1})
		for range 3 { // each gives its slot back
			refused(t, do(d, request("/ingest/v1/native", "{}")), status, detail)
		}
	}
	f(413, "smaller", func(in *fakeIntake) { in.refuse = ingest.ErrTooLarge })
	f(429, "slow it down", func(in *fakeIntake) { in.refuse = ingest.Refuse(ingest.OverQuota, "slow it down") })
	f(503, "takes nothing", func(in *fakeIntake) { in.refuse = ingest.Refuse(ingest.Empty, "") })
	f(503, "shutting down", func(in *fakeIntake) { in.refuse = ingest.ErrClosed })
	f(503, "shutting down", func(in *fakeIntake) { in.outcome = fmt.Errorf("%w: late", ingest.ErrClosed) })
	f(503, "takes nothing", func(in *fakeIntake) { in.outcome = errors.New("no") })
}

// 202 comes after the commit and not before.
func TestAnswerWaitsForTheCommit(t *testing.T) {
	in := newIntake()
	in.hold = true
	d := newDoor(t, webhook.Options{Intake: in})
	answer := make(chan *http.Response, 1)
	go func() { answer <- do(d, request("/ingest/v1/native", "{}")) }()
	<-in.submitted
	waitFor(t, func() bool { return len(in.messages()) == 1 })
	select {
	case res := <-answer:
		t.Fatalf("answered %d before the commit", res.StatusCode)
	default:
	}
	in.ack()
	accepted(t, <-answer)
}

// While the journal takes nothing, clients hear so in time, and only so many
// bodies are kept.
func TestFullJournal(t *testing.T) {
	in := newIntake()
	in.blocked = make(chan struct{})
	d := newDoor(t, webhook.Options{Intake: in, Wait: 20 * time.Millisecond, MaxPending: 3})
	for range 3 {
		refused(t, do(d, request("/ingest/v1/native", "{}")), 503, "journal takes nothing")
	}
	refused(t, do(d, request("/ingest/v1/native", "{}")), 503, "too many")
	if n := len(in.submitted); n != 3 {
		t.Errorf("%d were submitted, want 3", n)
	}
	close(in.blocked)
	waitFor(t, func() bool { return do(d, request("/ingest/v1/native", "{}")).StatusCode == 202 })
}

func TestClientLeaves(t *testing.T) {
	in := newIntake()
	in.hold = true
	d := newDoor(t, webhook.Options{Intake: in, MaxPending: 1})
	ctx, cancel := context.WithCancel(t.Context())
	left := make(chan struct{})
	go func() { defer close(left); do(d, request("/ingest/v1/native", "{}").WithContext(ctx)) }()
	<-in.submitted
	cancel()
	<-left
	waitFor(t, func() bool { return len(in.messages()) == 1 })
	in.mu.Lock()
	in.hold = false
	in.mu.Unlock()
	in.ack()
	accepted(t, do(d, request("/ingest/v1/native", "{}")))
}

// A body that ends before its length says is no message; nor is one that does
// not come.
func TestBodyCutShort(t *testing.T) {
	in := newIntake()
	s := httptest.NewServer(newDoor(t, webhook.Options{Intake: in, Wait: 200 * time.Millisecond}))
	defer s.Close()
	f := func(half bool) {
		t.Helper()
		c, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		fmt.Fprintf(c, "POST /ingest/v1/native HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: 100\r\n\r\n{\"ts\":", secret)
		if half {
			if err := c.(*net.TCPConn).CloseWrite(); err != nil {
				t.Fatal(err)
			}
		}
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		refused(t, res, 400, "to its end")
	}
	f(true)
	f(false)
	if n := len(in.messages()); n != 0 {
		t.Errorf("%d messages were taken", n)
	}
}

// issued are tokens by their text.
type issued map[string]struct {
	name, comune string
	formats      []string
}

func (i issued) Check(text string) (string, func(format, comune string) bool, bool) {
	t, ok := i[text]
	return t.name, func(format, comune string) bool {
		return (t.formats == nil || slices.Contains(t.formats, format)) && (t.comune == "" || comune == t.comune)
	}, ok
}

func TestTokens(t *testing.T) {
	in := newIntake()
	d := newDoor(t, webhook.Options{Intake: in, Tokens: issued{
		"s1": {name: "lora", comune: "058091", formats: []string{"native", "tts"}},
		"s2": {name: "any"},
	}})
	push := func(secret, path string) *http.Response {
		r := request(path, "{}")
		r.Header.Set("Authorization", "Bearer "+secret)
		return do(d, r)
	}
	refused(t, push("s1", "/ingest/v1/senml/058091"), 403, "format")
	refused(t, push("s1", "/ingest/v1/tts/015146"), 403, "comune")
	refused(t, push("s1", "/ingest/v1/tts"), 403, "comune")
	refused(t, push("s3", "/ingest/v1/tts"), 401, "")
	accepted(t, push("s1", "/ingest/v1/tts/058091"))
	accepted(t, push("s2", "/ingest/v1/senml/015146"))
	want := []ingest.Message{
		{Client: "token:lora", Topic: "/ingest/v1/tts/058091"},
		{Client: "token:any", Topic: "/ingest/v1/senml/015146"},
	}
	for i, m := range in.messages() {
		if m.Client != want[i].Client || m.Topic != want[i].Topic {
			t.Errorf("message %d is of %s on %s", i, m.Client, m.Topic)
		}
	}
}

// waitFor polls until ok or fails.
func waitFor(t *testing.T, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	late := time.NewTimer(30 * time.Second)
	defer late.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-late.C:
			t.Fatal("waited in vain")
		}
	}
}
