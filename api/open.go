package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"rione/api/opendata"
	"rione/api/view"
)

// openPatterns are the addresses of the public doors: open data, and the
// standards that show what the request may see.
func openPatterns() []string {
	return []string{
		"GET /opendata", "GET /opendata/", "GET /catalog", "GET /catalog.ttl", "GET /catalog.jsonld", "GET /catalog.rdf",
		"GET /ogc", "GET /ogc/", "GET /sta/v1.1", "GET /sta/v1.1/",
	}
}

// isDownload tells whether the request may stream for longer than others.
func isDownload(pattern string) bool { return pattern == "GET /opendata/" }

// routeOpen mounts the public doors, when the server has publications.
func (s *Server) routeOpen(mux *routeMux) error {
	if s.o.Publications == nil {
		return nil
	}
	var err error
	s.open, err = opendata.New(opendata.Options{
		Publications: s.o.Publications, Registry: s.o.Registry, Store: s.o.Store, Bucket: s.o.Bucket, Areas: s.o.Areas,
		Publisher: s.o.Publisher, PublicURL: s.o.PublicURL, Version: s.o.Version, Logger: s.log, Now: s.o.Now,
	})
	if err != nil {
		return fmt.Errorf("api: %w", err)
	}
	s.everything = newEverything(s)
	standards, err := s.standards()
	if err != nil {
		return err
	}
	limit, slots := newLimiter(s.o.OpenPerMinute, s.o.Now), newDownloads()
	for _, pattern := range openPatterns() {
		h := http.Handler(s.open)
		for prefix, standard := range standards {
			if strings.HasPrefix(strings.TrimPrefix(pattern, "GET "), prefix) {
				h = conditional(standard)
			}
		}
		mux.Handle(pattern, s.publicDoor(h, isDownload(pattern), limit, slots))
	}
	s.routePublications()
	return nil
}

// publicDoor lets everybody in, at a bounded rate, from pages of other sites
// too: they get what everybody gets, since no cookie opens anything here. A
// token shows its bearer more, so a bad one is refused rather than overlooked.
func (s *Server) publicDoor(h http.Handler, download bool, limit *limiter, slots *downloads) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		address := hostOf(r.RemoteAddr)
		if !limit.withinLimit(w, address) {
			return
		}
		who, known := s.gate.identify(r)
		if r.Header.Get("Authorization") != "" && (!known || who.role < Reader) {
			w.Header().Set("WWW-Authenticate", `Bearer realm="rione"`)
			writeProblem(w, http.StatusUnauthorized, "the token is not good here; without one, this shows what is published")
			return
		}
		if known {
			r = r.WithContext(withCaller(r.Context(), who))
		} else {
			w.Header().Set("Access-Control-Allow-Origin", "*")
			w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
		}
		w.Header().Add("Vary", "Authorization")
		if download {
			if !slots.begin(address) {
				w.Header().Set("Retry-After", "10")
				writeProblem(w, http.StatusServiceUnavailable, "too many downloads at once; try again in ten seconds")
				return
			}
			defer slots.end(address)
			ctx, cancel := context.WithTimeout(r.Context(), downloadTime)
			defer cancel()
			r = r.WithContext(ctx)
		}
		h.ServeHTTP(w, r)
	})
}

// downloadTime is what a download may take in all.
const downloadTime = 15 * time.Minute

// audience returns what the request may see in the standards: the bearer of a
// token what /v1 shows it, everybody else what is published. There is no third
// case, on the machine itself neither.
func (s *Server) audience(r *http.Request) view.Source {
	who := callerOf(r.Context())
	if who.role < Reader {
		return s.open
	}
	return &scoped{all: s.everything, scope: who.scope}
}
