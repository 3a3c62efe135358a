// Package sensorthings shows the city as OGC SensorThings API 1.1, Part 1:
// Sensing (18-088), for reading. What a request sees is its audience's, which
// the package is given. Observations come straight from the store; everything
// else is made of what the audience's city holds in memory.
package sensorthings

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"

	"rione/api/problem"
	"rione/api/view"
)

// Prefix is where the API stands.
const Prefix = "/sta/v1.1"

// Options configure a Handler. Audience is required.
type Options struct {
	Audience  func(r *http.Request) view.Source // who asks, and so what there is
	PublicURL string                            // that everybody reaches this server by; "": as the request says
	Logger    *slog.Logger                      // nil discards
}

// Validate tells what is wrong with the options.
func (o *Options) Validate() error {
	if o.Audience == nil {
		return errors.New("sensorthings: an audience is required")
	}
	return nil
}

// Handler answers /sta/v1.1.
type Handler struct {
	o   Options
	log *slog.Logger

	mu   sync.Mutex
	last *model // of the city that was asked for last
}

var _ http.Handler = (*Handler)(nil)

// New returns a handler.
func New(o Options) (*Handler, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Handler{o: o, log: o.Logger}, nil
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := strings.Trim(strings.TrimPrefix(r.URL.Path, Prefix), "/")
	if path == "" {
		h.root(w, r)
		return
	}
	source := h.o.Audience(r)
	city, err := source.City(r.Context())
	if err != nil {
		h.failed(w, err)
		return
	}
	q := &request{source: source, model: h.modelOf(city), base: h.base(r)}
	if err := h.answer(w, r, q, path); err != nil {
		h.failed(w, err)
	}
}

// modelOf keeps the model of the newest city: audiences share cities.
func (h *Handler) modelOf(c *view.City) *model {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.last == nil || h.last.city != c {
		h.last = newModel(c)
	}
	return h.last
}

func (h *Handler) base(r *http.Request) string {
	if h.o.PublicURL != "" {
		return strings.TrimSuffix(h.o.PublicURL, "/") + Prefix
	}
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	return scheme + r.Host + Prefix
}

func (h *Handler) answer(w http.ResponseWriter, r *http.Request, q *request, path string) error {
	at, err := q.resolve(r.Context(), path)
	if err != nil {
		return err
	}
	o, err := optionsOf(r.URL.Query(), at.kind)
	if err != nil {
		return err
	}
	switch {
	case at.isSet():
		set, err := q.set(r.Context(), at, o, r.URL)
		if err != nil {
			return err
		}
		return give(w, set)
	case at.property != "":
		return property(w, at, o)
	}
	for name := range o.given {
		if name != "$expand" && name != "$select" {
			return wrong("%s is for sets of entities, not for one", name)
		}
	}
	if at.refs {
		return give(w, map[string]any{"@iot.selfLink": q.link(at.one)})
	}
	one, err := q.write(r.Context(), at.one, o)
	if err != nil {
		return err
	}
	return give(w, one)
}

// property answers one property of an entity, or its bare value.
func property(w http.ResponseWriter, at *resource, o *options) error {
	if len(o.given) > 0 {
		return wrong("a property has no query options")
	}
	v := at.one.property(at.property)
	switch {
	case v == nil:
		w.WriteHeader(http.StatusNoContent)
		return nil
	case !at.raw:
		return give(w, map[string]any{at.property: v})
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	text, isText := v.(string)
	if !isText {
		b, err := json.Marshal(v)
		if err != nil {
			return fmt.Errorf("write a value: %w", err)
		}
		text = string(b)
	}
	_, _ = w.Write([]byte(text)) // the client's going away is no news
	return nil
}

func give(w http.ResponseWriter, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write an answer: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(b) // the client's going away is no news
	return nil
}

func (h *Handler) failed(w http.ResponseWriter, err error) {
	switch {
	case errors.Is(err, errNothing):
		problem.Write(w, http.StatusNotFound, err.Error()+"; "+Prefix+" lists the sets")
	case errors.Is(err, errQuery):
		problem.Write(w, http.StatusBadRequest, err.Error())
	default:
		h.log.Warn("SensorThings cannot be answered", "error", err)
		w.Header().Set("Retry-After", "30")
		problem.Write(w, http.StatusServiceUnavailable, "the store does not answer; see /status")
	}
}

// root lists the sets and what of the standard is there.
func (h *Handler) root(w http.ResponseWriter, r *http.Request) {
	if r.URL.RawQuery != "" {
		h.failed(w, wrong("the root has no query options"))
		return
	}
	base := h.base(r)
	var sets []map[string]string
	for k := range kinds {
		sets = append(sets, map[string]string{"name": kinds[k].set, "url": base + "/" + kinds[k].set})
	}
	out := map[string]any{"value": sets, "serverSettings": map[string]any{"conformance": []string{
		"http://www.opengis.net/spec/iot_sensing/1.1/req/datamodel",
		"http://www.opengis.net/spec/iot_sensing/1.1/req/resource-path/resource-path-to-entities",
		"http://www.opengis.net/spec/iot_sensing/1.1/req/request-data",
	}}}
	if err := give(w, out); err != nil {
		h.failed(w, err)
	}
}
