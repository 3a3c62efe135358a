package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/klauspost/compress/gzhttp"
	"github.com/klauspost/compress/gzip"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"rione/api/console"
)

// route wires every address to its handler.
func (s *Server) route() error {
	mux := &routeMux{ServeMux: http.NewServeMux()}
	s.mux = mux
	s.api = humago.New(mux, s.config())
	s.api.UseMiddleware(knownParameters(s.api))
	s.routeDevices()
	s.routeCredentials()
	s.routeClaims()
	s.routeCommands()
	s.routeQuota()
	s.routeReadings()
	s.routeFacts()
	s.routeInitiatives()
	s.routeRollups()
	s.routeQuarantine()
	s.routeReplays()
	s.routeCorrections()
	s.routeUnknown()
	s.routeEvents()
	s.routeCity()
	s.routeRoutes()
	if err := s.routeOpen(mux); err != nil {
		return err
	}

	mux.HandleFunc("GET /status", s.status)
	mux.HandleFunc("GET /v1/live", s.serveLive)
	mux.HandleFunc(tailPattern, s.serveTail)
	page := problems(console.Handler())
	mux.Handle("GET /{$}", page)
	mux.Handle("GET /assets/", page)
	mux.Handle("GET /docs", page)
	mux.Handle("GET /claim", page)
	if s.o.Metrics != nil {
		mux.Handle("GET /metrics", promhttp.HandlerFor(s.o.Metrics, promhttp.HandlerOpts{}))
	}
	if s.o.Ingest != nil {
		mux.Handle("/ingest/", s.o.Ingest)
		mux.Handle(openWISP, s.o.Ingest)
	}
	if s.o.MQTT != nil {
		mux.Handle("/mqtt", s.o.MQTT)
	}
	if err := s.routeDescription(mux); err != nil {
		return err
	}
	compress, err := gzhttp.NewWrapper(gzhttp.MinSize(1400), gzhttp.CompressionLevel(gzip.BestSpeed), gzhttp.ExceptContentTypes(incompressible))
	if err != nil {
		return fmt.Errorf("api: compression: %w", err)
	}
	s.handler = compress(s.guard(mux))
	return nil
}

// routeMux is a mux that knows its routes, so that tests ask all that there are.
type routeMux struct {
	*http.ServeMux
	patterns []string
}

// Handle is that of http.ServeMux.
func (m *routeMux) Handle(pattern string, h http.Handler) {
	m.patterns = append(m.patterns, pattern)
	m.ServeMux.Handle(pattern, h)
}

// HandleFunc is that of http.ServeMux.
func (m *routeMux) HandleFunc(pattern string, f func(http.ResponseWriter, *http.Request)) {
	m.Handle(pattern, http.HandlerFunc(f))
}

// incompressible are the media types that gain nothing, and the live feed,
// whose events must leave at once.
var incompressible = []string{"text/event-stream", "image/png", "image/jpeg", "font/woff2"}

func (s *Server) config() huma.Config {
	version := s.o.Version
	if version == "" {
		version = "dev"
	}
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title:       "rione",
				Version:     version,
				Description: "Devices of a city, what they measure and where: registry, readings, latest values, live feed, quarantine and ledger. Times are RFC 3339 in UTC, positions WGS 84 degrees, units are in the names of the fields (see /v1/schema). A device that stands in a home is shown at the point of its comune.",
				License:     &huma.License{Name: "EUPL-1.2", Identifier: "EUPL-1.2"},
			},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"token": {Type: "http", Scheme: "bearer", Description: "A token of rione. On the machine itself, reading needs none."},
				},
			},
			Security: []map[string][]string{{"token": {}}, {}},
		},
		Formats:       huma.DefaultFormats,
		DefaultFormat: "application/json",
	}
}

// routeDescription serves the OpenAPI document, encoded once.
func (s *Server) routeDescription(mux *routeMux) error {
	s.describeStatus()
	s.describeLive()
	s.describeOpen()
	s.describeTail()
	doc, err := json.Marshal(s.api.OpenAPI())
	if err != nil {
		return fmt.Errorf("api: description: %w", err)
	}
	mux.Handle("GET /openapi.json", conditional(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/vnd.oai.openapi+json;version=3.1")
		_, _ = w.Write(doc)
	})))
	return nil
}

// handle registers one operation. Its errors pass through problem; every
// answer that the guard may give is described.
func handle[I, O any](s *Server, op huma.Operation, f func(context.Context, *I) (*O, error)) {
	op.Errors = append(op.Errors, 400, 401, 403, 422, 429, 500, 503)
	if strings.Contains(op.Path, "{") {
		op.Errors = append(op.Errors, 404)
	}
	if op.Method != http.MethodGet {
		op.Errors = append(op.Errors, 408, 413, 415) // of a body: too slow, too large, of another type
	}
	slices.Sort(op.Errors)
	op.Errors = slices.Compact(op.Errors)
	op.Description = strings.TrimSpace(op.Description + "\n\n" + access[op.Method+" "+op.Path].String())
	huma.Register(s.api, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := f(ctx, in)
		if err != nil {
			return nil, s.problem(err)
		}
		return out, nil
	})
	if op.Method == http.MethodGet {
		s.offer(s.api.OpenAPI().Paths[op.Path].Get)
	}
}
