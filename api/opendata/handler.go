package opendata

import (
	"bytes"
	"context"
	"fmt"
	"hash/fnv"
	"net/http"
	"strconv"
	"strings"
	"time"

	"rione/api/opendata/rdf"
	"rione/api/problem"
)

// pageAge is how long anybody may keep an answer: what is published moves once
// a minute.
const pageAge = "public, max-age=60"

func (s *Service) route() {
	s.mux = http.NewServeMux()
	s.mux.HandleFunc("GET /opendata", s.page)
	s.mux.HandleFunc("GET /opendata/style.css", style)
	s.mux.HandleFunc("GET /opendata/{file}", s.file)
	s.mux.HandleFunc("GET /catalog", s.catalogue)
	for _, f := range serializations() {
		s.mux.HandleFunc("GET /catalog."+f.ending, s.catalogue)
	}
	s.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		problem.Write(w, http.StatusNotFound, "there is nothing at this address; /opendata lists the data sets")
	})
}

// ServeHTTP implements http.Handler for /opendata and /catalog.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// base is the address of this server as the client knows it.
func (s *Service) base(r *http.Request) string {
	if s.o.PublicURL != "" {
		return strings.TrimSuffix(s.o.PublicURL, "/")
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}

// serialization is one way to write the catalogue.
type serialization struct {
	ending, media string
	write         func(*rdf.Graph, *bytes.Buffer) error
}

// serializations returns them all, the preferred one first.
func serializations() []serialization {
	return []serialization{
		{"ttl", "text/turtle", func(g *rdf.Graph, b *bytes.Buffer) error { return g.WriteTurtle(b) }},
		{"jsonld", "application/ld+json", func(g *rdf.Graph, b *bytes.Buffer) error { return g.WriteJSONLD(b) }},
		{"rdf", "application/rdf+xml", func(g *rdf.Graph, b *bytes.Buffer) error { return g.WriteRDFXML(b) }},
	}
}

func (s *Service) catalogue(w http.ResponseWriter, r *http.Request) {
	if wrong := problem.Unknown(r.URL.Query()); wrong != "" {
		problem.Write(w, http.StatusBadRequest, wrong)
		return
	}
	format, ok := chosen(r)
	if !ok {
		problem.Write(w, http.StatusNotAcceptable, "the catalogue is text/turtle, application/ld+json or application/rdf+xml")
		return
	}
	list, states, err := s.judged(r.Context())
	if err != nil {
		s.failed(w, err)
		return
	}
	var b bytes.Buffer
	if err := format.write(s.catalogueOf(s.base(r), list, states), &b); err != nil {
		s.failed(w, err)
		return
	}
	w.Header().Add("Vary", "Accept")
	s.give(w, r, format.media+charset(format.media), b.Bytes())
}

func charset(media string) string {
	if strings.HasPrefix(media, "text/") {
		return "; charset=utf-8"
	}
	return ""
}

// chosen returns the serialization that the address or the Accept header asks
// for, the first of equal weight; Turtle when neither says.
func chosen(r *http.Request) (serialization, bool) {
	all := serializations()
	if _, ending, named := strings.Cut(r.URL.Path, "."); named {
		for _, f := range all {
			if f.ending == ending {
				return f, true
			}
		}
	}
	media := make([]string, len(all))
	for i, f := range all {
		media[i] = f.media
	}
	i := bestOf(r.Header.Get("Accept"), media)
	if i < 0 {
		return serialization{}, false
	}
	return all[i], true
}

// bestOf returns the index of the media type that an Accept header likes best, -1
// when it takes none of them.
func bestOf(accept string, media []string) int {
	if strings.TrimSpace(accept) == "" {
		return 0
	}
	best, weight := -1, 0.0
	for i, m := range media {
		if q := weightOf(accept, m); q > weight {
			best, weight = i, q
		}
	}
	return best
}

// weightOf is the weight that an Accept header gives a media type: that of the
// most specific range that it is in (RFC 9110, 12.5.1).
func weightOf(accept, media string) float64 {
	weight, specific := 0.0, -1
	kind, _, _ := strings.Cut(media, "/")
	for part := range strings.SplitSeq(accept, ",") {
		fields := strings.Split(part, ";")
		rank := -1
		switch strings.ToLower(strings.TrimSpace(fields[0])) {
		case media:
			rank = 2
		case kind + "/*":
			rank = 1
		case "*/*":
			rank = 0
		}
		if rank <= specific {
			continue
		}
		specific, weight = rank, 1
		for _, f := range fields[1:] {
			if text, ok := strings.CutPrefix(strings.TrimSpace(f), "q="); ok {
				weight, _ = strconv.ParseFloat(text, 64) // what is no number is no wish
			}
		}
	}
	return weight
}

// judged returns what is published and how it is.
func (s *Service) judged(ctx context.Context) ([]Publication, map[string]state, error) {
	list := s.o.Publications.Published()
	states := make(map[string]state, len(list))
	for i := range list {
		st, err := s.stateOf(ctx, &list[i])
		if err != nil {
			return nil, nil, err
		}
		states[list[i].ID] = st
	}
	return list, states, nil
}

// give answers with a document that may be kept for a while.
func (s *Service) give(w http.ResponseWriter, r *http.Request, media string, b []byte) {
	if fresh(w, r, string(b)) {
		return
	}
	w.Header().Set("Content-Type", media)
	_, _ = w.Write(b) // the client's going away is no news
}

// fresh says how the answer may be kept, and answers 304 when the client has it.
func fresh(w http.ResponseWriter, r *http.Request, version string) bool {
	h := fnv.New64a()
	_, _ = h.Write([]byte(version)) // never fails
	tag := fmt.Sprintf(`"%016x"`, h.Sum64())
	w.Header().Set("ETag", tag)
	w.Header().Set("Cache-Control", pageAge)
	if !strings.Contains(r.Header.Get("If-None-Match"), tag) {
		return false
	}
	w.WriteHeader(http.StatusNotModified)
	return true
}

func (s *Service) failed(w http.ResponseWriter, err error) {
	s.log.Warn("open data cannot be answered", "error", err)
	w.Header().Set("Retry-After", strconv.Itoa(int(time.Minute/time.Second)))
	problem.Write(w, http.StatusServiceUnavailable, "the store does not answer; see /status")
}
