// Package webhook is the HTTP door, for networks that push: POST
// /ingest/v1/{format}[/{comune}] with a door token. It answers 202 only after
// the message is durable in the journal.
package webhook

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"rione/ingest"
)

// DoorName is the door that its messages carry, unless they bring history in.
const DoorName = "http"

// Prefix is the path under which the door is mounted.
const Prefix = "/ingest/v1/"

// Options describe the door.
type Options struct {
	Intake     ingest.Intake // required
	AdminToken string        // may push everything; required
	Tokens     Tokens        // tokens that were issued; nil: none
	Formats    []string      // the formats that there are
	Routes     Table         // paths beside those of the formats; nil: none
	Devices    Devices       // devices that prove themselves by a key in the query; nil: none
	MaxBody    int64         // bytes; default 1 MiB
	MaxPending int           // requests under way at a time, more are refused; default 256
	Wait       time.Duration // longest wait for the body, and for the commit; default 30 s
	KeyWindow  time.Duration // how long an idempotency key is remembered; default 10 min
	MaxKeys    int           // how many are remembered; default 10,000
	Logger     *slog.Logger
	Metrics    prometheus.Registerer
}

// Validate returns what is wrong with the options.
func (o *Options) Validate() error {
	if o.Intake == nil || o.AdminToken == "" {
		return errors.New("http door: Intake and AdminToken are required")
	}
	return nil
}

// Door is an http.Handler. Its memory is bounded by MaxPending bodies.
type Door struct {
	opt      Options
	admin    [sha256.Size]byte // of the administrator's token
	slots    chan struct{}
	keys     *keys
	requests *prometheus.CounterVec
}

// New checks the options.
func New(o Options) (*Door, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	o.MaxBody = cmp.Or(o.MaxBody, 1<<20)
	o.MaxPending = cmp.Or(o.MaxPending, 256)
	o.Wait = cmp.Or(o.Wait, 30*time.Second)
	o.KeyWindow = cmp.Or(o.KeyWindow, 10*time.Minute)
	o.MaxKeys = cmp.Or(o.MaxKeys, 10_000)
	d := &Door{
		opt: o, admin: sha256.Sum256([]byte(o.AdminToken)), slots: make(chan struct{}, o.MaxPending), keys: newKeys(o.KeyWindow, o.MaxKeys),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: "rione", Subsystem: "webhook", Name: "requests_total", Help: "Requests to the HTTP door, by status code.",
		}, []string{"status"}),
	}
	if o.Metrics != nil {
		o.Metrics.MustRegister(d.requests)
	}
	return d, nil
}

// Routes are the routes of the paths of this door, one a format.
func Routes(formats []string) []ingest.Route {
	out := make([]ingest.Route, len(formats))
	for i, f := range formats {
		out[i] = ingest.Route{Name: routeOf(f), Filter: Prefix + f + "/#", Format: f}
	}
	return out
}

func routeOf(format string) string { return "http-" + format }

// ServeHTTP implements http.Handler.
func (d *Door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p := d.take(w, r)
	d.requests.WithLabelValues(strconv.Itoa(p.Status)).Inc()
	if p.Status == http.StatusAccepted {
		if strings.HasPrefix(r.URL.Path, OpenWISP) {
			p.Status = http.StatusOK // its agents take nothing else for well
		}
		w.WriteHeader(p.Status)
		return
	}
	h := w.Header()
	switch p.Status {
	case http.StatusServiceUnavailable:
		h.Set("Retry-After", "5")
	case http.StatusTooManyRequests:
		h.Set("Retry-After", "1")
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
func (d *Door) take(w http.ResponseWriter, r *http.Request) problem {
	if r.Method != http.MethodPost {
		return refuse(http.StatusMethodNotAllowed, "push with POST")
	}
	to, refused := d.destinationOf(r.URL)
	from, refusal := d.publisherOf(r, to)
	door := doorOf(r)
	switch {
	case refusal.Status == http.StatusUnauthorized: // what there is, is said to those who are known
		return refusal
	case to.route == "":
		return refused
	case refusal.Status != 0:
		return refusal
	case door == ingest.ImportDoor && !from.admin:
		return refuse(http.StatusForbidden, "history is brought in with the administrator's token")
	case !plain(r.Header.Get("Content-Encoding")):
		return refuse(http.StatusUnsupportedMediaType, "send the body without Content-Encoding")
	case foreign(r.Header.Get("Content-Type")):
		return refuse(http.StatusUnsupportedMediaType, "no format comes as "+r.Header.Get("Content-Type")+"; send application/json, or what the format says")
	}
	select {
	case d.slots <- struct{}{}:
	default:
		return refuse(http.StatusServiceUnavailable, "too many requests wait for the journal; send the same again")
	}
	body, unread := d.body(w, r)
	if body == nil {
		<-d.slots
		return unread
	}
	return d.push(r, &ingest.Message{
		Received: time.Now().UTC(), Door: door, Route: to.route, Client: from.client, Topic: to.topic, Payload: body,
	})
}

// publisher is who pushes.
type publisher struct {
	client string // its identity
	admin  bool   // it has the administrator's token
}

// publisherOf returns who pushes to a destination, or why it may not.
func (d *Door) publisherOf(r *http.Request, to destination) (publisher, problem) {
	token, known := d.grantOf(r)
	if !known {
		if id, ok := d.deviceOf(r); ok {
			return publisher{client: id}, problem{}
		}
		return publisher{}, refuse(http.StatusUnauthorized, "send a door token: Authorization: Bearer TOKEN")
	}
	if to.route != "" && !token.may(to.format, to.comune) {
		return publisher{}, refuse(http.StatusForbidden, "this token may not push that format for that comune; a token for some comuni has to name one in the path")
	}
	return publisher{"token:" + token.name, token.admin}, problem{}
}

// HistoryHeader marks a request that brings history in; its value is true.
const HistoryHeader = "Rione-History"

// doorOf returns the door that a request's message carries.
func doorOf(r *http.Request) string {
	if r.Header.Get(HistoryHeader) == "true" {
		return ingest.ImportDoor
	}
	return DoorName
}

func plain(encoding string) bool { return encoding == "" || strings.EqualFold(encoding, "identity") }

func pathOf(format, comune string) string {
	if comune == "" {
		return Prefix + format
	}
	return Prefix + format + "/" + comune
}

// body reads the body to its end, or says why not.
func (d *Door) body(w http.ResponseWriter, r *http.Request) ([]byte, problem) {
	// Not every writer has deadlines; then the server's own hold. After a body
	// that did not come the deadline stays, or the server would wait for the
	// rest.
	deadline := http.NewResponseController(w)
	_ = deadline.SetReadDeadline(time.Now().Add(d.opt.Wait))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, d.opt.MaxBody))
	if err == nil {
		_ = deadline.SetReadDeadline(time.Time{})
	}
	tooLarge := new(http.MaxBytesError)
	switch {
	case errors.As(err, &tooLarge):
		return nil, tooLargeProblem()
	case err != nil:
		return nil, refuse(http.StatusBadRequest, "the body could not be read to its end")
	case len(body) == 0:
		return nil, refuse(http.StatusUnprocessableEntity, "the body is empty")
	}
	return body, problem{}
}

func tooLargeProblem() problem {
	return refuse(http.StatusRequestEntityTooLarge, "send smaller bodies, or several")
}
