package api

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net/http"
	"runtime/debug"
	"time"
)

// Limits of a request. Streams (live feed, exports) and the HTTP door set
// deadlines of their own.
const (
	maxBody        = 64 << 20
	maxInFlight    = 256
	requestTimeout = 30 * time.Second
	transferTime   = 2 * time.Minute
)

// pagePolicy is the console's content security policy: everything from here,
// nothing inline. MapLibre draws in a worker that it starts from its own file
// and reads pictures from blobs; style attributes are set through the CSSOM.
const pagePolicy = "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; " +
	"img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// guard wraps the mux: who may come in, under which name, and how much of the
// server one request may take.
func (s *Server) guard(mux *routeMux) http.Handler {
	slots := make(chan struct{}, maxInFlight)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.strictHeaders(w)
		defer s.recovered(w, r)
		if r.URL.Path == "/claim" { // the one page that asks where the phone is
			w.Header().Set("Permissions-Policy", "geolocation=(self), camera=(), microphone=()")
		}
		if !s.gate.expectedHost(r) {
			writeProblem(w, http.StatusMisdirectedRequest, "this server is called localhost; use that name in the address")
			return
		}
		handler, pattern := mux.Handler(r)
		if pattern == "" {
			problems(handler).ServeHTTP(w, r)
			return
		}
		who, ok := s.admitted(w, r, pattern)
		if !ok {
			return
		}
		r = r.WithContext(withCaller(r.Context(), who))
		if access[pattern].role != Public && !s.limiter.withinLimit(w, clientOf(r, who.name)) {
			return
		}
		if isStream(pattern) {
			mux.ServeHTTP(w, r)
			return
		}
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
		default:
			w.Header().Set("Retry-After", "1")
			writeProblem(w, http.StatusServiceUnavailable, "too many requests at once; try again in a second")
			return
		}
		s.observe(w, r, pattern, who.name, func(w http.ResponseWriter, r *http.Request) { serveBounded(s.shape(pattern, mux), w, r) })
	})
}

// clientOf names whose requests are counted together.
func clientOf(r *http.Request, who string) string {
	if who != "" && who != ownMachine {
		return "token " + who
	}
	return hostOf(r.RemoteAddr)
}

// isStream tells whether the route sets its own deadlines and limits.
func isStream(pattern string) bool {
	return pattern == "GET /v1/live" || pattern == tailPattern || pattern == "GET /v1/readings/export" || pattern == deviceExportPattern || pattern == importPattern || isDownload(pattern) || pattern == "/ingest/" || pattern == openWISP || pattern == "/mqtt"
}

func serveBounded(h http.Handler, w http.ResponseWriter, r *http.Request) {
	rc := http.NewResponseController(w)
	deadline := time.Now().Add(transferTime)
	_ = rc.SetReadDeadline(deadline) // a recorder in tests has no deadlines
	_ = rc.SetWriteDeadline(deadline)
	ctx, cancel := context.WithTimeout(r.Context(), requestTimeout)
	defer cancel()
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	h.ServeHTTP(w, r.WithContext(ctx))
}

func (s *Server) strictHeaders(w http.ResponseWriter) {
	h := w.Header()
	h.Set("X-Request-Id", requestID())
	h.Set("Content-Security-Policy", pagePolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "geolocation=(), camera=(), microphone=()")
	h.Set("Cache-Control", "no-store")
}

func requestID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// admitted answers the request when its bearer may not use the route.
func (s *Server) admitted(w http.ResponseWriter, r *http.Request, pattern string) (who caller, ok bool) {
	need, listed := access[pattern]
	if !listed {
		need = rule{role: Administrator}
	}
	who, status := s.gate.admit(r, need)
	switch status {
	case 0:
		return who, true
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Bearer realm="rione"`)
		writeProblem(w, status, "this needs a token of role "+need.role.String()+": send Authorization: Bearer TOKEN")
	case http.StatusForbidden:
		s.trespassed(who, pattern)
		detail := "the token's role may not do this; it needs role " + need.role.String()
		if who.role >= need.role {
			detail = "the token is for some comuni only; this needs one for the whole city"
		}
		writeProblem(w, status, detail)
	}
	return who, false
}

// trespassed tells that a token of some comuni was refused.
func (s *Server) trespassed(who caller, route string) {
	if s.o.Trespassed != nil && !who.scope.all() {
		s.o.Trespassed(who.name, who.scope.comuni, route)
	}
}

func (s *Server) recovered(w http.ResponseWriter, r *http.Request) {
	cause := recover()
	if cause == nil {
		return
	}
	if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(cause)
	}
	s.log.Error("request panicked", "method", r.Method, "path", r.URL.Path,
		"request", w.Header().Get("X-Request-Id"), "cause", cause, "stack", string(debug.Stack()))
	writeProblem(w, http.StatusInternalServerError, "something went wrong here; the log has more under the request's id")
}

// problems turns a handler's text answers of 400 and above into problems.
func problems(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(&plainError{ResponseWriter: w}, r)
	})
}

type plainError struct {
	http.ResponseWriter
	done bool
}

func (p *plainError) WriteHeader(status int) {
	if status < 400 {
		p.ResponseWriter.WriteHeader(status)
		return
	}
	p.done = true
	detail := "there is nothing at this address; /docs lists what there is"
	if status == http.StatusMethodNotAllowed {
		detail = "this address does not take that method; see the Allow header"
	}
	writeProblem(p.ResponseWriter, status, detail)
}

// Write implements io.Writer: the text of an error is replaced.
func (p *plainError) Write(b []byte) (int, error) {
	if p.done {
		return len(b), nil
	}
	return p.ResponseWriter.Write(b)
}
