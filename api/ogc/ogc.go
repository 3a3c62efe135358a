// Package ogc shows the city as OGC API - Features - Part 1: Core 1.0 (OGC
// 17-069r4), and of Part 2 (18-058r1) the one reference system that there is: devices, their latest readings, comuni and zones as GeoJSON. What a
// request sees is its audience's, which the package is given.
package ogc

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"rione/api/problem"
	"rione/api/view"
)

// Prefix is where the API stands.
const Prefix = "/ogc"

// CRS84 is the one coordinate reference system: longitude and latitude, WGS 84.
const CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"

// City answers what an audience sees.
type City interface {
	City(ctx context.Context) (*view.City, error)
}

// Options configure a Handler. Audience is required.
type Options struct {
	Audience  func(r *http.Request) City // who asks, and so what there is
	PublicURL string                     // that everybody reaches this server by; "": as the request says
	Version   string                     // of the product
	Logger    *slog.Logger               // nil discards
}

// Validate tells what is wrong with the options.
func (o *Options) Validate() error {
	if o.Audience == nil {
		return errors.New("ogc: an audience is required")
	}
	return nil
}

// Handler answers /ogc.
type Handler struct {
	o   Options
	log *slog.Logger
	mux *http.ServeMux
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
	h := &Handler{o: o, log: o.Logger, mux: http.NewServeMux()}
	for path, f := range map[string]http.HandlerFunc{
		"":                                       h.landing,
		"/{$}":                                   h.landing,
		"/conformance":                           h.conformance,
		"/api":                                   h.api,
		"/collections":                           h.collections,
		"/collections/{collection}":              h.collection,
		"/collections/{collection}/items":        h.items,
		"/collections/{collection}/items/{item}": h.item,
	} {
		h.mux.HandleFunc("GET "+Prefix+path, f)
	}
	h.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		problem.Write(w, http.StatusNotFound, "there is nothing at this address; /ogc says what there is")
	})
	return h, nil
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.mux.ServeHTTP(w, r) }

// link is a link of the JSON encodings.
type link struct {
	Href  string `json:"href"`
	Rel   string `json:"rel"`
	Type  string `json:"type,omitempty"`
	Title string `json:"title,omitempty"`
}

// Media types.
const (
	jsonType    = "application/json"
	geojsonType = "application/geo+json"
	openAPIType = "application/vnd.oai.openapi+json;version=3.0"
)

// base is the address of this API as the client knows it.
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

// plain answers a resource that has no parameters beside f.
func (h *Handler) plain(w http.ResponseWriter, r *http.Request, media string, resource any) {
	if wrong := unknown(r.URL.Query()); wrong != "" {
		problem.Write(w, http.StatusBadRequest, wrong)
		return
	}
	h.give(w, media, resource)
}

// unknown checks the names of parameters, and f, which everything has.
func unknown(q url.Values, known ...string) string {
	if wrong := problem.Unknown(q, append(known, "f")...); wrong != "" {
		return wrong
	}
	if f := q.Get("f"); f != "" && f != "json" {
		return "f is json: there is no other encoding"
	}
	return ""
}

func (h *Handler) give(w http.ResponseWriter, media string, resource any) {
	b, err := json.Marshal(resource)
	if err != nil {
		h.failed(w, err)
		return
	}
	w.Header().Set("Content-Type", media)
	_, _ = w.Write(b) // the client's going away is no news
}

func (h *Handler) failed(w http.ResponseWriter, err error) {
	h.log.Warn("OGC API Features cannot be answered", "error", err)
	w.Header().Set("Retry-After", "30")
	problem.Write(w, http.StatusServiceUnavailable, "the store does not answer; see /status")
}

func (h *Handler) landing(w http.ResponseWriter, r *http.Request) {
	base := h.base(r)
	h.plain(w, r, jsonType, map[string]any{
		"title":       "rione",
		"description": "Devices of a city, what they measure and where. Without a token: what is published as open data.",
		"links": []link{
			{base, "self", jsonType, "this document"},
			{base + "/api", "service-desc", openAPIType, "the API's description"},
			{strings.TrimSuffix(base, Prefix) + "/opendata", "service-doc", "text/html", "what is published"},
			{base + "/conformance", "conformance", jsonType, "conformance classes"},
			{base + "/collections", "data", jsonType, "collections"},
		},
	})
}

func (h *Handler) conformance(w http.ResponseWriter, r *http.Request) {
	h.plain(w, r, jsonType, map[string]any{"conformsTo": []string{
		"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
		"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
		"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
		"http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
	}})
}
