// Package webhook is the HTTP door, for networks that push: POST
// /ingest/v1/{format}[/{comune}] with a door token. It answers 202 only after
// the message is durable in the journal.
package webhook

import (
	"cmp"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"rione/ingest"
)

// DoorName is the door that its messages carry.
const DoorName = "http"

// Prefix is the path under which the door is mounted.
const Prefix = "/ingest/v1/"

// Options describe the door.
type Options struct {
	Intake     ingest.Intake // required
	AdminToken string        // may push everything; required
	Formats    []string      // the formats that there are
	MaxBody    int64         // default 1 MiB
	Wait       time.Duration // longest wait for the commit; default 30 s
	Logger     *slog.Logger
	Metrics    prometheus.Registerer
}

// Door is an http.Handler.
type Door struct {
	opt      Options
	admin    [sha256.Size]byte
	requests *prometheus.CounterVec
}

// New checks the options.
func New(o Options) (*Door, error) {
	if o.Intake == nil || o.AdminToken == "" {
		return nil, errors.New("http door: Intake and AdminToken are required")
	}
	o.MaxBody = cmp.Or(o.MaxBody, 1<<20)
	o.Wait = cmp.Or(o.Wait, 30*time.Second)
	d := &Door{opt: o, admin: sha256.Sum256([]byte(o.AdminToken)), requests: prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "rione", Subsystem: "webhook", Name: "requests_total", Help: "Requests to the HTTP door, by status.",
	}, []string{"status"})}
	if o.Metrics != nil {
		o.Metrics.MustRegister(d.requests)
	}
	return d, nil
}

// Routes are the routes of the paths of this door, one a format.
func Routes(formats []string) []ingest.Route {
	out := make([]ingest.Route, len(formats))
	for i, f := range formats {
		out[i] = ingest.Route{Name: "http-" + f, Filter: Prefix + f + "/#", Format: f}
	}
	return out
}

// ServeHTTP implements http.Handler.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p := d.take(r)
	d.requests.WithLabelValues(http.StatusText(p.Status)).Inc()
	if p.Status == http.StatusAccepted {
		w.WriteHeader(p.Status)
		return
	}
	h := w.Header()
	switch p.Status {
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		h.Set("Retry-After", "5")
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", `Bearer realm="rione"`)
	case http.StatusMethodNotAllowed:
		h.Set("Allow", http.MethodPost)
	}
	h.Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the client may have gone
}

// problem is an answer after RFC 9457.
type problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
}

func refuse(status int, detail string) problem {
	return problem{Title: http.StatusText(status), Status: status, Detail: detail}
}

var comunePattern = regexp.MustCompile(`^[0-9]{6}$`)

// take brings one request into the journal.
func (d *Door) take(r *http.Request) problem {
	if r.Method != http.MethodPost {
		return refuse(http.StatusMethodNotAllowed, "push with POST")
	}
	format, comune, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, Prefix), "/")
	switch {
	case !d.authorized(r):
		return refuse(http.StatusUnauthorized, "send a door token: Authorization: Bearer TOKEN")
	case !slices.Contains(d.opt.Formats, format):
		return refuse(http.StatusNotFound, "there is no format "+format+"; `rione decode --list` names them")
	case comune != "" && !comunePattern.MatchString(comune):
		return refuse(http.StatusNotFound, "after the format stands nothing, or the ISTAT code of a comune, six digits")
	case r.Header.Get("Content-Encoding") != "" && r.Header.Get("Content-Encoding") != "identity":
		return refuse(http.StatusUnsupportedMediaType, "send the body without Content-Encoding")
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, d.opt.MaxBody))
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		return refuse(http.StatusRequestEntityTooLarge, "send smaller bodies, or several")
	}
	switch {
	case err != nil:
		return refuse(http.StatusBadRequest, "the body could not be read to its end")
	case len(body) == 0:
		return refuse(http.StatusUnprocessableEntity, "the body is empty")
	}
	return d.commit(r, format, body)
}

func (d *Door) commit(r *http.Request, format string, body []byte) problem {
	m := ingest.Message{
		Received: time.Now().UTC(), Door: DoorName, Route: "http-" + format, Client: "token:admin",
		Topic: r.URL.Path, Payload: body,
	}
	done := make(acked, 1)
	if err := d.opt.Intake.Submit(&m, done, 0); errors.Is(err, ingest.ErrTooLarge) {
		return refuse(http.StatusRequestEntityTooLarge, "send smaller bodies, or several")
	} else if err != nil {
		return refuse(http.StatusServiceUnavailable, "rione is shutting down; send the same again")
	}
	select {
	case err := <-done:
		if err != nil {
			return refuse(http.StatusServiceUnavailable, "the journal takes nothing; send the same again")
		}
		return problem{Status: http.StatusAccepted}
	case <-r.Context().Done():
	case <-time.After(d.opt.Wait):
	}
	return refuse(http.StatusServiceUnavailable, "the journal takes nothing at the moment; send the same again")
}

func (d *Door) authorized(r *http.Request) bool {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	sum := sha256.Sum256([]byte(token))
	return ok && subtle.ConstantTimeCompare(sum[:], d.admin[:]) == 1
}

// acked is an ingest.Acker for one message; it has room for its one outcome.
type acked chan error

// Ack implements ingest.Acker.
func (a acked) Ack(_ uint64, err error) { a <- err }

// Flush implements ingest.Acker.
func (a acked) Flush() {}
